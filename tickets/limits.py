"""How far ahead a reply may be promised, and which time is proposed (S2, S2a, S3; R3.3.1a)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from servicedesk.clock.due import Proposal, due_after, propose
from servicedesk.regulations.standing import Settings
from servicedesk.timewords import full_time

if TYPE_CHECKING:
    from servicedesk.calendars.models import Calendar

WISHED = timedelta(days=90)  # the furthest time that a customer's own wish may carry a promise to (CASES d)
TASK = timedelta(days=366)  # the furthest due time of a task
UNREACHED_DAYS = 1  # working days until the next promise after nobody answered twice (CASES c)


@dataclass(frozen=True)
class Word:
    """A promise as it is given: until when, what will be told, through which channel."""

    due_at: datetime
    will_tell: str
    channel: str
    wished: bool = False  # the customer asked for this later time


def propose_first(
    received_at: datetime, calendar: Calendar, *, at: datetime, standing: Settings | None = None
) -> Proposal:
    """The first promise to propose: S2a after receipt, or after now where that has passed already."""
    span = (standing or Settings.at(at))["S2a"]
    proposal = propose(span, received_at, calendar, rule="S2a")
    return proposal if proposal.due_at > at else propose(span, at, calendar, rule="S2a")


def propose_next(calendar: Calendar, *, at: datetime, standing: Settings | None = None) -> Proposal:
    """The next promise to propose after a reply that is not a solution: S2a from now."""
    return propose((standing or Settings.at(at))["S2a"], at, calendar, rule="S2a")


def first_limit(
    received_at: datetime, calendar: Calendar, *, at: datetime, standing: Settings | None = None
) -> datetime:
    """The latest first promise: S2 after receipt, or after now where a late entry leaves nothing of it (CASES m)."""
    work, span = calendar.work_calendar(), (standing or Settings.at(at))["S2"]
    limit = due_after(span, received_at, work)
    return limit if limit > at else due_after(span, at, work)


def later_limit(calendar: Calendar, *, at: datetime) -> datetime:
    """The latest next promise: S3 from now; one that would end on a public holiday, the next working day's closing."""
    work = calendar.work_calendar()
    limit = due_after(Settings.at(at)["S3"], at, work)
    on_holiday = work.kind(limit.astimezone(work.timezone).date()) == "holiday"
    return work.add_days(limit, 1) if on_holiday else limit


def check_due(word: Word, *, limit: datetime, at: datetime) -> None:
    """Refuse a promised time that is past or beyond what may be promised.

    Raises ValidationError on the field `due_at`, naming the latest possible time.
    """
    if word.due_at <= at:
        raise ValidationError({"due_at": _("The promised time must lie in the future.")})
    latest = max(limit, at + WISHED) if word.wished else limit
    if word.due_at > latest:
        raise ValidationError(
            {
                "due_at": _("The latest time that may be promised here is %(latest)s.")
                % {"latest": full_time(latest)}
            }
        )
    if not word.will_tell.strip():
        raise ValidationError({"will_tell": _("Say what the customer will be told.")})
