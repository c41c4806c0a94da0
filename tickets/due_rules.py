"""The due times that tickets owe, told to the clock so that they can be tried before a policy changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from servicedesk.clock.due import Proposal, derive, due_after, propose
from servicedesk.clock.due_rules import due_by
from tickets.limits import later_limit, propose_first
from tickets.models import CONFIRMATION
from tickets.resolving import end_of

if TYPE_CHECKING:
    from servicedesk.regulations.standing import Settings


def tell() -> None:
    """Called once everything stands."""
    due_by("S2a", first, "promise")
    due_by("S2", longest_first, "promise")
    due_by("S3", longest_later, "promise")
    due_by("S15", first_check, "check", CONFIRMATION)
    due_by("S15a", check_completed, "check")
    due_by("S36", unopposed)


def first(start: datetime, calendar: Any, standing: Settings) -> Proposal:
    """The first promise that the form proposes for what is received at `start`."""
    return propose_first(start, calendar, at=start, standing=standing)


def longest_first(start: datetime, calendar: Any, standing: Settings) -> Proposal:
    return propose(standing["S2"], start, calendar, rule="S2")


def longest_later(start: datetime, calendar: Any, standing: Settings) -> Proposal:
    return _moved("S3", start, later_limit(calendar, at=start, standing=standing), calendar, standing)


def first_check(start: datetime, calendar: Any, standing: Settings) -> Proposal:
    return _moved("S15", start, end_of(standing["S15"], start, calendar.work_calendar()), calendar, standing)


def check_completed(start: datetime, calendar: Any, standing: Settings) -> Proposal:
    """Counted from the end of the first attempt, which is what `start` stands for."""
    return _moved(
        "S15a", start, end_of(standing["S15a"], start, calendar.work_calendar()), calendar, standing
    )


def unopposed(start: datetime, calendar: Any, standing: Settings) -> Proposal:
    return propose(standing["S36"], start, calendar, rule="S36")


def _moved(rule: str, start: datetime, due_at: datetime, calendar: Any, standing: Settings) -> Proposal:
    """With a word where the date was moved on from a closed day."""
    work = calendar.work_calendar()
    derivation = derive(rule, standing[rule], start, due_at, calendar)
    planned = due_after(standing[rule], start, work)
    if due_at - planned > timedelta(0):
        derivation["moved_from"] = planned.astimezone(work.timezone).date().isoformat()
    return Proposal(due_at, derivation)
