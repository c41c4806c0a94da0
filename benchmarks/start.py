"""`make run` on a clean clone: how soon the desk is open, and what it takes while nobody does anything (SQLite)."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

SETTLES = 30  # seconds after which the desk counts as idle
IDLE = 120  # seconds watched
OURS = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEMO", "PORT", "VAR_DIR", "TEST_DATABASE_URL"}
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Stage:
    """One part of a start: seconds on the wall and of the processors."""

    what: str
    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.what:<44} {self.wall:6.1f} s   processors {self.cpu:6.1f} s"


@dataclass
class Idle:
    """What the desk takes while idle: megabytes (PSS) of each process, and the share of a core of all."""

    megabytes: dict[str, float]
    share: float

    def __str__(self) -> str:
        each = "".join(f"\n      {size:6.1f} MB  {name}" for name, size in self.megabytes.items())
        return f"idle: {sum(self.megabytes.values()):.0f} MB (PSS, bar 250), {self.share:.2%} of a core (bar 1.5 %){each}"


def measure(options: Namespace) -> Iterator[Stage | Idle]:
    """The same commands as `make run`, one by one, with the caches of pip and npm as they are."""
    with TemporaryDirectory() as folder:
        clone = Path(folder) / "desk"
        subprocess.run(["git", "clone", "--quiet", str(settings.BASE_DIR), str(clone)], check=True)
        port = free_port()
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        environment = {**kept, "PORT": str(port)}
        for what, command in {
            "make build (packages, front end, styles)": ["make", "build"],
            "manage.py migrate": [".venv/bin/python", "manage.py", "migrate", "--verbosity=0"],
            "manage.py demo": [".venv/bin/python", "manage.py", "demo"],
        }.items():
            yield timed(what, command, clone, environment)
        start = time.perf_counter()
        desk = subprocess.Popen(
            ["make", "run"], cwd=clone, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            while not answers(port):
                time.sleep(0.1)
            yield Stage("make run, all of that being there", time.perf_counter() - start, used(desk.pid))
            time.sleep(SETTLES)
            yield idle(desk.pid)
        finally:
            os.killpg(desk.pid, signal.SIGTERM)
            desk.wait(30)
        shutil.rmtree(clone)


def timed(what: str, command: list[str], folder: Path, environment: dict[str, str]) -> Stage:
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _pid, code, spent = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode:
        raise AssertionError(f"{what} failed")
    return Stage(what, time.perf_counter() - start, spent.ru_utime + spent.ru_stime)


def idle(root: int) -> Idle:
    """Memory as it stands, and the processors' time over two minutes."""
    before = used(root)
    time.sleep(IDLE)
    share = (used(root) - before) / IDLE
    return Idle({f"{pid} {name(pid)}": proportional_share(pid) for pid in family(root)}, share)


def family(root: int) -> list[int]:
    """A process and all that descend from it."""
    parents = {int(path.name): parent(path) for path in Path("/proc").glob("[0-9]*")}
    found = [root]
    for pid in found:
        found += [child for child, its in parents.items() if its == pid]
    return found


def parent(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def used(root: int) -> float:
    """Processor seconds of a process and its descendants, also of those that have ended."""
    total = 0
    for pid in family(root):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / TICKS


def name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return " ".join(Path(word).name for word in words if word and not word.startswith("-"))[:60]


def proportional_share(pid: int) -> float:
    """Megabytes: its own, and its part of what it shares with others."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    asking = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        asking.request("GET", "/healthz")
        return asking.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        asking.close()
