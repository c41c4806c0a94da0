"""Who is in charge of a department on the days its manager is away, and who is asked for somebody who is away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from servicedesk.staff.away.days import DAY
from servicedesk.staff.directory import Directory
from servicedesk.staff.holdings import Holding, reason_text
from servicedesk.staff.positions import Position
from servicedesk.timewords import midnight

if TYPE_CHECKING:
    from servicedesk.staff.models import Department
    from servicedesk.staff.organisation import Organisation


@dataclass(frozen=True)
class Charge:
    """Who answers for a department instead of its manager, and why; `since` only where it begins within the day."""

    holding: Holding
    name: str
    reason: str
    since: str = ""

    @property
    def text(self) -> str:
        """Why this person, and from which hour on where it begins within the day."""
        if not self.since:
            return self.reason
        return _("%(reason)s, from %(time)s") % {"reason": self.reason, "time": self.since}


@dataclass(frozen=True)
class Run:
    """Days in a row on which it is the same person, or the manager (None)."""

    first: date
    count: int
    charge: Charge | None

    @property
    def last(self) -> date:
        return self.first + DAY * (self.count - 1)


def runs_of(
    unit: Department, days: list[date], organisation: Organisation, names: Mapping[int, str], *, today: date
) -> list[Run]:
    """Who stands in for the unit's manager, day by day, from today on; what is past is not told again."""
    told = [(day, _charge(unit, day, organisation, names) if day >= today else None) for day in days]
    runs = []
    for _same, found in groupby(told, key=lambda one: one[1]):
        same = list(found)
        runs.append(Run(same[0][0], len(same), same[0][1]))
    return runs


def asked_for(person_id: int, moment: datetime, organisation: Organisation) -> Holding:
    """Who is asked at that moment for what is addressed to this person; the person, if there."""
    return Directory(organisation.on(moment)).holder(Position.OWNER, owner_id=person_id)


def _charge(
    unit: Department, day: date, organisation: Organisation, names: Mapping[int, str]
) -> Charge | None:
    for moment in _moments(unit.manager_id, day, organisation):
        there = organisation.on(moment)
        if unit.manager_id is not None and there.away(unit.manager_id) is None:
            continue
        holding = Directory(there).holder(Position.DEPARTMENT_MANAGER, department_id=unit.pk)
        name = names[holding.person_id] if holding.person_id else _("nobody")
        begins = date_format(timezone.localtime(moment), "TIME_FORMAT") if moment > midnight(day) else ""
        return Charge(holding, name, reason_text(holding, names), begins)
    return None


def _moments(manager_id: int | None, day: date, organisation: Organisation) -> list[datetime]:
    """The moments of that day at which a manager may begin to be away."""
    start, end = midnight(day), midnight(day + DAY)
    absences = organisation.absences_of(manager_id) if manager_id else []
    return [start, *sorted(each.starts_at for each in absences if start < each.starts_at < end)]
