"""An absence as a reader may see it: the reason in full for who may know it, otherwise only what routing says of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from servicedesk.staff.holdings import BLOCKED, why_text
from servicedesk.staff.models import Absence
from servicedesk.staff.organisation import why_absent
from servicedesk.staff.periods import period

if TYPE_CHECKING:
    from servicedesk.staff.models import User

ICONS = {
    Absence.Reason.LEAVE: "beach",
    Absence.Reason.SICK: "first-aid-kit",
    Absence.Reason.TRAVEL: "luggage",
    Absence.Reason.TRAINING: "school",
    Absence.Reason.EARLY: "door-exit",
}
UNSAID = "user-off"  # away, and why is nobody's business


@dataclass(frozen=True)
class Shown:
    """One absence for one reader; `url` leads to its page where they may change it."""

    person: User
    starts_at: datetime
    ends_at: datetime | None
    words: str
    icon: str
    deputy: str = ""
    url: str = ""
    blocked: bool = False

    @property
    def until(self) -> str:
        """From when to when, in the reader's zone."""
        return period(self.starts_at, self.ends_at)

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether it shares a moment with `[start, end)`."""
        return self.starts_at < end and (self.ends_at is None or self.ends_at > start)


def shown(absence: Absence, *, open_to: Collection[int]) -> Shown:
    """The absence as seen by who may enter absences of the people `open_to`; they alone read why."""
    told = absence.person_id in open_to
    words = absence.get_reason_display() if told else capfirst(why_text(why_absent(absence), None))
    public = absence.reason in (Absence.Reason.LEAVE, Absence.Reason.EARLY)
    return Shown(
        person=absence.person,
        starts_at=absence.starts_at,
        ends_at=absence.ends_at,
        words=words,
        icon=ICONS.get(Absence.Reason(absence.reason), UNSAID) if told or public else UNSAID,
        deputy=str(absence.deputy) if absence.deputy else "",
        url=reverse("staff:absence", args=[absence.pk]) if told else "",
    )


def shown_blocked(person: User) -> Shown:
    """A blocked log-in, which counts as an absence without end (CASES y)."""
    since = person.blocked_at or timezone.now()
    return Shown(person, since, None, capfirst(why_text(BLOCKED, None)), "lock", blocked=True)
