"""How a due time is chosen, and how the choice is explained afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta

if TYPE_CHECKING:
    from servicedesk.calendars.models import Calendar
    from servicedesk.calendars.worktime import WorkCalendar
    from servicedesk.regulations.span import Span

WALL_UNITS = {
    "days": relativedelta(days=1),
    "months": relativedelta(months=1),
    "quarters": relativedelta(months=3),
    "years": relativedelta(years=1),
}


WISH = "wish"  # the rule of a time that the customer asked for (CASES d)


@dataclass(frozen=True)
class Proposal:
    """A due time and how it came about; `derivation` is stored with the deadline and explained by `explain`."""

    due_at: datetime
    derivation: dict


def due_after(span: Span, start: datetime, work: WorkCalendar) -> datetime:
    """The moment that lies `span` after `start`.

    Working days count from the next working day and end at its closing time; working hours run only while the
    calendar is open; every other unit is wall clock in the calendar's zone.
    """
    match span.unit:
        case "working_days":
            return work.add_days(start, span.amount)
        case "working_hours":
            return work.add(start, timedelta(hours=span.amount))
        case "seconds" | "minutes" | "hours":
            return start + timedelta(**{span.unit: span.amount})
        case _:
            return _on_the_wall(start, work, WALL_UNITS[span.unit] * span.amount)


def _on_the_wall(start: datetime, work: WorkCalendar, distance: relativedelta) -> datetime:
    """Days, weeks and months keep the time of day that the clock on the wall shows."""
    return (start.astimezone(work.timezone) + distance).astimezone(start.tzinfo)


def due_before(span: Span, end: datetime, work: WorkCalendar) -> datetime:
    """The moment up to which whatever began is due, by this span, before `end`; to the second.

    The reverse of `due_after`: "untouched for one working day" means touched before this moment.
    """
    early, late = end - timedelta(days=1), end
    while due_after(span, early, work) >= end:
        early = end - 2 * (end - early)
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        early, late = (middle, late) if due_after(span, middle, work) < end else (early, middle)
    return early


def propose(span: Span, start: datetime, calendar: Calendar, *, rule: str) -> Proposal:
    """The due time that a rule (a setting's code) gives, with the closed days that were skipped on the way."""
    due_at = due_after(span, start, calendar.work_calendar())
    return Proposal(due_at, derive(rule, span, start, due_at, calendar))


def derive(rule: str, span: Span | None, start: datetime, due_at: datetime, calendar: Calendar) -> dict:
    """What must be kept so that the due time can be explained and replayed (DESIGN 4)."""
    skipped = calendar.work_calendar().closed_days(start, due_at)
    return {
        "rule": rule,
        "span": [span.amount, span.unit] if span else None,
        "from": start.isoformat(),
        "calendar": calendar.pk,
        "version": calendar.version,
        "skipped": [day.isoformat() for day in skipped],
    }
