"""Imports as real processes: a worker killed in the middle, and two commands with the same file at once."""

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
ROWS = 4000
HAND_IN = """
from django.utils import timezone
from servicedesk.staff.testing import make_user
from servicedesk.uploads import storing
from servicedesk.uploads.models import Upload
stored = "0" * 32
(storing.folder() / f"{{stored}}.file").write_bytes(open({file!r}, "rb").read())
by = make_user(username="admin")
Upload.objects.create(kind="customers", name="c.csv", stored=stored, size=1, by=by, at=timezone.now(), state="running")
"""
CARRY_OUT = """
from datetime import timedelta
from servicedesk.servertime import server_time
from servicedesk.uploads.carrying import go_on
go_on(lambda: server_time() + timedelta(minutes={minutes}))
"""
COUNTS = """
import json
from servicedesk.uploads.models import Upload
upload = Upload.objects.get()
print(json.dumps([upload.state, upload.attempts, upload.read, upload.taken, upload.unchanged, upload.refused]))
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file.csv"
    rows = "".join(f"K-{n},Name {n},138{n:08}\n" for n in range(ROWS))
    path.write_text(f"number,name,phone\n{rows}")
    return path


def shell(desk, code):
    ran = manage(desk, "shell", "-v0", "-c", code)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def stored(desk):
    """How many customers the database holds, seen from outside."""
    address = urlsplit(desk["DATABASE_URL"])
    connect = sqlite3.connect if address.scheme == "sqlite" else psycopg2.connect
    target = address.path if address.scheme == "sqlite" else desk["DATABASE_URL"]
    with closing(connect(target)) as session:
        cursor = session.cursor()
        cursor.execute("SELECT count(*) FROM customers_customer")
        return cursor.fetchone()[0]


def started(desk, *words):
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR, env=desk, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_worker_that_is_killed_leaves_nothing_half_done_and_another_goes_on(desk_environment, file):
    desk = desk_environment
    shell(desk, HAND_IN.format(file=str(file)))
    worker = started(desk, "shell", "-v0", "-c", CARRY_OUT.format(minutes=0))
    wait_for(lambda: stored(desk) or worker.poll() is not None)
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    there = stored(desk)
    assert 0 < there < ROWS and there % 500 == 0
    assert json.loads(shell(desk, COUNTS))[:2] == ["running", 1]
    shell(desk, CARRY_OUT.format(minutes=5))
    assert json.loads(shell(desk, COUNTS)) == ["done", 2, ROWS, ROWS - there, there, 0]
    assert stored(desk) == ROWS
    audit = manage(desk, "audit")
    assert audit.returncode == 0, audit.stdout


def test_two_commands_with_one_file_take_each_customer_once(desk_environment, file):
    both = [started(desk_environment, "import_customers", str(file), "--json") for _ in range(2)]
    ended = [(*one.communicate(timeout=300), one.returncode) for one in both]
    assert [code for _out, _told, code in ended] == [0, 0], ended
    counts = [json.loads(out) for out, _told, _code in ended]
    assert sum(one["taken"] for one in counts) == sum(one["unchanged"] for one in counts) == ROWS
    assert stored(desk_environment) == ROWS
