"""Working time: what a due time costs in China's 2026, some days and some months ahead, with few and many holidays on file."""

from __future__ import annotations

import statistics
import time as clock
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from servicedesk.calendars.library import holidays_of
from servicedesk.calendars.worktime import WorkCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEK = {weekday: [(time(8, 30), time(12)), (time(13), time(17, 30))] for weekday in range(5)}
DAY = timedelta(hours=8)
START = datetime(2026, 2, 10, 1, 30, tzinfo=UTC)  # before the Spring Festival, its make-up days on both sides
BARS = {3: 15, 90: 60}  # working days ahead: microseconds
ON_FILE = {"2026": [2026], "2007 to 2026": list(range(2007, 2027))}
CALLS, ROUNDS = 2000, 15


@dataclass
class Timed:
    """Microseconds of processor time a call, with each set of holidays on file."""

    what: str
    bar: float | None  # microseconds
    micros: dict[str, float]
    holidays: dict[str, int]

    def __str__(self) -> str:
        told = "   ".join(
            f"{name} ({self.holidays[name]} days): {taken:5.1f} µs" for name, taken in self.micros.items()
        )
        first, *_, last = self.micros.values()
        bar = f"   (bar {self.bar} µs)" if self.bar else ""
        return f"{self.what:<28} {told}   {last / first:.2f} x{bar}"


def measure(options: Namespace) -> Iterator[Timed]:
    """Every question to each calendar in turns, warm; then what the first question to a new one costs."""
    days = {name: [day for year in years for day in china(year)] for name, years in ON_FILE.items()}
    calendars = {name: calendar(*known) for name, known in zip(days, map(split, days.values()), strict=True)}
    counted = {name: len(known) for name, known in days.items()}
    for ahead, bar in BARS.items():
        for what, ask in {
            f"add_days, {ahead} days": lambda one, n=ahead: one.add_days(START, n),
            f"add, {ahead * 8} hours": lambda one, n=ahead: one.add(START, n * DAY),
        }.items():
            sides = {name: partial(ask, one) for name, one in calendars.items()}
            yield Timed(what, bar, in_turns(sides, CALLS), counted)
    new = {name: partial(first_question, *split(known)) for name, known in days.items()}
    yield Timed("a new calendar, add_days, 90", None, in_turns(new, 10), counted)


def in_turns(sides: Mapping[str, Callable[[], object]], calls: int) -> dict[str, float]:
    """The median microseconds of each side."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(ROUNDS + 1):
        for name, ask in sides.items():
            start = clock.process_time()
            for _ in range(calls):
                ask()
            if number:
                taken[name].append((clock.process_time() - start) / calls * 1e6)
    return {name: statistics.median(found) for name, found in taken.items()}


def china(year: int) -> list[tuple[date, bool]]:
    """The days of a year that differ from the week, and whether they are worked."""
    return [(day.date, day.kind == "work") for day in holidays_of("CN", year)[0]]


def split(days: list[tuple[date, bool]]) -> tuple[frozenset[date], frozenset[date]]:
    return frozenset(day for day, works in days if not works), frozenset(day for day, works in days if works)


def calendar(off: frozenset[date], worked: frozenset[date]) -> WorkCalendar:
    return WorkCalendar(SHANGHAI, WEEK, off, worked)


def first_question(off: frozenset[date], worked: frozenset[date]) -> datetime:
    return calendar(off, worked).add_days(START, 90)
