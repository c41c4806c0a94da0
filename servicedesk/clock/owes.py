"""All that one person owes, for themselves and for whoever leads them: before they go, or are away (CASES f, y)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.db.models.functions import Now

from servicedesk.clock.desk import List, owed_list
from servicedesk.clock.kinds import kind_name
from servicedesk.clock.models import Deadline
from servicedesk.staff.absences import people_of
from servicedesk.staff.covering import covered_by
from servicedesk.staff.models import Department, User

if TYPE_CHECKING:
    from servicedesk.keyset import Place


@dataclass(frozen=True)
class OfKind:
    """How much a person owes of one kind, and how much of it is overdue."""

    kind: str
    name: str
    count: int
    late: int


@dataclass(frozen=True)
class Owes:
    """One page of what a person owes, with the counts of all of it; `hidden` is what the reader may not open."""

    kinds: list[OfKind]
    page: List
    hidden: int

    @property
    def count(self) -> int:
        return sum(one.count for one in self.kinds)


def shown_to(reader: User) -> Any:
    """Of whom somebody reads what they owe: oneself, those led, and all for who closes log-ins or oversees.

    Who stands in for an absent leader is told of a last day instead, and reads it as well.
    """
    if reader.has_perm("staff.change_user") or reader.has_perm("clock.view_all_deadlines"):
        return User.objects.active()
    covered = covered_by(reader, at=Now())
    units = Department.objects.led_by(*covered).values("pk")
    stood_in_for = User.objects.active().filter(Q(pk__in=covered) | Q(department__in=units))
    return people_of(reader) | stood_in_for


def owes(person: User, *, reader: User, kind: str, at: datetime, after: Place | None) -> Owes:
    """What the person owes, soonest first, of one kind or of all; a fixed number of queries."""
    owed = Deadline.objects.owed_by([person.pk])
    counted = (
        owed.order_by().values("kind").annotate(n=Count("pk"), late=Count("pk", filter=Q(due_at__lt=at)))
    )
    kinds = [OfKind(row["kind"], kind_name(row["kind"]), row["n"], row["late"]) for row in counted]
    known = {one.kind for one in kinds}
    chosen = owed.filter(kind=kind) if kind in known else owed
    readable = Deadline.objects.visible_to(reader).values("pk")
    page = owed_list(chosen.filter(pk__in=readable), at=at, after=after)
    of_all = sum(one.count for one in kinds if kind not in known or one.kind == kind)
    return Owes(sorted(kinds, key=lambda one: (-one.count, one.kind)), page, of_all - page.count)
