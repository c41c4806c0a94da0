"""Comparing sides fairly: in turns, in one run, by the clock on the wall and by the processors' time."""

from __future__ import annotations

import resource
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psycopg2
from django.db import connection

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Cost:
    """Seconds on the wall, and seconds of processor time here and in the database server's process of ours."""

    wall: float
    cpu: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.wall - other.wall, self.cpu - other.cpu)


def now() -> Cost:
    """Processes that we started and that have ended count as we do."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    here = time.process_time() + ended.ru_utime + ended.ru_stime
    return Cost(time.perf_counter(), here + _server_time())


def _server_time() -> float:
    """Processor seconds of the server process behind our connection; 0 where it runs elsewhere or inside us."""
    if connection.vendor != "postgresql" or connection.connection is None:
        return 0.0
    schedule = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return int(schedule.read_text().split()[0]) / 1e9 if schedule.exists() else 0.0


@dataclass
class Watched:
    """What the database server's processes cost while others worked, in processor seconds."""

    seconds: float = 0.0


@contextmanager
def watching_the_server() -> Iterator[Watched]:
    """Count what all of the server's processes on this database do meanwhile, also those that end before we do.

    Twenty looks a second at what each has used: what a process does after the last look at it is missing.
    """
    watched, done = Watched(), threading.Event()
    seen: dict[int, list[float]] = {}
    settings = connection.get_connection_params()
    settings.pop("cursor_factory", None)

    def look(cursor) -> None:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for (pid,) in cursor.fetchall():
            with suppress(OSError):
                used = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
                seen.setdefault(pid, [used, used])[1] = used

    def watch() -> None:
        with closing(psycopg2.connect(**settings)) as session, session.cursor() as cursor:
            session.autocommit = True
            look(cursor)
            begun.set()
            while not done.wait(0.05):
                look(cursor)

    begun = threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    begun.wait(10)
    try:
        yield watched
    finally:
        done.set()
        watcher.join()
        watched.seconds = sum(last - first for first, last in seen.values())


@dataclass
class Ratio:
    """Two sides of one comparison, and how many times the second the first may cost by its bar."""

    what: str
    ours: Cost
    bare: Cost
    bar: float
    more: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        wall, cpu = self.ours.wall / self.bare.wall, self.ours.cpu / self.bare.cpu
        more = "".join(f"  {name} {value}" for name, value in self.more.items())
        return (
            f"{self.what:<36} ours {_shown(self.ours)}  bare {_shown(self.bare)}"
            f"  {wall:5.2f} x wall  {cpu:5.2f} x cpu  (bar {self.bar:.3g}){more}"
        )


def _shown(cost: Cost) -> str:
    return f"{cost.wall * 1000:8.1f} ms (cpu {cost.cpu * 1000:8.1f})"


def in_turns(
    sides: Mapping[K, Callable[[], Any]],
    *,
    rounds: int,
    before: Callable[[K], None] = lambda name: None,
    between: Callable[[], None] = lambda: None,
) -> dict[K, Cost]:
    """The median cost of each side; all are run once unmeasured, then in turns; unmeasured, `before` goes ahead of each
    run and `between` follows it."""
    costs: dict[K, list[Cost]] = defaultdict(list)
    for number in range(rounds + 1):
        for name, act in sides.items():
            before(name)
            start = now()
            act()
            cost = now() - start
            between()
            if number:
                costs[name].append(cost)
    return {
        name: Cost(statistics.median(c.wall for c in found), statistics.median(c.cpu for c in found))
        for name, found in costs.items()
    }


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(execute, sql, params, many, context):
        sent.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield sent
