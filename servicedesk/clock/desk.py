"""My desk: everything a person owes, soonest first, what they were told of, and what they stand in for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils.functional import cached_property

from servicedesk.clock.course import reasons_of
from servicedesk.clock.describing import Description, descriptions
from servicedesk.clock.models import Deadline, Ring
from servicedesk.keyset import Place
from servicedesk.staff.covering import covered_by
from servicedesk.timewords import next_midnight

if TYPE_CHECKING:
    from servicedesk.clock.models import DeadlineQuerySet
    from servicedesk.staff.models import Absence, User

SHOWN = 100  # rows of one list; the rest is on further pages
OVERDUE, TODAY, LATER = GROUPS = ("overdue", "today", "later")
HEAVY = ("schedule", "derivation")  # columns that no list shows


@dataclass(frozen=True)
class Owed:
    """One thing owed, as a row: in which group it falls at the moment of reading, and what its matter is about."""

    deadline: Deadline
    group: str
    about: Description | None = None


@dataclass(frozen=True)
class Told:
    """A breach of somebody else that this person was told of: the last ring, and the first they have not acknowledged."""

    ring: Ring
    asks: Ring | None
    about: Description | None = None
    reason: str = ""


@dataclass(frozen=True)
class List:
    """Things owed, soonest first; `total` counts by group what lies behind the page as well, `after` leads there."""

    rows: list[Owed] = field(default_factory=list)
    total: dict[str, int] = field(default_factory=dict)
    after: str = ""

    @property
    def groups(self) -> list[tuple[str, int, list[Owed]]]:
        """Name, number of all, and rows of each group on this page."""
        parts = [(name, [row for row in self.rows if row.group == name]) for name in GROUPS]
        return [(name, self.total.get(name, len(rows)), rows) for name, rows in parts if rows]

    @property
    def count(self) -> int:
        return sum(self.total.values())


@dataclass(frozen=True)
class Desk:
    """What lies on one person's desk at one moment; a continued page holds one list and nothing else."""

    mine: List
    covered: List
    told: list[Told]
    absences: list[Absence]
    more_told: bool = False

    @cached_property
    def version(self) -> str:
        """A short name of what is shown; another name means that something changed, be it by time alone."""
        facts: list[tuple] = [
            (row.deadline.pk, row.deadline.owner_id, row.group)
            for row in (*self.mine.rows, *self.covered.rows)
        ]
        facts += [*sorted(self.mine.total.items()), *sorted(self.covered.total.items())]
        facts += [(told.ring.pk, told.asks.pk if told.asks else 0) for told in self.told]
        facts += [(absence.pk, absence.ends_at) for absence in self.absences]
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def desk_of(user: User, *, at: datetime) -> Desk:
    """Read a desk in a constant number of queries, without words about the matters; `with_words` adds these."""
    covered = covered_by(user, at=at)
    told = _told(user)
    return Desk(
        mine=owed_list(Deadline.objects.owed_by([user.pk]), at=at),
        covered=owed_list(Deadline.objects.owed_by(list(covered)), at=at) if covered else List(),
        told=told[:SHOWN],
        absences=list(covered.values()),
        more_told=len(told) > SHOWN,
    )


def desk_continued(user: User, *, at: datetime, after: Place, covered: bool) -> Desk:
    """A further page of one list: what I owe, or what I stand in for."""
    people = list(covered_by(user, at=at)) if covered else [user.pk]
    rows = owed_list(Deadline.objects.owed_by(people), at=at, after=after)
    empty = Desk(mine=List(), covered=List(), told=[], absences=[])
    return replace(empty, covered=rows) if covered else replace(empty, mine=rows)


def owed_list(owed: DeadlineQuerySet, *, at: datetime, after: Place | None = None) -> List:
    """One page of what is owed, soonest first. Counts in the database only where the page is cut."""
    tomorrow = next_midnight(at)
    waiting = owed.filter(after.behind("due_at")) if after else owed
    rows = list(waiting.select_related("owner").defer(*HEAVY)[: SHOWN + 1])
    shown = [Owed(row, _group(row.due_at, at, tomorrow)) for row in rows[:SHOWN]]
    if len(rows) <= SHOWN and not after:
        total = {name: sum(row.group == name for row in shown) for name in GROUPS}
    else:
        total = _counted(owed, at, tomorrow)
    last = shown[-1].deadline if len(rows) > SHOWN else None
    return List(shown, total, str(Place(last.due_at, last.pk)) if last else "")


def _group(due_at: datetime, at: datetime, tomorrow: datetime) -> str:
    if at > due_at:
        return OVERDUE
    return TODAY if due_at < tomorrow else LATER


def _counted(owed: DeadlineQuerySet, at: datetime, tomorrow: datetime) -> dict[str, int]:
    return owed.order_by().aggregate(
        overdue=Count("pk", filter=Q(due_at__lt=at)),
        today=Count("pk", filter=Q(due_at__gte=at, due_at__lt=tomorrow)),
        later=Count("pk", filter=Q(due_at__gte=tomorrow)),
    )


def _told(user: User) -> list[Told]:
    """Breaches that stand and that this person was told of, one row each: what asks for acknowledgement, then the newest."""
    rings = (
        Ring.objects.filter(
            person=user, rung__when="after", deadline__settled_at=None, deadline__broken_at__isnull=False
        )
        .exclude(deadline__owner=user)
        .select_related("deadline__owner", "rung")
        .defer(*(f"deadline__{column}" for column in HEAVY))
        .order_by("-deadline__broken_at", "-pk")[: 4 * SHOWN]
    )
    by_deadline: dict[int, list[Ring]] = {}
    for ring in rings:
        by_deadline.setdefault(ring.deadline_id, []).append(ring)
    told = [Told(ring=heard[0], asks=_asking(heard)) for heard in by_deadline.values()]
    return sorted(told, key=lambda one: one.asks is None)


def _asking(rings: Sequence[Ring]) -> Ring | None:
    """The newest of these rings that waits to be acknowledged; one acknowledgement answers for the rounds before it."""
    asking = [ring for ring in rings if ring.rung.acknowledge]
    return asking[0] if asking and asking[0].acknowledged_at is None else None


def with_words(desk: Desk, user: User) -> Desk:
    """The same desk with what each matter is about, for those that the person may see."""
    about = descriptions(_subjects(desk), user)
    reasons = reasons_of([told.ring for told in desk.told])
    return replace(
        desk,
        mine=_described(desk.mine, about),
        covered=_described(desk.covered, about),
        told=[
            replace(told, about=about.get(told.ring.deadline.subject), reason=reasons[told.ring.pk])
            for told in desk.told
        ],
    )


def _subjects(desk: Desk) -> Iterable[str]:
    yield from (row.deadline.subject for row in (*desk.mine.rows, *desk.covered.rows))
    yield from (told.ring.deadline.subject for told in desk.told)


def _described(owed: List, about: dict[str, Description]) -> List:
    return replace(owed, rows=[replace(row, about=about.get(row.deadline.subject)) for row in owed.rows])
