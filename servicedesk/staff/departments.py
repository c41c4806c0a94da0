"""The tree of departments."""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL

if TYPE_CHECKING:
    from servicedesk.staff.models import Department

# Both walk by UNION, which ends even on a loop that somebody forced into the table.
_DOWN = """
WITH RECURSIVE tree(id) AS (
    SELECT id FROM staff_department WHERE id IN ({ids})
    UNION SELECT d.id FROM staff_department d JOIN tree ON d.parent_id = tree.id
) SELECT id FROM tree
"""
_UP = """
WITH RECURSIVE tree(id, parent_id) AS (
    SELECT id, parent_id FROM staff_department WHERE id IN ({ids})
    UNION SELECT d.id, d.parent_id FROM staff_department d JOIN tree ON d.id = tree.parent_id
) SELECT id FROM tree
"""


class DepartmentQuerySet(models.QuerySet):
    """Departments, and walks up and down their tree."""

    def subtree(self, ids: Iterable[int]) -> Self:
        """These departments and everything below them."""
        return self._walk(_DOWN, ids)

    def ancestry(self, ids: Iterable[int]) -> Self:
        """These departments and everything above them."""
        return self._walk(_UP, ids)

    def led_by(self, *people) -> Self:
        """Departments that one of these people manages, is in charge of or stands in for, with all below them."""
        fields = ("manager", "deputy_manager", "executive", "deputy_executive")
        posts = reduce(or_, [Q(**{f"{field}__in": people}) for field in fields])
        return self.subtree(self.model._default_manager.filter(posts).values_list("pk", flat=True))

    def with_absences_shown_to(self, user) -> Self:
        """Departments whose calendar of absences a person sees: the own one, those led, or all (DESIGN 7)."""
        if user.has_perm("staff.view_all_absences") or user.has_perm("staff.change_absence"):
            return self.all()
        led = type(self)(self.model).led_by(user).values("pk")
        return self.filter(Q(pk__in=led) | Q(pk=user.department_id))

    def _walk(self, sql: str, ids: Iterable[int]) -> Self:
        known = list(ids)
        if not known:
            return self.none()
        marks = ", ".join(["%s"] * len(known))
        return self.filter(pk__in=RawSQL(sql.format(ids=marks), known))  # noqa: S611  marks only


def upwards(department_id: int | None, units: Mapping[int, "Department"]) -> Iterator["Department"]:
    """The department and those above it among these by id, nearest first; ends even on a loop."""
    seen: set[int] = set()
    while department_id is not None and department_id in units and department_id not in seen:
        seen.add(department_id)
        department = units[department_id]
        yield department
        department_id = department.parent_id


def whose_calendar(upwards: Iterable["Department"]) -> "Department | None":
    """The unit whose work calendar counts for the first of these: the nearest upwards that has one of its own.

    None means the organisation's. The one place that says how calendars are inherited.
    """
    return next((unit for unit in upwards if unit.calendar_id), None)
