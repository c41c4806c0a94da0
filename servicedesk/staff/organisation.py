"""The whole organisation at one moment, read by a fixed number of queries and asked in memory."""

from collections import defaultdict
from collections.abc import Iterator
from copy import copy
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from django.db.models import Q

from servicedesk.calendars.models import Calendar
from servicedesk.staff.departments import upwards, whose_calendar
from servicedesk.staff.holdings import AWAY, BLOCKED, LEFT, ON_LEAVE, SIGNED_OUT
from servicedesk.staff.models import Absence, Department, Post, User
from servicedesk.staff.roles import Role

LOOK_BACK = timedelta(days=60)  # absences that ended earlier no longer matter to any notice

_WHY_ABSENT: dict[str, str] = {Absence.Reason.LEAVE: ON_LEAVE, Absence.Reason.EARLY: SIGNED_OUT}


def why_absent(absence: Absence) -> str:
    """What anybody may know of the reason, as a code of `holdings.py`."""
    return _WHY_ABSENT.get(absence.reason, AWAY)


class Person(NamedTuple):
    """What routing needs to know of an employee, those who have left included."""

    id: int
    name: str
    department_id: int | None
    is_active: bool
    blocked_at: datetime | None
    left_at: datetime | None


class Away(NamedTuple):
    """Why somebody cannot be reached: a code of `holdings.py`, and until when (None: open)."""

    why: str
    until: datetime | None = None


class Organisation:
    """People, departments, posts, absences and calendars as they stand at `moment`."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment
        fields = ("pk", "display_name", "department_id", "is_active", "blocked_at", "left_at")
        self.people = {row[0]: Person(*row) for row in User.objects.order_by("pk").values_list(*fields)}
        self.departments = {department.pk: department for department in Department.objects.order_by("pk")}
        self.posts = {post.code: post for post in Post.objects.all()}
        self.calendars = Calendar.objects.in_bulk()
        self._absences = _absences_from(moment - LOOK_BACK)
        self._in_role = _people_in_roles()

    @classmethod
    def at(cls, moment: datetime) -> Self:
        """Load it; six queries, whatever the size."""
        return cls(moment)

    def on(self, moment: datetime) -> Self:
        """The same people, positions and absences asked at another moment; nothing is read again."""
        other = copy(self)
        other.moment = moment
        return other

    def with_absence(self, absence: Absence) -> Self:
        """The same with one absence as it would be, entered or not yet."""
        other = copy(self)
        kept = [one for one in self.absences_of(absence.person_id) if one.pk != absence.pk or one.pk is None]
        other._absences = {**self._absences, absence.person_id: [*kept, absence]}
        return other

    # The tree

    def upwards(self, department_id: int | None) -> Iterator[Department]:
        """The department and those above it, nearest first; ends even on a loop."""
        return upwards(department_id, self.departments)

    def department_of(self, user_id: int | None) -> int | None:
        """Where that person works, or worked last."""
        person = self.people.get(user_id)
        return person.department_id if person else None

    def calendar_of(self, department_id: int | None) -> Calendar:
        """The work calendar of a department: its own, the one above's, else the organisation's."""
        unit = whose_calendar(self.upwards(department_id))
        if unit and unit.calendar_id:
            return self.calendars[unit.calendar_id]
        return next(calendar for calendar in self.calendars.values() if calendar.is_default)

    # The people

    def in_role(self, *roles: str) -> list[int]:
        """Active people to whom a group gives one of these roles, in the order of the roles."""
        return [user_id for role in roles for user_id in self._in_role.get(role, ())]

    def somebody_in(self, department_id: int | None) -> int | None:
        """Somebody present who works in that department, if possible without a position anywhere; for examples."""
        leads = {pk for post in self.posts.values() for pk in (post.holder_id, post.stand_in_id)}
        for unit in self.departments.values():
            leads |= {unit.manager_id, unit.deputy_manager_id, unit.executive_id, unit.deputy_executive_id}
        works_there = [
            one.id
            for one in self.people.values()
            if one.is_active and department_id is not None and one.department_id == department_id
        ]
        return min(works_there, key=lambda pk: (self.away(pk) is not None, pk in leads, pk), default=None)

    def absences_of(self, user_id: int) -> list[Absence]:
        """The absences of a person that are not long over, by their start."""
        return self._absences.get(user_id, [])

    def deputised_by(self, user_id: int) -> list[Absence]:
        """The absences, long over ones left out, that name this person as deputy."""
        every = (one for absences in self._absences.values() for one in absences)
        return [one for one in every if one.deputy_id == user_id]

    def absences_covering(self, user_id: int, moment: datetime) -> list[Absence]:
        """Those under way at that moment, the one that lasts longest first."""
        covering = [
            absence
            for absence in self.absences_of(user_id)
            if absence.starts_at <= moment and (absence.ends_at is None or moment < absence.ends_at)
        ]
        return sorted(
            covering, key=lambda one: (one.ends_at is not None, -(one.ends_at or moment).timestamp())
        )

    def absent(self, user_id: int) -> Absence | None:
        """The absence under way, or None if the person counts as present (CASES y).

        Who has left or whose log-in is blocked is absent without end; that absence is not stored.
        """
        person = self.people.get(user_id)
        if person is None or not person.is_active:
            return _without_end(user_id, (person and person.left_at) or self.moment)
        if person.blocked_at is not None:
            return _without_end(user_id, person.blocked_at)
        return next(iter(self.absences_covering(user_id, self.moment)), None)

    def away(self, user_id: int) -> Away | None:
        """Why that person cannot be reached now, or None."""
        person = self.people.get(user_id)
        if person is None or not person.is_active:
            return Away(LEFT)
        if person.blocked_at is not None:
            return Away(BLOCKED)
        for absence in self.absences_covering(user_id, self.moment):
            return Away(why_absent(absence), absence.ends_at)
        return None

    def named_deputies(self, user_id: int) -> list[int]:
        """The deputies that a person's present absences name, whether they are there or not."""
        covering = self.absences_covering(user_id, self.moment)
        return [absence.deputy_id for absence in covering if absence.deputy_id]


def _without_end(user_id: int, since: datetime) -> Absence:
    return Absence(person_id=user_id, starts_at=since, reason=Absence.Reason.OTHER)


def _absences_from(moment: datetime) -> dict[int, list[Absence]]:
    found = defaultdict(list)
    for absence in Absence.objects.not_over(moment).order_by("starts_at", "pk"):
        found[absence.person_id].append(absence)
    return found


def _people_in_roles() -> dict[str, list[int]]:
    wanted = [Role.SUPERVISION.value, Role.ADMINISTRATOR.value]
    rows = (
        User.objects.active()
        .filter(Q(groups__name__in=wanted) | Q(is_superuser=True))
        .order_by("pk")
        .values_list("pk", "is_superuser", "groups__name")
    )
    found: dict[str, list[int]] = defaultdict(list)
    for pk, is_superuser, role in rows:
        for code in {role, Role.ADMINISTRATOR.value if is_superuser else role}:
            if code in wanted and pk not in found[code]:
                found[code].append(pk)
    return found
