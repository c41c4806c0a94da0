"""Keeps a handful of processes running together: what dies starts again, all stop together.

Knows nothing of Django, nor of the package it lies in: it runs as a program of its own, so that what `manage.py up` had to load
takes no memory while the desk runs. Each child leads a process group of its own, so that Ctrl-C reaches only us
and a child's own children can be swept up; on Linux the kernel ends the children if we are killed.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any, TextIO

FIRST_PAUSE = 1.0  # seconds before a dead child starts again; doubled while it keeps dying
LONGEST_PAUSE = 30.0  # seconds
STEADY = 20.0  # seconds after which a child counts as running well again
PATIENCE = 10.0  # seconds a child has to stop before it is killed
TICK = 0.1  # seconds between two looks at the children
PR_SET_PDEATHSIG = 1
PLAN = "SUPERVISED"  # the variable that carries the plan into the program


@dataclass(frozen=True)
class Part:
    """One process to keep running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What to run, where its web server will answer, and what to say then and at the end."""

    parts: Sequence[Part]
    host: str
    port: int
    greeting: str
    farewell: str


class Child:
    """A part and the process that plays it now."""

    def __init__(self, part: Part, write: Callable[[str], None]) -> None:
        self.part = part
        self.write = write
        self.process: subprocess.Popen[str] | None = None
        self.started = 0.0
        self.start_at = 0.0
        self.pause = FIRST_PAUSE

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  the commands are ours
            self.part.command,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.part.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            **_own_group(),
        )
        threading.Thread(target=self._pass_on, args=(self.process.stdout,), daemon=True).start()

    def look(self) -> None:
        """Start what is due; notice a death and plan the next start, later each time."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_at:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        self.pause = FIRST_PAUSE if now - self.started > STEADY else self.pause
        self.write(f"ended ({_reason(code)}), starts again in {self.pause:.0f} s")
        self.sweep_up()
        self.process, self.start_at = None, now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        """Wait for the end, at most until that instant of the monotonic clock, then kill."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, until - time.monotonic()))
        self.sweep_up()
        self.process.wait()

    def sweep_up(self) -> None:
        """End whatever is left of the child's group, such as workers whose master was killed."""
        if self.process is None:
            return
        if sys.platform == "win32":
            self.process.kill()
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _pass_on(self, lines: TextIO) -> None:
        for line in lines:
            self.write(line.rstrip("\n"))


class Supervisor:
    """Runs the parts until asked to stop."""

    def __init__(self, parts: Sequence[Part], say: Callable[[str], None]) -> None:
        self.say = say
        self.width = max(len(part.name) for part in parts)
        self.children = [Child(part, self._writer(part.name)) for part in parts]
        self.stopping = threading.Event()
        self._pen = threading.Lock()

    def run(self) -> None:
        """Keep every part running; returns when all have ended after SIGTERM, SIGINT or SIGHUP.

        Must be called on the main thread: it owns the signals, and the kernel ties the children to it.
        """
        for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), lambda *_: self.stopping.set())
        try:
            while not self.stopping.is_set():
                for child in self.children:
                    child.look()
                self.stopping.wait(TICK)
        finally:
            self._stop()

    def _stop(self) -> None:
        for child in self.children:
            child.ask_to_stop()
        until = time.monotonic() + PATIENCE
        for child in self.children:
            child.wait(until)

    def _writer(self, name: str) -> Callable[[str], None]:
        prefix = f"{name:<{self.width}} | "

        def write(line: str) -> None:
            with self._pen, contextlib.suppress(BrokenPipeError):
                self.say(prefix + line)

        return write


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    if sys.platform != "linux":
        return {"process_group": 0}
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()  # looked up before the fork

    def die_with_parent() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return {"process_group": 0, "preexec_fn": die_with_parent}


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def become_supervisor(plan: Plan) -> None:
    """Keep the plan running until asked to stop: in place of this process, on Windows within it."""
    sys.stdout.flush()
    if sys.platform == "win32":
        supervise(plan)
        return
    os.environ[PLAN] = json.dumps(asdict(plan))
    os.execv(sys.executable, [sys.executable, "-P", __file__])  # noqa: S606  it is this module


def supervise(plan: Plan) -> None:
    """Run the plan's parts; say where they are as soon as they answer, and when they have stopped."""
    supervisor = Supervisor(plan.parts, _say)
    threading.Thread(target=_greet, args=(plan, supervisor.stopping), daemon=True).start()
    supervisor.run()
    _say(plan.farewell)


def _greet(plan: Plan, stopping: threading.Event) -> None:
    while not _answers(plan.host, plan.port):
        if stopping.wait(0.2):
            return
    _say(plan.greeting)


def _answers(host: str, port: int) -> bool:
    """Whether a web server speaks there, asked directly, whatever proxy the environment names."""
    try:
        with contextlib.closing(HTTPConnection(host, port, timeout=2)) as asking:
            asking.request("GET", "/healthz")
            asking.getresponse()
            return True
    except (OSError, HTTPException):
        return False


def _say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    told = json.loads(os.environ.pop(PLAN))
    supervise(Plan(**told | {"parts": [Part(**part) for part in told["parts"]]}))
