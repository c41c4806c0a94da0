"""Back-ups: one moment while people write, restored beside what is there, refused where anything is wrong."""

import json
import os
import sqlite3
import stat
import threading
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from io import StringIO
from itertools import product
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from servicedesk.backups import archive, postgresql
from servicedesk.backups.archive import MANIFEST, PARTS, BackupError, Snapshot, check, write
from servicedesk.clock.models import Heartbeat
from servicedesk.testing.running import database_of_its_own, desk_in, manage
from servicedesk.version import VERSION
from tickets.models import Ticket
from tickets.testing import make_ticket

AT = datetime(2026, 5, 11, 2, tzinfo=UTC)
HERE = "postgresql" if connection.vendor == "postgresql" else "sqlite"
ELSEWHERE = "sqlite" if HERE == "postgresql" else "postgresql"
RESTORED = f"test_restored_{os.getpid()}"


def address_of_the_tests():
    name = str(connection.settings_dict["NAME"])
    if HERE == "sqlite":
        return f"sqlite:///{name}"
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


@pytest.fixture
def here(transactional_db, tmp_path):
    """The environment of the desk that the test fills."""
    (tmp_path / "here").mkdir()
    return desk_in(tmp_path / "here", address_of_the_tests())


@pytest.fixture
def elsewhere(tmp_path):
    """The environment of an empty database of its own."""
    (tmp_path / "elsewhere").mkdir()
    if HERE == "sqlite":
        yield desk_in(tmp_path / "elsewhere")
        return
    with database_of_its_own(RESTORED) as address:
        yield desk_in(tmp_path / "elsewhere", address)
        for name in databases():
            if name != RESTORED:
                with closing(psycopg2.connect(server())) as session:
                    session.autocommit = True
                    session.cursor().execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def server():
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres"))


def databases():
    """On PostgreSQL, what lies on the server of all that was restored."""
    with closing(psycopg2.connect(server())) as session, session.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{RESTORED}%"])
        return sorted(name for (name,) in cursor.fetchall())


def left_beside(environment):
    """What lies beside the database by the time all is done, the database itself included."""
    if HERE == "postgresql":
        return databases()
    return sorted(file.name for file in Path(environment["VAR_DIR"]).glob("desk.sqlite3*"))


def session_on(environment):
    """A connection to another desk's database."""
    address = environment["DATABASE_URL"]
    if HERE == "sqlite":
        return sqlite3.connect(address.removeprefix("sqlite:///"))
    return psycopg2.connect(address)


def ask(environment, sql):
    with closing(session_on(environment)) as session, closing(session.cursor()) as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def tickets_in(environment):
    return ask(environment, "SELECT COUNT(*) FROM tickets_ticket")[0][0]


def backed_up(file):
    """A back-up with one ticket more than the one before."""
    make_ticket()
    call_command("backup", file, stdout=StringIO())
    return file


class Writer(threading.Thread):
    """Somebody who opens one ticket after the other until told to stop."""

    def __init__(self):
        super().__init__()
        self.stopping = threading.Event()
        self.error = None

    def run(self):
        try:
            while not self.stopping.is_set():
                make_ticket()
        except Exception as error:
            self.error = error
        finally:
            connections.close_all()


def test_a_desk_restored_elsewhere_is_the_desk_at_one_moment(here, elsewhere, tmp_path):
    for _ in range(5):
        make_ticket()
    before, file = Ticket.objects.count(), tmp_path / "desk.backup"
    writer = Writer()
    writer.start()
    made = manage(here, "backup", str(file))
    writer.stopping.set()
    writer.join()

    assert writer.error is None
    assert made.returncode == 0, made.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [left.name for left in tmp_path.iterdir() if left.is_file()] == [file.name]

    restored = manage(elsewhere, "restore", str(file))
    assert restored.returncode == 0, restored.stderr
    assert "Audit: 0 violations." in restored.stdout
    numbers = [number for (number,) in ask(elsewhere, "SELECT number FROM tickets_ticket ORDER BY id")]
    written = list(Ticket.objects.order_by("pk").values_list("number", flat=True))
    assert numbers == written[: len(numbers)]
    assert before <= len(numbers) < len(written)
    audited = manage(elsewhere, "audit")
    assert audited.returncode == 0, audited.stdout
    rows = check(file, HERE).rows
    assert rows["tickets_ticket"] == len(numbers)
    told = "SELECT COUNT(*) FROM audit_entry WHERE NOT (subject = 'organisation' AND event = 'restored')"
    assert ask(elsewhere, told) == [(rows["audit_entry"],)]


