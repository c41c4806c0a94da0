"""How far ahead a reply may be promised, and which time is proposed (S2, S2a, S3; R3.3.1a)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from servicedesk.clock.due import WISH, Proposal, derive, due_after, propose
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
    wish: str = ""  # in their words, where no other exchange holds them


def propose_first(
    received_at: datetime, calendar: Calendar, *, at: datetime, standing: Settings | None = None
) -> Proposal:
    """The first promise to propose: S2a after receipt, or after now where that has passed; never beyond S2."""
    standing = standing or Settings.at(at)
    proposal = propose(standing["S2a"], received_at, calendar, rule="S2a")
    if proposal.due_at <= at:
        proposal = propose(standing["S2a"], at, calendar, rule="S2a")
    if proposal.due_at <= first_limit(received_at, calendar, at=at, standing=standing):
        return proposal
    start = counted_from(received_at, calendar, at=at, standing=standing)
    return propose(standing["S2"], start, calendar, rule="S2")


def propose_next(calendar: Calendar, *, at: datetime, standing: Settings | None = None) -> Proposal:
    """The next promise to propose after a reply that is not a solution: S2a from now."""
    return propose((standing or Settings.at(at))["S2a"], at, calendar, rule="S2a")


def counted_from(
    received_at: datetime, calendar: Calendar, *, at: datetime, standing: Settings | None = None
) -> datetime:
    """From when S2 counts: the receipt, or the recording of a late entry of which nothing is left of it (CASES m)."""
    over = due_after((standing or Settings.at(at))["S2"], received_at, calendar.work_calendar()) <= at
    return at if over else received_at


def first_limit(
    received_at: datetime, calendar: Calendar, *, at: datetime, standing: Settings | None = None
) -> datetime:
    """The latest first promise: S2 from the moment that counts."""
    standing = standing or Settings.at(at)
    start = counted_from(received_at, calendar, at=at, standing=standing)
    return due_after(standing["S2"], start, calendar.work_calendar())


def derive_first(
    word: Word, received_at: datetime, calendar: Calendar, *, at: datetime, standing: Settings
) -> dict:
    """How the time of a first promise came about: within S2, and from when where not from the receipt, or at a wish."""
    if word.wished:
        return derive(WISH, None, at, word.due_at, calendar)
    derivation = derive("S2", None, at, word.due_at, calendar)
    if counted_from(received_at, calendar, at=at, standing=standing) != received_at:
        derivation["over_from"] = received_at.isoformat()
    return derivation


def wish_problem(word: Word) -> str:
    """What a first promise at the customer's own wish still lacks (CASES d): there is no exchange yet that holds it."""
    if word.wished and not word.wish.strip():
        return _("Write down in the customer's words that they want to hear from us later.")
    return ""


def later_limit(calendar: Calendar, *, at: datetime, standing: Settings | None = None) -> datetime:
    """The latest next promise: S3 from now; one that would end on a public holiday, the next working day's closing."""
    work = calendar.work_calendar()
    limit = due_after((standing or Settings.at(at))["S3"], at, work)
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
