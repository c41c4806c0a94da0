"""Working time: what a due time costs, by how far ahead it lies."""

from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import pairwise
from timeit import repeat
from zoneinfo import ZoneInfo

from servicedesk.calendars.worktime import WorkCalendar

HOUR = timedelta(hours=1)
START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
DISTANCES = {"a day": 8 * HOUR, "a month": 170 * HOUR, "a year": 2000 * HOUR}
CALLS = 5000


def measure(options: Namespace) -> Iterator[str]:
    """Microseconds for each distance, and each as a multiple of the one before."""
    calendar = WorkCalendar(
        ZoneInfo("Asia/Shanghai"),
        {weekday: [(time(8, 30), time(12)), (time(13), time(17, 30))] for weekday in range(5)},
    )
    taken = {
        name: min(repeat(partial(calendar.add, START, work), number=CALLS)) / CALLS * 1e6
        for name, work in DISTANCES.items()
    }
    yield "  ".join(f"{name}: {micros:.1f} µs" for name, micros in taken.items())
    for (before, shorter), (after, longer) in pairwise(taken.items()):
        yield f"{after} costs {longer / shorter:.1f} times as much as {before}"