def test_a_desk_is_replaced_only_when_told_while_nobody_uses_it_and_the_old_one_is_kept(
    here, elsewhere, tmp_path
):
    first, second = backed_up(tmp_path / "first"), backed_up(tmp_path / "second")
    assert manage(elsewhere, "restore", str(first)).returncode == 0
    beside = left_beside(elsewhere)

    refused = manage(elsewhere, "restore", str(second))
    assert (refused.returncode, "holds a desk already" in refused.stderr) == (1, True)
    with closing(session_on(elsewhere)) as user:
        user.cursor().execute("SELECT COUNT(*) FROM tickets_ticket")
        refused = manage(elsewhere, "restore", str(second), "--replace")
    assert (refused.returncode, "stop web, worker and beat first" in refused.stderr) == (1, True)
    assert tickets_in(elsewhere) == 1
    assert left_beside(elsewhere) == beside

    replaced = manage(elsewhere, "restore", str(second), "--replace")
    assert replaced.returncode == 0, replaced.stderr
    assert tickets_in(elsewhere) == 2
    kept = replaced.stdout.partition("is kept: ")[2].splitlines()[0]
    address = elsewhere["DATABASE_URL"]
    old = f"sqlite:///{kept}" if HERE == "sqlite" else address.replace(RESTORED, kept)
    assert tickets_in({"DATABASE_URL": old}) == 1


def test_what_fails_half_way_leaves_the_old_desk_whole(here, elsewhere, tmp_path):
    good, bad = backed_up(tmp_path / "good"), tmp_path / "bad"
    assert manage(elsewhere, "restore", str(good)).returncode == 0
    beside = left_beside(elsewhere)

    write(bad, HERE, Snapshot([], {}, [b"whole, and yet no database"]), at=AT)
    failed = manage(elsewhere, "restore", str(bad), "--replace")
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr

    manifest = check(good, HERE)
    with archive.opened(good) as opened:
        chunks = list(archive.chunks_of(opened, manifest))
    write(bad, HERE, Snapshot(manifest.migrations, manifest.rows | {"staff_user": 999}, chunks), at=AT)
    failed = manage(elsewhere, "restore", str(bad), "--replace")
    assert (failed.returncode, "other rows than the back-up" in failed.stderr) == (1, True)

    assert left_beside(elsewhere) == beside
    assert tickets_in(elsewhere) == 1
    assert manage(elsewhere, "audit").returncode == 0


def test_the_back_up_is_known_to_the_health_page_and_never_replaces_another(here, tmp_path):
    file, out = tmp_path / "desk.backup", StringIO()
    call_command("backup", file, stdout=out)

    assert Heartbeat.objects.filter(name="backup").exists()
    assert str(file) in out.getvalue()
    first = file.read_bytes()
    with pytest.raises(CommandError, match="--overwrite"):
        call_command("backup", file)
    assert file.read_bytes() == first
    call_command("backup", file, overwrite=True, stdout=out)
    assert file.read_bytes() != first


def test_a_back_up_that_fails_leaves_the_last_one(here, tmp_path):
    file = tmp_path / "desk.backup"
    call_command("backup", file, stdout=StringIO())
    first = file.read_bytes()

    with patch.object(archive, "FORMAT", object()), pytest.raises(TypeError):
        call_command("backup", file, overwrite=True)
    assert file.read_bytes() == first
    assert not list(tmp_path.glob(".*"))


