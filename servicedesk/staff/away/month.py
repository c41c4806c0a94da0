"""The calendar of absences of some departments, put together for one reader in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from django.db.models import Q

from servicedesk.calendars.worktime import OPEN
from servicedesk.calendars.year import LABELS
from servicedesk.staff.absences import people_of
from servicedesk.staff.away.charge import runs_of
from servicedesk.staff.away.days import MONTH, Day, Head, Stretch, days_of, heads_of
from servicedesk.staff.away.gaps import Gap, gaps_of
from servicedesk.staff.away.rows import Away, Group, by_day, row_of
from servicedesk.staff.away.shown import Shown, shown, shown_blocked
from servicedesk.staff.models import Absence, User
from servicedesk.staff.organisation import Organisation

if TYPE_CHECKING:
    from servicedesk.staff.models import Department


@dataclass(frozen=True)
class Month:
    """What the page shows: columns, groups of rows, the same by day, and where nobody is left."""

    days: list[Day]
    heads: list[Head]
    groups: list[Group]
    by_day: list[Away]
    gaps: list[Gap]
    legend: list[tuple[str, str]]
    kinds: list[tuple[str, str]]


def month_of(
    people: Sequence[User],
    units: Sequence[Department],
    stretch: Stretch,
    *,
    reader: User,
    now: datetime,
    today: date,
) -> Month:
    """The calendar of these people, a page of those of the departments `units`, as the reader may see it.

    Gaps are told of all these departments, whoever is on the page.
    """
    organisation = Organisation.at(min(stretch.starts_at, now))
    open_to = frozenset(
        people_of(reader).filter(pk__in=[one.pk for one in people]).values_list("pk", flat=True)
    )
    absences = list(_absences(people, units, stretch, reader))
    seen: dict[int, list[Shown]] = defaultdict(list)
    for absence in absences:
        seen[absence.person_id].append(shown(absence, open_to=open_to))
    for person in people:
        if person.blocked_at is not None and person.blocked_at < stretch.ends_at:
            seen[person.pk].append(shown_blocked(person))
    names = {pk: one.name for pk, one in organisation.people.items()}
    from_day = (
        today if stretch.kind == MONTH else None
    )  # of thousands of days in a strip, names lead to the form
    groups = []
    for unit_id, members in groupby(people, key=lambda person: person.department_id):
        unit = organisation.departments.get(unit_id)
        days = days_of(stretch, organisation.calendar_of(unit_id).edition(), today=today)
        rows = [
            row_of(one, seen[one.pk], days, may_enter=one.pk in open_to, from_day=from_day) for one in members
        ]
        charges = runs_of(unit, stretch.days, organisation, names, today=today) if unit else []
        groups.append(Group(unit, rows, charges))
    main = units[0].pk if units else None
    days = days_of(stretch, organisation.calendar_of(main).edition(), today=today)
    return Month(
        days,
        heads_of(stretch),
        groups,
        list(by_day(groups, days)),
        gaps_of(absences, units, stretch, organisation, now=now),
        sorted({(one.icon, one.words) for some in seen.values() for one in some}),
        [(kind, str(words)) for kind, words in LABELS.items() if kind in {day.kind for day in days} - {OPEN}],
    )


def _absences(people: Sequence[User], units: Sequence[Department], stretch: Stretch, reader: User):
    found = Absence.objects.shown_to(reader).overlapping(stretch.starts_at, stretch.ends_at)
    found = found.filter(Q(person__in=people) | Q(person__department__in=units))
    return found.select_related("person", "deputy").order_by("starts_at", "pk")
