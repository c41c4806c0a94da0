"""Imports as real processes: two of one file at once, and one broken off in the middle."""

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.conf import settings

from servicedesk.testing.running import manage, wait_for

pytestmark = pytest.mark.processes
ROWS = 3000
MANY = 10_000  # so that a file is not through before somebody breaks it off


@pytest.fixture
def file(tmp_path):
    return write(tmp_path, ROWS)


def write(folder, count):
    path = folder / "file.csv"
    rows = "".join(f"{n},Category {n % 7},words of row {n}\n" for n in range(count))
    path.write_text(f"number,category,words\n{rows}")
    return path


@pytest.fixture
def desk(desk_environment):
    made = manage(
        desk_environment,
        "shell",
        "-v0",
        "-c",
        "from tickets.testing import make_agent; make_agent(username='owner')",
    )
    assert made.returncode == 0, made.stderr
    return desk_environment


def start(desk, file):
    command = [sys.executable, "manage.py", "import_tickets", file]
    return subprocess.Popen(
        [*command, "--mapping", "generic", "--owner", "owner", "--json"],
        cwd=settings.BASE_DIR, env=desk, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ended(importing):
    """Its counts, its exit code and what it said besides."""
    out, told = importing.communicate(timeout=300)
    assert "Traceback" not in told, told
    return json.loads(out), importing.returncode, told


def stored(desk):
    """How many tickets the database holds, seen from outside."""
    address = urlsplit(desk["DATABASE_URL"])
    connect = sqlite3.connect if address.scheme == "sqlite" else psycopg2.connect
    target = address.path if address.scheme == "sqlite" else desk["DATABASE_URL"]
    with closing(connect(target)) as session:
        cursor = session.cursor()
        cursor.execute("SELECT count(*) FROM tickets_ticket")
        return cursor.fetchone()[0]


def test_two_imports_of_one_file_at_once_take_each_row_once(desk, file):
    both = [ended(one) for one in [start(desk, file), start(desk, file)]]
    assert [code for _, code, _ in both] == [0, 0]
    assert [counts["read"] for counts, _, _ in both] == [ROWS, ROWS]
    assert sum(counts["taken"] for counts, _, _ in both) == ROWS
    assert sum(counts["unchanged"] for counts, _, _ in both) == ROWS
    assert stored(desk) == ROWS
    audit = manage(desk, "audit")
    assert audit.returncode == 0, audit.stdout


def test_an_import_that_is_broken_off_keeps_what_it_took_in_and_goes_on(desk, tmp_path):
    file = write(tmp_path, MANY)
    importing = start(desk, file)
    wait_for(lambda: stored(desk) or importing.poll() is not None)
    importing.send_signal(signal.SIGINT)
    counts, code, told = ended(importing)
    assert code == 130, told
    assert "Broken off" in told
    assert counts["taken"] == stored(desk) < MANY
    again, code, _ = ended(start(desk, file))
    assert (again["taken"], again["unchanged"], code) == (MANY - counts["taken"], counts["taken"], 0)
    audit = manage(desk, "audit")
    assert audit.returncode == 0, audit.stdout