# What is refused before anything is touched


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "desk.backup"
    write(
        file, HERE, Snapshot([("clock", "0001_deadlines_and_ladders")], {}, [b"some", b"thing"] * 50), at=AT
    )
    return file


def changed(file, **facts):
    """The same archive with other facts in its manifest."""
    with zipfile.ZipFile(file) as old:
        manifest, body = json.loads(old.read(MANIFEST)), old.read(PARTS[HERE])
    with zipfile.ZipFile(file, "w") as new:
        new.writestr(PARTS[HERE], body)
        new.writestr(MANIFEST, json.dumps(manifest | facts))
    return file


def refusal(file):
    with pytest.raises(BackupError) as refused:
        check(file, HERE)
    return str(refused.value)


def test_a_whole_file_is_known_by_what_it_holds(file):
    manifest = check(file, HERE)

    assert (manifest.engine, manifest.made_at, manifest.version) == (HERE, AT, VERSION)


def test_every_bit_that_differs_is_found(file):
    whole = file.read_bytes()
    for place, bit in product(range(0, len(whole), 3), (0x01, 0x10)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
        try:
            manifest = check(file, HERE)
        except BackupError:
            continue
        with archive.opened(file) as opened:  # a bit that carries no meaning, such as the time of a member
            assert b"".join(archive.chunks_of(opened, manifest)) == b"something" * 50


@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(file, share):
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])

    assert "damaged" in refusal(file)


@pytest.mark.parametrize(
    "facts",
    [
        {"sha256": "0" * 64},
        {"size": 3},
        {"size": "many"},
        {"migrations": [["clock"]]},
        {"rows": None},
        {"made_at": "yesterday"},
        {"format": "one"},
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(file, facts):
    assert "damaged" in refusal(changed(file, **facts))


def test_another_engine_is_named(file):
    said = refusal(changed(file, engine=ELSEWHERE))

    assert "SQLite" in said and "PostgreSQL" in said


def test_a_newer_version_is_named(file):
    migrations = [["clock", "0001_deadlines_and_ladders"], ["clock", "9999_tomorrow"]]
    said = refusal(changed(file, version="9.0", migrations=migrations))
    assert "9.0" in said and "clock.9999_tomorrow" in said

    assert "newer version (9.0" in refusal(changed(file, version="9.0", format=2))


def test_a_file_that_is_not_there_is_named(tmp_path):
    assert "nowhere" in refusal(tmp_path / "nowhere")


def test_checking_touches_no_database(file):
    out = StringIO()
    call_command("restore", file, check=True, stdout=out)  # this test may not reach any

    assert "The file is whole" in out.getvalue()


def test_a_wrong_file_is_told_by_the_command_in_one_sentence(file, tmp_path):
    (tmp_path / "list.csv").write_text("a;b\n")

    with pytest.raises(CommandError, match="no back-up of the desk"):
        call_command("restore", tmp_path / "list.csv")


# PostgreSQL's tools


@pytest.mark.postgresql
def test_no_password_stands_in_the_list_of_processes(db):
    with patch.dict(connection.settings_dict, PASSWORD="geheim"), patch("subprocess.Popen") as started:
        started.return_value.stdout.read.return_value = b""
        started.return_value.returncode = 0
        words, told = ["pg_dump"], postgresql.environment(connection)
        list(postgresql.output_of(words, told))

    assert told["PGPASSWORD"] == "geheim"
    assert "geheim" not in str(started.call_args.args)


@pytest.mark.postgresql
def test_tools_that_are_not_there_or_fail_are_named(db, tmp_path):
    with patch("shutil.which", return_value=None), pytest.raises(CommandError, match="postgresql-client"):
        call_command("backup", tmp_path / "desk.backup")
    with pytest.raises(BackupError, match="pg_dump failed"):
        list(postgresql.output_of(["pg_dump", "--no-such-option"], postgresql.environment(connection)))
    assert not list(tmp_path.iterdir())
