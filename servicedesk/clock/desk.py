"""My desk: everything a person owes, soonest first, what they were told of, and what they stand in for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
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
COVERED, ASKED, TOLD = "covered", "asked", "told"  # lists that a further page continues, besides what I owe
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
class ToldList:
    """Breaches that a person was told of: those that ask for acknowledgement, then the others, each newest first.

    `total` counts what lies behind the page as well; `after` in the list `goes_on` leads there.
    """

    rows: list[Told] = field(default_factory=list)
    total: int = 0
    after: str = ""
    goes_on: str = ""


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
    told: ToldList
    absences: list[Absence]

    @cached_property
    def version(self) -> str:
        """A short name of what is shown; another name means that something changed, be it by time alone."""
        facts: list[tuple] = [
            (row.deadline.pk, row.deadline.owner_id, row.group)
            for row in (*self.mine.rows, *self.covered.rows)
        ]
        facts += [*sorted(self.mine.total.items()), *sorted(self.covered.total.items())]
        facts += [(told.ring.pk, told.asks.pk if told.asks else 0) for told in self.told.rows]
        facts.append((self.told.total,))
        facts += [(absence.pk, absence.ends_at) for absence in self.absences]
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def desk_of(user: User, *, at: datetime) -> Desk:
    """Read a desk in a constant number of queries, without words about the matters; `with_words` adds these."""
    covered = covered_by(user, at=at)
    return Desk(
        mine=owed_list(Deadline.objects.owed_by([user.pk]), at=at),
        covered=owed_list(Deadline.objects.owed_by(list(covered)), at=at) if covered else List(),
        told=told_list(user),
        absences=list(covered.values()),
    )


def desk_continued(user: User, *, at: datetime, after: Place, part: str) -> Desk:
    """A further page of one list: what I owe, what I stand in for (COVERED), or what I was told of (ASKED, TOLD)."""
    empty = Desk(mine=List(), covered=List(), told=ToldList(), absences=[])
    if part in (ASKED, TOLD):
        return replace(empty, told=told_list(user, after=after, part=part))
    covered = part == COVERED
    people = list(covered_by(user, at=at)) if covered else [user.pk]
    rows = owed_list(Deadline.objects.owed_by(people), at=at, after=after)
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


def told_list(user: User, *, after: Place | None = None, part: str = ASKED) -> ToldList:
    """One page of the breaches that stand and that this person was told of, one row each."""
    told = _told(user)
    found: list[Any] = []
    for name in (ASKED, TOLD) if part == ASKED else (TOLD,):
        rows = told.filter(asks=name == ASKED)
        if after and name == part:
            rows = rows.filter(after.behind("broken_at", descending=True))
        found += rows.select_related("owner").defer(*HEAVY)[: SHOWN + 1 - len(found)]
    shown, more = found[:SHOWN], len(found) > SHOWN
    last = shown[-1] if more else None
    return ToldList(
        rows=_with_rings(shown),
        total=told.count() if more or after else len(shown),
        after=str(Place(last.broken_at, last.pk)) if last else "",
        goes_on=(ASKED if last.asks else TOLD) if last else "",
    )


def _told(user: User) -> DeadlineQuerySet:
    """Live breaches of others: the newest ring that told this person, the newest of those that ask, and whether it waits.

    One acknowledgement answers for the rounds before it.
    """
    rang = Ring.objects.filter(deadline=OuterRef("pk"), person=user, rung__when="after").order_by("-pk")
    asking = rang.filter(rung__acknowledge=True)
    waiting = asking.values(waits=ExpressionWrapper(Q(acknowledged_at=None), BooleanField()))
    broken = Deadline.objects.filter(Exists(rang), settled_at=None, broken_at__isnull=False).exclude(
        owner=user
    )
    return broken.annotate(
        heard=Subquery(rang.values("pk")[:1]),
        asked=Subquery(asking.values("pk")[:1]),
        asks=Coalesce(Subquery(waiting[:1]), False),
    ).order_by("-broken_at", "-pk")


def _with_rings(deadlines: Sequence[Any]) -> list[Told]:
    wanted = [pk for one in deadlines for pk in (one.heard, one.asked) if pk]
    rings = Ring.objects.select_related("rung").in_bulk(wanted) if wanted else {}
    told = []
    for deadline in deadlines:
        ring = rings[deadline.heard]
        ring.deadline = deadline
        told.append(Told(ring=ring, asks=rings[deadline.asked] if deadline.asks else None))
    return told


def with_words(desk: Desk, user: User) -> Desk:
    """The same desk with what each matter is about, for those that the person may see."""
    about = descriptions(_subjects(desk), user)
    reasons = reasons_of([told.ring for told in desk.told.rows])
    return replace(
        desk,
        mine=_described(desk.mine, about),
        covered=_described(desk.covered, about),
        told=replace(
            desk.told,
            rows=[
                replace(told, about=about.get(told.ring.deadline.subject), reason=reasons[told.ring.pk])
                for told in desk.told.rows
            ],
        ),
    )


def _subjects(desk: Desk) -> Iterable[str]:
    yield from (row.deadline.subject for row in (*desk.mine.rows, *desk.covered.rows))
    yield from (told.ring.deadline.subject for told in desk.told.rows)


def _described(owed: List, about: dict[str, Description]) -> List:
    return replace(owed, rows=[replace(row, about=about.get(row.deadline.subject)) for row in owed.rows])
