"""The audit: all that must always hold, checked over a filled desk, in full and by an increment (PostgreSQL)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction

from benchmarks._desk import build_house, live
from benchmarks._measuring import watching_the_server
from servicedesk.audit.seals import seal
from servicedesk.audit.timeline import Entry, Record, record_many

ENGINES = ("postgresql",)
AT = datetime(2026, 5, 11, 2, 0, tzinfo=UTC)
MOVED = 1000  # timelines, in a day
BAR = 180  # seconds for a million tickets


@dataclass
class Audited:
    """One run of `manage.py audit`: seconds on the wall and of the processors, and its largest process."""

    what: str
    wall: float
    cpu: float
    server: float
    megabytes: int
    violations: int
    checks: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        dear = sorted(self.checks.items(), key=lambda one: -one[1])[:8]
        told = "".join(f"\n      {seconds:7.1f} s  {name}" for name, seconds in dear)
        return (
            f"{self.what}: {self.wall:.1f} s on the wall; processors {self.cpu:.1f} s ours,"
            f" {self.server:.1f} s the database's; {self.megabytes} MB at most in one process;"
            f" {self.violations} violations{told}"
        )


def measure(options: Namespace) -> Iterator[str | Audited]:
    """`--open` tickets in one full run, and in an increment after some of them moved."""
    start = time.perf_counter()
    live(build_house(), options.open, at=AT)
    seal(AT.date(), at=AT)
    yield f"{options.open} tickets, {Entry.objects.count()} entries, written in {time.perf_counter() - start:.0f} s"
    for processes in (1, os.cpu_count() or 1):
        yield audited(f"in full, by {processes}", "--processes", str(processes))
    move()
    yield audited(f"{MOVED} moved", "--since", AT.date().isoformat())


def move() -> None:
    subjects = Entry.objects.filter(number=1, subject__startswith="ticket:").order_by("-pk")
    chosen = list(subjects.values_list("subject", flat=True)[:MOVED])
    with transaction.atomic():
        record_many([Record(subject, "looked_at", "clock", AT + timedelta(hours=1)) for subject in chosen])


def audited(what: str, *words: str) -> Audited:
    command = [sys.executable, "manage.py", "audit", "--json", *words]
    with tempfile.TemporaryFile() as out, watching_the_server() as server:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out)
        _pid, _code, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = 0
        out.seek(0)
        told = json.load(out)
    return Audited(
        what=what,
        wall=wall,
        cpu=used.ru_utime + used.ru_stime,
        server=server.seconds,
        megabytes=used.ru_maxrss // 1024,
        violations=told["violations"],
        checks={check["name"]: check["seconds"] for check in told["checks"]},
    )
