"""The file of a back-up: written whole or not at all, for its owner's eyes only, and checked before anything trusts it."""

import contextlib
import hashlib
import json
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO

from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from servicedesk.version import VERSION, Migration, applied_migrations, known_migrations

FORMAT = 1  # of the archive; a program refuses a later one
MANIFEST = "manifest.json"
PARTS = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
CHUNK = 1024 * 1024  # bytes
MOST_MANIFEST = 4 * CHUNK
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(NotImplementedError, RuntimeError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError),
)  # what Python raises over a damaged archive, or over a manifest that is none


class BackupError(Exception):
    """A back-up cannot be made, read or restored; the sentence says why, in the reader's language."""


@dataclass(frozen=True)
class Manifest:
    """What a back-up holds: when and by which version it was made, and how many rows each table has."""

    engine: str
    made_at: datetime
    version: str
    migrations: list[Migration]
    rows: dict[str, int]
    size: int
    sha256: str

    def as_json(self) -> str:
        told = asdict(self) | {"format": FORMAT, "made_at": self.made_at.astimezone(UTC).isoformat()}
        return json.dumps(told, indent=1)


@dataclass(frozen=True)
class Snapshot:
    """The database at one moment: what it holds, and the bytes of a copy of it."""

    migrations: list[Migration]
    rows: dict[str, int]
    chunks: Iterable[bytes]


def describe(connection: BaseDatabaseWrapper, chunks: Iterable[bytes]) -> Snapshot:
    """The snapshot seen through this connection, which must see one moment only."""
    tables = tables_of(connection)
    return Snapshot(sorted(applied_migrations(connection)), rows_in(connection, tables), chunks)


def tables_of(connection: BaseDatabaseWrapper) -> list[str]:
    """The desk's own tables that this database has; not the shadows that SQLite keeps for its search index."""
    return sorted(connection.introspection.django_table_names(only_existing=True, include_views=False))


def rows_in(connection: BaseDatabaseWrapper, tables: Iterable[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        return {table: _count(cursor, connection.ops.quote_name(table)) for table in tables}


def _count(cursor: Any, quoted: str) -> int:
    cursor.execute(f"SELECT COUNT(*) FROM {quoted}")  # noqa: S608  a table of ours
    return cursor.fetchone()[0]


# Writing


def write(file: Path, engine: str, snapshot: Snapshot, *, at: datetime) -> Manifest:
    """Write the archive beside its place and move it there once it is whole. Raises OSError."""
    with whole_or_nothing(file) as out, zipfile.ZipFile(out, "w", allowZip64=True) as archive:
        part = zipfile.ZipInfo(PARTS[engine], date_time=at.astimezone(UTC).timetuple()[:6])
        part.compress_type = zipfile.ZIP_DEFLATED if engine == "sqlite" else zipfile.ZIP_STORED
        digest, size = hashlib.sha256(), 0
        with archive.open(part, "w", force_zip64=True) as inside:
            for chunk in snapshot.chunks:
                inside.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        manifest = Manifest(engine, at, VERSION, snapshot.migrations, snapshot.rows, size, digest.hexdigest())
        archive.writestr(MANIFEST, manifest.as_json())
    return manifest


@contextlib.contextmanager
def whole_or_nothing(file: Path) -> Iterator[BinaryIO]:
    """A new file that only its owner may read; it appears under its name when all is written and on the disk."""
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:  # noqa: PTH123
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


# Reading


def check(file: Path, engine: str) -> Manifest:
    """Read the archive from end to end; raises BackupError unless this program can restore all of it on this engine."""
    with opened(file) as archive:
        manifest = read_manifest(archive)
        if manifest.engine != engine:
            told = {
                "made": NAMES.get(manifest.engine, manifest.engine),
                "here": NAMES[engine],
            }
            raise BackupError(
                _("The back-up was made on %(made)s, this desk runs on %(here)s: restore it there.") % told
            )
        unknown = sorted(set(manifest.migrations) - known_migrations())
        if unknown:
            told = {"version": manifest.version, "here": VERSION, "first": ".".join(unknown[0])}
            raise BackupError(
                _(
                    "The back-up was made by a newer version (%(version)s, here runs %(here)s; it knows "
                    "%(first)s): install that version first."
                )
                % told
            )
        for _chunk in chunks_of(archive, manifest):
            pass
    return manifest


@contextlib.contextmanager
def opened(file: Path) -> Iterator[zipfile.ZipFile]:
    """The archive; raises BackupError if there is none."""
    with reading(file):
        archive = zipfile.ZipFile(file)
    with archive:
        yield archive


@contextlib.contextmanager
def reading(file: object) -> Iterator[None]:
    """Whatever is wrong with the bytes of an archive becomes a BackupError."""
    try:
        yield
    except FileNotFoundError as error:
        raise BackupError(_("There is no file %(name)s.") % {"name": file}) from error
    except OSError as error:
        told = {"name": file, "reason": error.strerror or error}
        raise BackupError(_("%(name)s cannot be read: %(reason)s.") % told) from error
    except UNREADABLE as error:
        raise damaged() from error


def damaged() -> BackupError:
    return BackupError(_("This is no back-up of the desk, or it is damaged; nothing was changed."))


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """What the archive says of itself. Raises BackupError where that is nothing we wrote."""
    with reading(archive.filename):
        with archive.open(MANIFEST) as inside:
            told = json.loads(inside.read(MOST_MANIFEST))
        if told["format"] > FORMAT:
            raise BackupError(
                _("The back-up was made by a newer version (%(version)s, here runs %(here)s).")
                % {"version": str(told.get("version", "?"))[:40], "here": VERSION}
            )
        return Manifest(
            engine=str(told["engine"]),
            made_at=datetime.fromisoformat(told["made_at"]),
            version=str(told["version"])[:40],
            migrations=[(str(app), str(name)) for app, name in told["migrations"]],
            rows={str(table): int(count) for table, count in told["rows"].items()},
            size=int(told["size"]),
            sha256=str(told["sha256"]),
        )


def chunks_of(archive: zipfile.ZipFile, manifest: Manifest) -> Iterator[bytes]:
    """The bytes of the database; raises BackupError in the end if they are not those that were written."""
    digest, size = hashlib.sha256(), 0
    with reading(archive.filename):
        inside = archive.open(PARTS[manifest.engine])
    with inside:
        while chunk := next_chunk(inside, archive.filename):
            digest.update(chunk)
            size += len(chunk)
            if size > manifest.size:
                raise damaged()
            yield chunk
    if (size, digest.hexdigest()) != (manifest.size, manifest.sha256):
        raise damaged()


def next_chunk(inside: IO[bytes], name: object) -> bytes:
    with reading(name):
        return inside.read(CHUNK)
