"""Which times to offer for a first promise, and why the one proposed (R1.1e; S2, S2a)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from servicedesk.clock.explaining import explain
from servicedesk.regulations.standing import Settings
from tickets.limits import WISHED, counted_from, first_limit, propose_first

if TYPE_CHECKING:
    from servicedesk.calendars.models import Calendar
    from servicedesk.calendars.worktime import WorkCalendar

NOON = time(12)
STEP = timedelta(minutes=5)  # nobody promises 15:37
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Choice:
    """One time that may be promised, and what it is: "proposed", "in 1 hour" …"""

    due_at: datetime
    name: str


@dataclass(frozen=True)
class Offer:
    """What may be promised: the proposed time with its reasons, other good ones, and the latest: by the rules, and as wished."""

    proposed: datetime
    reasons: list[str]
    latest: datetime
    wished_latest: datetime
    longest: str  # S2 in words
    choices: list[Choice]
    unpublished: int | None  # a year on the way whose holidays are not known yet


def first_offer(received_at: datetime, calendar: Calendar, *, at: datetime) -> Offer:
    """What to offer for the first promise on a matter received at `received_at`; times are UTC, soonest first.

    Every choice lies in open time or at a closing, after `at` and not beyond S2.
    """
    standing = Settings.at(at)
    latest = first_limit(received_at, calendar, at=at, standing=standing)
    proposal = propose_first(received_at, calendar, at=at, standing=standing)
    named = {proposal.due_at: _("proposed")}
    for due_at, name in _times(calendar.work_calendar(), at):
        if at < due_at <= latest:
            named.setdefault(due_at, name)
    return Offer(
        proposed=proposal.due_at,
        reasons=explain(proposal.derivation | _late(received_at, calendar, at=at, standing=standing)),
        latest=latest,
        wished_latest=max(latest, at + WISHED),
        longest=str(standing["S2"]),
        choices=[Choice(due_at, name) for due_at, name in sorted(named.items())],
        unpublished=_unpublished(calendar, latest),
    )


def _late(received_at: datetime, calendar: Calendar, *, at: datetime, standing: Settings) -> dict:
    """What the reasons add where S2 from the receipt is over."""
    start = counted_from(received_at, calendar, at=at, standing=standing)
    return {"over_from": received_at.isoformat()} if start != received_at else {}


def _unpublished(calendar: Calendar, latest: datetime) -> int | None:
    year = latest.astimezone(calendar.work_calendar().timezone).year
    return None if calendar.published(year) else year


def _times(work: WorkCalendar, at: datetime) -> Iterator[tuple[datetime, str]]:
    """The times that people promise in conversation."""
    hour = _rounded_up(at + timedelta(hours=1))
    if work.is_open(hour - MINUTE):
        yield hour, _("in 1 hour")
    today = at.astimezone(work.timezone).date()
    closing = work.add_days(at, 0)
    if closing.astimezone(work.timezone).date() == today:
        yield closing, _("today at closing")
    next_closing = work.add_days(at, 1)
    next_day = next_closing.astimezone(work.timezone).date()
    noon = datetime.combine(next_day, NOON, work.timezone).astimezone(at.tzinfo)
    tomorrow = next_day - today == timedelta(days=1)
    if work.is_open(noon - MINUTE):
        yield noon, _("tomorrow at noon") if tomorrow else _("at noon")
    yield next_closing, _("tomorrow at closing") if tomorrow else _("at closing")


def _rounded_up(moment: datetime) -> datetime:
    over = timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond) % STEP
    return moment + (STEP - over if over else timedelta(0))
