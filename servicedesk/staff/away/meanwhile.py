"""What an absence means before it is entered: who is asked instead, what falls due meanwhile, and what nobody minds.

Nothing changes hands for mere absence (CASES y); what does when somebody goes is in `passing_on`. The apps above register
what they know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from servicedesk.staff.away.charge import asked_for
from servicedesk.staff.away.days import DAY
from servicedesk.staff.directory import Directory
from servicedesk.staff.holdings import LAST_RESORT, Holding, reason_text
from servicedesk.staff.organisation import Organisation
from servicedesk.staff.periods import MICROSECOND, period
from servicedesk.staff.positions import Position
from servicedesk.timewords import midnight

if TYPE_CHECKING:
    from servicedesk.staff.models import Absence, User

FORESEEN = timedelta(weeks=13)  # of an absence without an end
FURTHEST = timedelta(weeks=53)  # of one that ends later still; each day is worked out


@dataclass(frozen=True)
class Asked:
    """Who is asked for a stretch of time, or for a position; an empty name is nobody."""

    what: str
    name: str
    reason: str


@dataclass(frozen=True)
class Falls:
    """One kind of thing that the person has meanwhile: how many, and who is asked about how many of them."""

    what: str
    count: int
    asked: Mapping[str, int] = field(default_factory=dict)
    nobody: int = 0
    note: str = ""


@dataclass(frozen=True)
class Foreseen:
    asked: list[Asked]
    positions: list[Asked]
    falls: list[Falls]
    cut: date | None  # the last day foreseen of an absence that lasts longer, or has no end

    @property
    def nobody(self) -> bool:
        """Whether something reaches nobody."""
        return any(not one.name for one in (*self.asked, *self.positions)) or any(
            one.nobody for one in self.falls
        )


class Meanwhile:
    """The time of one absence, entered or not, asked day by day for who stands in."""

    def __init__(self, absence: Absence, *, at: datetime) -> None:
        self.person: User = absence.person
        self.start = max(absence.starts_at, at)
        furthest = self.start + (FURTHEST if absence.ends_at else FORESEEN)
        self.end = min(absence.ends_at or furthest, furthest)
        self.lasts_longer = self.end != absence.ends_at
        self.organisation = Organisation.at(at).with_absence(absence)

    @cached_property
    def names(self) -> dict[int, str]:
        return {pk: one.name for pk, one in self.organisation.people.items()}

    @cached_property
    def by_day(self) -> dict[date, Holding]:
        """Who is asked on each day for what is addressed to the person: at noon, or as the absence begins or ends."""
        found, day = {}, timezone.localdate(self.start)
        while midnight(day) < self.end:
            moment = max(min(midnight(day) + DAY / 2, self.end - MICROSECOND), self.start)
            found[day] = asked_for(self.person.pk, moment, self.organisation)
            day += DAY
        return found

    def name(self, holding: Holding) -> str:
        """Who it is; empty where only a last resort was found, the person included."""
        if holding.person_id in (None, self.person.pk) or holding.reason == LAST_RESORT:
            return ""
        return self.names[holding.person_id]

    def on(self, day: date) -> str:
        """Who is asked on that day; empty for nobody."""
        return self.name(self.by_day[day]) if day in self.by_day else ""


FallsDue = Callable[[Meanwhile], list[Falls]]
_known: list[FallsDue] = []


def on_absence(falls: FallsDue) -> None:
    """Let what one app knows be foreseen; the same twice is registered once."""
    if falls not in _known:
        _known.append(falls)


def foresee(absence: Absence, *, at: datetime) -> Foreseen:
    """What this absence, entered or not, means from `at` on; changes nothing, in a fixed number of queries."""
    meanwhile = Meanwhile(absence, at=at)
    return Foreseen(
        asked=list(_asked(meanwhile)),
        positions=list(_positions(meanwhile)),
        falls=[one for falls in _known for one in falls(meanwhile)],
        cut=timezone.localdate(meanwhile.end - MICROSECOND) if meanwhile.lasts_longer else None,
    )


def _asked(meanwhile: Meanwhile) -> Iterator[Asked]:
    """Days in a row on which the same person is asked."""
    days = meanwhile.by_day.items()
    for (_person, reason), run in groupby(
        days, key=lambda one: (one[1].person_id, reason_text(one[1], meanwhile.names))
    ):
        same = list(run)
        ends = min(midnight(same[-1][0] + DAY), meanwhile.end)
        name = meanwhile.name(same[0][1])
        yield Asked(period(max(midnight(same[0][0]), meanwhile.start), ends), name, reason if name else "")


def _positions(meanwhile: Meanwhile) -> Iterator[Asked]:
    """Who answers for each position of the person as the absence begins, and for whom they stand in themselves."""
    organisation, pk = meanwhile.organisation, meanwhile.person.pk
    directory = Directory(organisation.on(meanwhile.start))
    for unit in organisation.departments.values():
        if unit.manager_id == pk:
            holding = directory.holder(Position.DEPARTMENT_MANAGER, department_id=unit.pk)
            yield _held(_("manager of %(unit)s") % {"unit": unit}, holding, meanwhile)
        if unit.executive_id == pk:
            holding = directory.holder(Position.EXECUTIVE, department_id=unit.pk)
            yield _held(_("executive in charge of %(unit)s") % {"unit": unit}, holding, meanwhile)
    for post in organisation.posts.values():
        if post.holder_id == pk:
            yield _held(str(post), directory.holder(post.code), meanwhile)
    for other in organisation.deputised_by(pk):
        begins = max(other.starts_at, meanwhile.start)
        if begins < meanwhile.end and (other.ends_at is None or other.ends_at > begins):
            holding = asked_for(other.person_id, begins, organisation)
            yield _held(
                _("deputy for %(name)s") % {"name": meanwhile.names[other.person_id]}, holding, meanwhile
            )


def _held(what: str, holding: Holding, meanwhile: Meanwhile) -> Asked:
    name = meanwhile.name(holding)
    return Asked(capfirst(what), name, reason_text(holding, meanwhile.names) if name else "")
