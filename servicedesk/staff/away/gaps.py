"""Where an absence leaves a gap: a deputy who is away too or has gone, a department with nobody left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from servicedesk.calendars.explaining import date_range
from servicedesk.staff.away.charge import asked_for
from servicedesk.staff.away.days import DAY, Stretch
from servicedesk.staff.periods import period
from servicedesk.timewords import midnight

if TYPE_CHECKING:
    from servicedesk.calendars.worktime import WorkCalendar
    from servicedesk.staff.models import Absence, Department
    from servicedesk.staff.organisation import Organisation


@dataclass(frozen=True)
class Gap:
    """One thing to look at, with the moment it begins."""

    begins: datetime
    text: str


def gaps_of(
    absences: Iterable[Absence],
    units: Iterable[Department],
    stretch: Stretch,
    organisation: Organisation,
    *,
    now: datetime,
) -> list[Gap]:
    """Everything in the stretch that leaves a gap from now on, soonest first."""
    start, end = max(stretch.starts_at, now), stretch.ends_at
    if end <= start:
        return []
    coming = [one for one in absences if one.starts_at < end and (one.ends_at is None or one.ends_at > start)]
    found = [gap for one in coming for gap in _of_deputy(one, start, end, organisation)]
    found += [gap for unit in units for gap in _nobody_left(unit, stretch, start, organisation)]
    return sorted(found, key=lambda gap: (gap.begins, gap.text))


def _of_deputy(absence: Absence, start: datetime, end: datetime, organisation: Organisation) -> Iterator[Gap]:
    deputy = organisation.people.get(absence.deputy_id) if absence.deputy_id else None
    if deputy is None or not organisation.people[absence.person_id].is_active:
        return
    names = {"name": organisation.people[absence.person_id].name, "deputy": deputy.name}
    begins = max(absence.starts_at, start)
    if not deputy.is_active or deputy.blocked_at is not None:
        facts = {**names, "days": period(absence.starts_at, absence.ends_at)}
        text = _("%(deputy)s, named deputy of %(name)s (%(days)s), cannot stand in. Name somebody else.")
        yield Gap(begins, text % facts)
        return
    for other in organisation.absences_of(deputy.id):
        both = _shared(absence, other, start, end)
        if both is None:
            continue
        begins, days = both
        asked = asked_for(absence.person_id, begins, organisation).person_id
        facts = {**names, "days": days, "asked": organisation.people[asked].name if asked else _("nobody")}
        text = _("%(name)s and the deputy %(deputy)s are both away: %(days)s. %(asked)s is asked then.")
        yield Gap(begins, text % facts)


def _shared(one: Absence, other: Absence, start: datetime, end: datetime) -> tuple[datetime, str] | None:
    """When two absences begin to overlap, from `start` on and before `end`, and their common time in words."""
    both = max(one.starts_at, other.starts_at)
    ends = min((each.ends_at for each in (one, other) if each.ends_at), default=None)
    begins = max(both, start)
    if begins >= end or (ends is not None and ends <= begins):
        return None
    return begins, period(both, ends)


def _nobody_left(
    unit: Department, stretch: Stretch, start: datetime, organisation: Organisation
) -> Iterator[Gap]:
    """Working days on which at some moment nobody of the department is there, days in a row as one."""
    people = [
        one.id for one in organisation.people.values() if one.department_id == unit.pk and one.is_active
    ]
    if not people or any(
        not organisation.absences_of(one) and organisation.people[one].blocked_at is None for one in people
    ):
        return  # somebody is never away
    work = organisation.calendar_of(unit.pk).work_calendar()
    days = [day for day in stretch.days if work.is_working_day(day) and midnight(day + DAY) > start]
    empty = [
        (number, day) for number, day in enumerate(days) if _is_empty(people, day, start, work, organisation)
    ]
    for _run, found in groupby(enumerate(empty), key=lambda one: one[1][0] - one[0]):
        run = [day for _place, (_number, day) in found]
        text = _("Nobody of %(unit)s is here: %(days)s.")
        yield Gap(midnight(run[0]), text % {"unit": unit.name, "days": date_range(run[0], run[-1])})


def _is_empty(
    people: list[int], day: date, start: datetime, work: WorkCalendar, organisation: Organisation
) -> bool:
    """Whether all are away at one moment: that moment is the day's opening, or the last of them leaving."""
    begins, ends = midnight(day), midnight(day + DAY)
    opens = work.next_open(max(begins, start))
    if opens >= ends:
        return False
    leaving = [
        each.starts_at
        for one in people
        for each in organisation.absences_of(one)
        if opens < each.starts_at < ends
    ]
    moments = [opens, *(moment for moment in leaving if work.is_open(moment))]
    return any(all(organisation.on(moment).away(one) is not None for one in people) for moment in moments)
