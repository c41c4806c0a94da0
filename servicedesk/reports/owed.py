"""What is broken and what breaks today: live deadlines of every kind, by who owes them (R1.1f, R5.1c)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, F, Q

from servicedesk.clock.models import Deadline
from servicedesk.reports.reach import Reach
from servicedesk.timewords import next_midnight

Place = tuple[int, int]  # a department and a person in it


def is_broken(at: datetime) -> Q:
    """Of what is still owed: strictly past its due time, whether the sweep has stamped it or not."""
    return Q(due_at__lt=at)


def breaks_today(at: datetime) -> Q:
    """Of what is still owed: not yet due, and due before the reader's calendar day ends."""
    return Q(due_at__gte=at, due_at__lt=next_midnight(at))


def was_broken(then: datetime) -> Q:
    """Broken at an earlier moment and settled or withdrawn since."""
    return Q(settled_at__gt=F("due_at")) & Q(settled_at__gt=then, due_at__lt=then)


@dataclass(frozen=True)
class Owed:
    """How many deadlines are broken and how many break today, by place; and how many were broken at a moment before."""

    broken: Counter[Place] = field(default_factory=Counter)
    today: Counter[Place] = field(default_factory=Counter)
    before: int | None = None


def owed(reach: Reach, *, at: datetime, then: datetime | None = None) -> Owed:
    """Count in one query, and in another one what was broken `then`; the cost follows what is due, not what is open.

    The index `deadline_live` alone answers the first, `deadline_late` the second: no column that they lack is asked for.
    """
    rows = reach.limit(Deadline.objects.live().filter(due_at__lt=next_midnight(at))).order_by()
    counted = rows.values_list("department", "owner").annotate(
        broken=Count("due_at", filter=is_broken(at)),
        today=Count("due_at", filter=breaks_today(at)),
        before=Count("due_at", filter=is_broken(then or at)),
    )
    found = list(counted)
    before = None
    if then is not None:
        settled_since = reach.limit(Deadline.objects.filter(was_broken(then))).count()
        before = sum(row[4] for row in found) + settled_since
    return Owed(
        broken=Counter({(department, person): broken for department, person, broken, *_ in found if broken}),
        today=Counter({(department, person): today for department, person, _, today, _ in found if today}),
        before=before,
    )
