"""A rehearsed ladder as a drawing: where each point lies on the line, in per cent of its width. Arithmetic only.

Distances are drawn shortened, so that an hour and a week fit on one line; the order is true, and time in which the
calendar is closed is shaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import log2
from typing import TYPE_CHECKING

from servicedesk.clock.rehearsal import Moment

if TYPE_CHECKING:
    from servicedesk.calendars.worktime import WorkCalendar

LEFT, RIGHT = 4.0, 96.0  # per cent
SHORTEST = timedelta(minutes=30)  # the gap that counts as one
REPEATS_DRAWN = 3  # of each step; the table has them all
BAND_DAYS = 60  # further apart, nights are too thin to be seen
DOT, APART = 11, 24  # pixels: radius, and distance of points one above the other
TOP = 30  # pixels above the highest point, for the word at the due time


@dataclass(frozen=True)
class Dot:
    """A step or one of its repeats: `tone` is "before", "after" or "again"; `y` in pixels from the top."""

    x: str
    y: int
    label: str
    tone: str
    title: str


@dataclass(frozen=True)
class Band:
    """Closed time."""

    x: str
    width: str


@dataclass(frozen=True)
class Drawing:
    """The line: its dots, the closed time behind it, where it begins and where the due time lies."""

    dots: list[Dot]
    bands: list[Band]
    begins: str
    due: str
    axis: int
    height: int


def draw(moments: Sequence[Moment], *, made_at: datetime, due_at: datetime, work: WorkCalendar) -> Drawing:
    """Place what was rehearsed on one line from its beginning to its last ring."""
    marks = list(_marks(moments))
    place = _scale(sorted({made_at, due_at, *(at for at, *_rest in marks)}))
    heights: dict[str, int] = {}
    stacked = []
    for at, label, tone, title in marks:
        x = place(at)
        heights[x] = heights.get(x, 0) + 1
        stacked.append((x, heights[x], label, tone, title))
    axis = TOP + APART * max(heights.values(), default=1)
    dots = [
        Dot(x, axis - APART * (level - 1), label, tone, title) for x, level, label, tone, title in stacked
    ]
    last = max([due_at, *(at for at, *_rest in marks)])
    return Drawing(
        dots, _bands(made_at, last, work, place), place(made_at), place(due_at), axis, axis + APART
    )


def _marks(moments: Sequence[Moment]):
    for moment in moments:
        if moment.rung is None or moment.at is None:
            continue
        title = f"{moment.number}. {moment.text}"
        yield moment.at, str(moment.number), "before" if moment.rung.is_reminder else "after", title
        for call in moment.further[:REPEATS_DRAWN]:
            yield call.at, "", "again", title


def _scale(points: list[datetime]):
    """From a moment between the first and the last of these to its place: gaps count by their logarithm."""
    gaps = [1 + log2(1 + (after - before) / SHORTEST) for before, after in pairwise(points)]
    whole, places = sum(gaps) or 1.0, [LEFT]
    for gap in gaps:
        places.append(places[-1] + gap / whole * (RIGHT - LEFT))

    def place(at: datetime) -> str:
        for (before, after), (left, right) in zip(pairwise(points), pairwise(places), strict=True):
            if before <= at <= after:
                return f"{left + (right - left) * ((at - before) / (after - before)):.2f}%"
        return f"{places[0]:.2f}%"

    return place


def _bands(made_at: datetime, last: datetime, work: WorkCalendar, place) -> list[Band]:
    if last - made_at > timedelta(days=BAND_DAYS):
        return []
    found = []
    for start, end in closed_stretches(made_at, last, work):
        x, right = place(start), place(end)
        width = float(right[:-1]) - float(x[:-1])
        found.append(Band(x, f"{width:.2f}%"))
    return found


def closed_stretches(start: datetime, end: datetime, work: WorkCalendar) -> list[tuple[datetime, datetime]]:
    """When the calendar is closed between two moments, in order."""
    steps = work.explain(start, work.between(start, end))
    opened = sorted((step.start, step.end) for step in steps if step.start and step.end and step.spent)
    found, at = [], start
    for opens, closes in opened:
        if opens > at:
            found.append((at, opens))
        at = max(at, closes)
    return [*found, (at, end)] if at < end else found
