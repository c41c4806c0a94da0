"""By which calendar each department works, and where it has it from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from servicedesk.calendars.models import Calendar
from servicedesk.calendars.uses import Use
from servicedesk.staff.departments import upwards, whose_calendar
from servicedesk.staff.models import Department


@dataclass(frozen=True)
class InForce:
    """The calendar of a department, and the unit that has it as its own; no unit means the organisation's."""

    calendar: Calendar
    department: Department
    unit: Department | None

    @property
    def inherited(self) -> bool:
        return self.unit != self.department

    @property
    def whence(self) -> str:
        """Where it comes from, in the reader's language."""
        if self.unit is None:
            return _("the organisation's")
        return _("of %(unit)s above") % {"unit": self.unit} if self.inherited else _("its own")


def calendars_in_force() -> dict[int, InForce]:
    """Every department's calendar by its id; two queries, whatever the size of the tree."""
    units = {unit.pk: unit for unit in Department.objects.order_by("name")}
    calendars = Calendar.objects.in_bulk()
    default = next(calendar for calendar in calendars.values() if calendar.is_default)
    found = {}
    for unit in units.values():
        source = whose_calendar(upwards(unit.pk, units))
        calendar = calendars[source.calendar_id] if source and source.calendar_id else default
        found[unit.pk] = InForce(calendar, unit, source)
    return found


def departments_by(calendar: Calendar) -> Iterator[Use]:
    """Who works by this calendar, its owners first."""
    found = [one for one in calendars_in_force().values() if one.calendar == calendar]
    for one in sorted(found, key=lambda one: one.inherited):
        url = reverse("admin:staff_department_change", args=[one.department.pk])
        yield Use(one.department.name, url, one.inherited)
