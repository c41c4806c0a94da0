import os
import signal
import sys
from pathlib import Path

import pytest

from servicedesk.supervisor import Part, Supervisor
from servicedesk.testing.running import child_called, desk_in, desk_up, family, is_alive, manage, wait_for

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


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
        assert megabytes(desk.pid) < 40  # what was loaded to look at the database is gone
        desk.send_signal(signal.SIGTERM)
        assert desk.wait(20) == 0
        assert not any(is_alive(pid) for pid in everybody)


def megabytes(pid):
    """What a process holds in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.parametrize("words", [["up"], ["setup", "--no-input"]])
def test_a_database_without_its_tables_is_told_before_anything_starts(tmp_path, words):
    refused = manage(desk_in(tmp_path), *words)

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
