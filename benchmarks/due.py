"""From the due moment to the message in the outbox, with a worker and a beat that run as ever (PostgreSQL, Redis)."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks._desk import RUSH, build_house, fill
from servicedesk.clock.models import Heartbeat

ENGINES = ("postgresql",)
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
A_SECOND = 10  # steps that fall due
LASTS = 120  # seconds
HEAD_START = timedelta(minutes=2)  # for writing the desk, and until the processes run
LOOK = 0.02  # seconds between two looks for new messages


@dataclass
class Delay:
    """Seconds from the planned moment of a step until its message could be read in the outbox."""

    open: int
    steps: int
    every: float
    median: float
    p99: float
    most: float

    def __str__(self) -> str:
        return (
            f"{self.open} open, {self.steps} steps due: median {self.median:.2f} s, p99 {self.p99:.2f} s, at most"
            f" {self.most:.2f} s, with a beat every {self.every:.0f} s (bar for p99: {2 * self.every:.0f} s)"
        )


def measure(options: Namespace) -> Iterator[str | Delay]:
    """`--open` deadlines; steps fall due one after the other, at every point between two beats."""
    at = timezone.now() + HEAD_START
    fill(build_house(), options.open, at=at, rush=round(A_SECOND * RUSH.total_seconds()))
    with worker_and_beat():
        ready = max(at, timezone.now())
        yield f"worker and beat run since {timezone.now():%H:%M:%S}, the first step is due at {at:%H:%M:%S}"
        delays = watched(since=ready, until=ready + timedelta(seconds=LASTS))
    if len(delays) < LASTS * A_SECOND * 0.8:
        raise AssertionError(f"only {len(delays)} messages came")
    yield Delay(
        options.open, len(delays), settings.SWEEP_EVERY, statistics.median(delays),
        statistics.quantiles(delays, n=100)[98], max(delays),
    )  # fmt: skip


@contextmanager
def worker_and_beat() -> Iterator[None]:
    """As `manage.py up` runs them, with Redis between them, until the clock has come round."""
    environment = {**os.environ, "REDIS_URL": REDIS, "EMAIL_URL": "dummymail://"}
    celery = [sys.executable, "-m", "celery", "--quiet", "--app=servicedesk"]
    processes = [
        subprocess.Popen(
            [*celery, *words], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for words in (["worker", "--pool=prefork", "--concurrency=2"], ["beat", "--pidfile="])
    ]
    try:
        until = time.monotonic() + 120
        while not Heartbeat.objects.filter(name="sweep").exists():
            if time.monotonic() > until:
                raise AssertionError("the clock did not come round")
            time.sleep(0.5)
        yield
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def watched(*, since: datetime, until: datetime) -> list[float]:
    """The delay of every step planned within that span whose message appeared, by the server's clock."""
    delays, last = [], 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM clock_ring")
        last = cursor.fetchone()[0]
        while timezone.now() < until + timedelta(seconds=3 * settings.SWEEP_EVERY):
            cursor.execute(
                "SELECT r.id, r.planned_at, clock_timestamp() FROM clock_ring r WHERE r.id > %s AND EXISTS"
                " (SELECT 1 FROM outbox_message m WHERE m.recipient_id = r.person_id AND m.created_at = r.rang_at)"
                " ORDER BY r.id",
                [last],
            )
            for pk, planned_at, seen_at in cursor.fetchall():
                last = pk
                if since <= planned_at < until:
                    delays.append((seen_at - planned_at).total_seconds())
            time.sleep(LOOK)
    return delays
