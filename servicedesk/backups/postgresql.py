"""PostgreSQL: pg_dump at an exported snapshot, pg_restore into a new database that takes the old one's name in the end.

The tools get the address and the password by their environment, which other people of the machine cannot read.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from django.db import Error, ProgrammingError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from servicedesk.backups.archive import CHUNK, BackupError, Snapshot, describe

MOST_TOLD = 600  # characters of a tool's complaint
VARIABLES = {
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "host": "PGHOST",
    "port": "PGPORT",
    "service": "PGSERVICE",
    "passfile": "PGPASSFILE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


@contextlib.contextmanager
def snapshot(connection: BaseDatabaseWrapper, beside: Path) -> Iterator[Snapshot]:
    """The database at one moment, the same for the counts and for pg_dump."""
    pg_dump = tool("pg_dump")
    session = connection.copy("snapshot")
    try:
        with session.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            (moment,) = cursor.fetchone()
            words = [pg_dump, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={moment}"]
            yield describe(session, output_of(words, environment(connection)))
    finally:
        session.close()


def tool(name: str) -> str:
    """Where a client program of PostgreSQL lies. Raises BackupError if it is not installed."""
    found = shutil.which(name)
    if not found:
        raise BackupError(
            _("%(name)s is not installed here. On Debian: apt-get install postgresql-client.")
            % {"name": name}
        )
    return found


def environment(connection: BaseDatabaseWrapper, **instead: str) -> dict[str, str]:
    """What libpq needs to reach the same server as Django does; `instead` replaces single parameters."""
    given = {**connection.get_connection_params(), **instead}
    told = {VARIABLES[name]: str(value) for name, value in given.items() if name in VARIABLES and value}
    return {**os.environ, **told, "PGAPPNAME": "servicedesk back-up"}


def output_of(words: list[str], environment: dict[str, str]) -> Iterator[bytes]:
    """What the tool writes, piece by piece; raises BackupError with its complaint if it fails."""
    with tempfile.TemporaryFile() as complaint:
        running = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=complaint)  # noqa: S603
        with running:
            try:
                while running.stdout and (chunk := running.stdout.read(CHUNK)):
                    yield chunk
            except BaseException:
                running.kill()
                raise
        if running.returncode:
            raise failed(words, complaint)


def fed(words: list[str], environment: dict[str, str], chunks: Iterable[bytes]) -> None:
    """Give the tool these bytes; raises BackupError with its complaint if it fails."""
    with tempfile.TemporaryFile() as complaint:
        running = subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stderr=complaint)  # noqa: S603
        with running:
            assert running.stdin
            try:
                with contextlib.suppress(BrokenPipeError), running.stdin as into:  # its complaint says why
                    for chunk in chunks:
                        into.write(chunk)
            except BaseException:
                running.kill()
                raise
        if running.returncode:
            raise failed(words, complaint)


def failed(words: list[str], complaint) -> BackupError:
    complaint.seek(0)
    said = complaint.read().decode(errors="replace").strip()[:MOST_TOLD]
    return BackupError(_("%(name)s failed: %(said)s") % {"name": Path(words[0]).name, "said": said})


def others(connection: BaseDatabaseWrapper) -> int:
    """How many other sessions are open on the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def prepare(connection: BaseDatabaseWrapper, chunks: Iterable[bytes], *, at: datetime) -> str:
    """Restore the database into a new one beside the old, in one transaction, and return its name."""
    pg_restore = tool("pg_restore")
    old = str(connection.settings_dict["NAME"])
    new = beside(old, f"restoring_{at:%Y%m%d_%H%M%S}")
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database WHERE datname = %s",
            [old],
        )
        encoding, collate, ctype = cursor.fetchone()
    connection.close()
    with elsewhere(connection) as cursor:
        cursor.execute(
            f"CREATE DATABASE {quote(new)} TEMPLATE template0 ENCODING %s LC_COLLATE %s LC_CTYPE %s",
            [encoding, collate, ctype],
        )
    words = [pg_restore, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    try:
        fed([*words, f"--dbname={new}"], environment(connection, dbname=new), chunks)
    except BaseException:
        discard(connection, new)
        raise
    return new


def beside(name: str, ending: str) -> str:
    """A name for a database beside that one, within the 63 bytes that PostgreSQL keeps."""
    return f"{name[: 62 - len(ending)]}_{ending}"


@contextlib.contextmanager
def elsewhere(connection: BaseDatabaseWrapper) -> Iterator:
    """A cursor on the server's own database; raises BackupError where the role may not do what is asked there."""
    try:
        with connection._nodb_cursor() as cursor:  # as Django's own test runner reaches it
            yield cursor
    except ProgrammingError as error:
        raise BackupError(
            _(
                "The role %(role)s may not create and rename databases: %(error)s. For the time of restoring, "
                "let the server's administrator say: ALTER ROLE %(role)s CREATEDB."
            )
            % {"role": connection.settings_dict["USER"] or "–", "error": str(error).strip()}
        ) from error
    except Error as error:
        raise BackupError(
            _("The database server refuses: %(error)s") % {"error": str(error).strip()}
        ) from error


def discard(connection: BaseDatabaseWrapper, name: str) -> None:
    with elsewhere(connection) as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(name)}")


def switch(connection: BaseDatabaseWrapper, name: str, *, at: datetime) -> str:
    """Give the new database the old one's name, in one transaction; returns the name under which the old one is kept.

    Raises BackupError if somebody has the old one open.
    """
    connection.close()
    quote, old = connection.ops.quote_name, str(connection.settings_dict["NAME"])
    kept = beside(old, f"before_{at:%Y%m%d_%H%M%S}")
    with elsewhere(connection) as cursor:
        cursor.execute(
            f"BEGIN; ALTER DATABASE {quote(old)} RENAME TO {quote(kept)};"
            f" ALTER DATABASE {quote(name)} RENAME TO {quote(old)}; COMMIT"
        )
    return kept
