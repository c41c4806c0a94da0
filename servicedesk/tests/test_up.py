import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from django.conf import settings

from servicedesk.supervisor import Part, Supervisor

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, seconds=40):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s in vain")


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


def command(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().replace("\0", " ")


def child_called(desk, name):
    return next((pid for pid in children(desk.pid) if name in command(pid)), None)


def desk_in(folder):
    """The environment of a desk of its own: SQLite in that folder, and Redis where the tests have it."""
    own = {
        "DATABASE_URL": f"sqlite:///{folder}/desk.sqlite3",
        "SECRET_KEY": "only for this test",
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
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=120,
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


def test_one_command_runs_the_desk_mends_it_and_ends_it(environment):
    with desk_up(environment) as desk:
        taken = manage(environment, "up")
        assert taken.returncode == 1 and "is taken" in taken.stderr

        worker = wait_for(lambda: child_called(desk, " worker "))
        os.kill(worker, signal.SIGKILL)
        again = wait_for(lambda: (pid := child_called(desk, " worker ")) != worker and pid)
        assert again != worker

        everybody = family(desk.pid)
        assert len(everybody) >= 5  # ourselves, web and its process, worker, beat
        desk.send_signal(signal.SIGTERM)
        assert desk.wait(20) == 0
        assert not any(is_alive(pid) for pid in everybody)


def test_a_database_without_its_tables_is_told_before_anything_starts(tmp_path):
    refused = manage(desk_in(tmp_path), "up")

    assert refused.returncode == 1
    assert "not up to date" in refused.stderr


def test_a_killed_supervisor_leaves_nobody_behind(environment):
    with desk_up(environment) as desk:
        wait_for(lambda: child_called(desk, " worker "))
        everybody = family(desk.pid)
        desk.kill()
        desk.wait()
        wait_for(lambda: not any(is_alive(pid) for pid in everybody))


def test_what_keeps_dying_starts_again_later_each_time():
    lines = []
    supervisor = Supervisor(
        [Part("lamp", [sys.executable, "-c", "print('on'); raise SystemExit(3)"])], lines.append
    )
    child = supervisor.children[0]
    try:
        for _ in range(2):
            child.start_at = 0.0
            child.look()
            wait_for(lambda: child.process.poll() is not None)
            child.look()
    finally:
        child.wait(0)

    wait_for(lambda: lines.count("lamp | on") == 2)
    assert [line for line in lines if "exit code" in line] == [
        "lamp | ended (exit code 3), starts again in 1 s",
        "lamp | ended (exit code 3), starts again in 2 s",
    ]
