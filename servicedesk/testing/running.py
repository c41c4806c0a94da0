"""A whole desk in processes of its own, for tests: web server, worker and beat on an empty database."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from django.conf import settings
from django.db import connection


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, seconds=90):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s in vain")


def own_process() -> int:
    """The process of this connection, on PostgreSQL."""
    return _asked("SELECT pg_backend_pid()")


def waits(process: int) -> bool:
    """Whether that process waits for what another connection holds."""
    return _asked("SELECT cardinality(pg_blocking_pids(%s)) > 0", process)


def _asked(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


def status(port, path):
    asking = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asking.request("GET", path)
        return asking.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        asking.close()


def children(pid):
    return {int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def family(pid):
    """A process and all that descend from it."""
    return {pid}.union(*(family(child) for child in children(pid)))


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def child_called(desk, name):
    """The child of a running desk whose command holds this word."""
    return next((pid for pid in children(desk.pid) if name in _command(pid)), None)


def _command(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\0", " ")


def desk_in(folder, database_url=""):
    """The environment of a desk of its own: SQLite in that folder unless a database is named, Redis where the tests have it.

    It is a place of work on every engine, whatever the tests themselves run as; the demo asks for DEMO itself.
    """
    own = {
        "DATABASE_URL": database_url or f"sqlite:///{folder}/desk.sqlite3",
        "SECRET_KEY": "only for this test",
        "DEMO": "False",
        "VAR_DIR": str(folder),
        "BROKER_FOLDER": str(folder / "broker"),
        "REDIS_URL": settings.REDIS_URL,
        "PORT": str(free_port()),
        "WEB_PROCESSES": "1",
    }
    return {**os.environ, **own}


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """An empty database with every table."""
    folder = tmp_path_factory.mktemp("desk")
    migrating = manage(desk_in(folder), "migrate", "-v0")
    assert migrating.returncode == 0, migrating.stderr
    return folder / "desk.sqlite3"


@pytest.fixture
def environment(migrated, tmp_path):
    shutil.copy(migrated, tmp_path)
    return desk_in(tmp_path)


def manage(environment, *words):
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=400,
    )  # fmt: skip


@contextmanager
def desk_up(environment):
    told = Path(environment["VAR_DIR"], "told.txt")
    with told.open("w") as out:
        desk = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=settings.BASE_DIR, env=environment, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        wait_for(lambda: status(int(environment["PORT"]), "/healthz") == 200)
        yield desk
    except Exception as error:
        raise AssertionError(told.read_text()) from error
    finally:
        if desk.poll() is None:
            desk.kill()
            desk.wait()


@contextmanager
def database_of_its_own(name):
    """The address of an empty PostgreSQL database that is dropped afterwards."""
    address = urlsplit(os.environ["DATABASE_URL"])
    own, server = (urlunsplit(address._replace(path=f"/{path}")) for path in (name, "postgres"))

    def execute(statement):
        with closing(psycopg2.connect(server)) as session:
            session.autocommit = True
            session.cursor().execute(statement)

    execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    execute(f"CREATE DATABASE {name}")
    try:
        yield own
    finally:
        execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def desk_environment(environment, tmp_path):
    """A desk on the engine that the tests run on."""
    if connection.vendor != "postgresql":
        yield environment
        return
    with database_of_its_own(f"test_desk_up_{os.getpid()}") as address:
        own = desk_in(tmp_path, address) | {"WEB_PROCESSES": "2"}
        migrating = manage(own, "migrate", "-v0")
        assert migrating.returncode == 0, migrating.stderr
        yield own
