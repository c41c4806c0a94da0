"""My desk: everything a person owes, soonest first, with what they stand in for and what they have been told."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from servicedesk.clock.models import Deadline, Ring
from servicedesk.staff.models import Absence

if TYPE_CHECKING:
    from servicedesk.staff.models import User

SHOWN = 100  # rows of one list; the rest is behind "more"


@dataclass
class Desk:
    """What lies on one person's desk at one moment."""

    mine: list[Deadline]
    covered: list[Deadline]
    told: list[Ring]
    more: bool
    version: str


def desk_of(user: User, *, at: datetime, after: tuple[datetime, int] | None = None) -> Desk:
    """Read a desk in a constant number of queries; `after` continues behind the last row of the page before."""
    owed = Deadline.objects.owed_by([user.pk, *covered_by(user, at=at)]).select_related("owner")
    if after:
        moment, pk = after
        owed = owed.filter(due_at__gte=moment).exclude(due_at=moment, pk__lte=pk)
    rows = list(owed[: SHOWN + 1])
    shown = rows[:SHOWN]
    told = list(breaches_told(user)[:SHOWN])
    return Desk(
        mine=[row for row in shown if row.owner_id == user.pk],
        covered=[row for row in shown if row.owner_id != user.pk],
        told=told,
        more=len(rows) > SHOWN,
        version=_version(rows, told, at),
    )


def covered_by(user: User, *, at: datetime) -> set[int]:
    """Whose desks this person minds now: the absent who named them, and the absent who named those."""
    covered: set[int] = set()
    asked = {user.pk}
    while asked:
        away = set(Absence.objects.at(at).filter(deputy__in=asked).values_list("person", flat=True))
        asked = away - covered - {user.pk}
        covered |= asked
    return covered


def breaches_told(user: User):
    """Broken promises of others that this person was told of and that are still live, or wait to be acknowledged."""
    return (
        Ring.objects.filter(person=user, skipped=False, rung__when="after", deadline__settled_at=None)
        .select_related("deadline__owner", "rung")
        .order_by("-rang_at", "-pk")
    )


def _version(rows: list[Deadline], told: list[Ring], at: datetime) -> str:
    """A short name of what is shown; another name means that something changed."""
    facts = [(row.pk, row.owner_id, row.is_overdue(at)) for row in rows]
    facts += [(ring.pk, ring.acknowledged_at is None, False) for ring in told]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
