"""SQLite: the online backup copies one moment while people go on writing; a restored file takes the place of the old one."""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from servicedesk.backups.archive import CHUNK, BackupError, Snapshot, describe

PATIENCE = 60  # seconds for the lock that the copy's first page needs


@contextlib.contextmanager
def snapshot(connection: BaseDatabaseWrapper, beside: Path) -> Iterator[Snapshot]:
    """A copy of this moment, in a file beside that one; removed afterwards."""
    copy = beside.with_name(f".{beside.name}.copy")
    try:
        new_file(copy)
        copy_online(file_of(connection), copy)
        with closing_copy(connection, copy) as copied:
            found = describe(copied, read_file(copy))
        yield found
    finally:
        remove(copy)


def file_of(connection: BaseDatabaseWrapper) -> Path:
    """Where the database lies. Raises BackupError for one in memory."""
    name = str(connection.settings_dict["NAME"])
    if not name or ":memory:" in name or name.startswith("file:"):
        raise BackupError(_("A database in memory has no file."))
    return Path(name)


def copy_online(source: Path, target: Path) -> None:
    """Copy all pages in one step: a reader in WAL mode sees one moment and holds no writer up."""
    with (
        contextlib.closing(sqlite3.connect(source, timeout=PATIENCE)) as old,
        contextlib.closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new, pages=-1)


@contextlib.contextmanager
def closing_copy(connection: BaseDatabaseWrapper, file: Path) -> Iterator[BaseDatabaseWrapper]:
    """Another file through Django, so that its functions are known; left as one file without a journal.

    Raises BackupError if SQLite finds it damaged.
    """
    other = connection.copy("copy")
    other.settings_dict["NAME"] = str(file)
    try:
        with other.cursor() as cursor:
            if cursor.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise BackupError(_("SQLite finds the copy of the database damaged."))
            yield other
            cursor.execute("PRAGMA journal_mode = DELETE")
    except Error as error:
        raise BackupError(
            _("SQLite cannot read the copy of the database: %(error)s.") % {"error": error}
        ) from error
    finally:
        other.close()


def read_file(file: Path) -> Iterator[bytes]:
    with file.open("rb") as inside:
        while chunk := inside.read(CHUNK):
            yield chunk


def others(connection: BaseDatabaseWrapper) -> int:
    """How many others have the database open: 0, or 1 for some. Afterwards the file is whole without a journal."""
    connection.close()
    with contextlib.closing(sqlite3.connect(file_of(connection), timeout=0.5, isolation_level=None)) as alone:
        try:
            alone.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:
            return 1
    return 0


def prepare(connection: BaseDatabaseWrapper, chunks: Iterable[bytes], *, at: datetime) -> str:
    """Write the database into a new file beside the old one and return its name."""
    new = file_of(connection).with_name(f"{file_of(connection).name}.restoring")
    remove(new)
    try:
        new_file(new)
        with new.open("r+b") as out:
            for chunk in chunks:
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        with closing_copy(connection, new):
            pass
    except BaseException:
        remove(new)
        raise
    return str(new)


def discard(connection: BaseDatabaseWrapper, name: str) -> None:
    remove(Path(name))


def switch(connection: BaseDatabaseWrapper, name: str, *, at: datetime) -> str:
    """Put the new file in the old one's place in one step, with its owner and rights; returns where the old one is kept.

    Raises BackupError if somebody has the old one open again.
    """
    old, new = file_of(connection), Path(name)
    with closing_copy(connection, new):
        pass
    if others(connection):
        raise BackupError(_("The database is in use: stop web, worker and beat first. Nothing was changed."))
    kept = old.with_name(f"{old.name}.before-{at:%Y%m%d-%H%M%S}")
    keep_owner(old, new)
    try:
        os.link(old, kept)  # so that there is a database under the name at every moment
    except OSError:
        old.rename(kept)
    new.replace(old)
    return str(kept)


def keep_owner(old: Path, new: Path) -> None:
    found = old.stat()
    new.chmod(found.st_mode & 0o777)
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):
            os.chown(new, found.st_uid, found.st_gid)


def new_file(file: Path) -> None:
    """An empty file that only its owner may read."""
    remove(file)
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def remove(file: Path) -> None:
    for part in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + part).unlink(missing_ok=True)
