"""The calendar of absences: a month or thirteen weeks of the departments that somebody sees it of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from servicedesk.staff.away.days import MONTH, WEEKS, Stretch, day_in
from servicedesk.staff.away.month import month_of
from servicedesk.staff.models import Department, User
from servicedesk.staff.requests import StaffRequest

PER_PAGE = 50  # people
SPANS = {MONTH: _("Month"), WEEKS: _("13 weeks")}


@dataclass(frozen=True)
class Unit:
    """A department to choose, with its place in the tree."""

    department: Department
    depth: int

    @property
    def label(self) -> str:
        """The name behind its place in the tree, as a plain list of choices can show it."""
        return "\u2003" * self.depth + self.department.name


@login_required
@require_safe
def calendar(request: StaffRequest) -> HttpResponse:
    """Who is away when, who answers meanwhile, and where nobody is left."""
    now = timezone.now()
    today = timezone.localdate(now)
    span = request.GET.get("span", MONTH)
    stretch = Stretch.around(day_in(request.GET.get("day", "")) or today, span if span in SPANS else MONTH)
    choices = _choices(Department.objects.with_absences_shown_to(request.user))
    unit = _chosen(request, choices)
    below = _below(unit, choices)
    page = Paginator(_people(request.user, below), PER_PAGE).get_page(request.GET.get("page"))
    month = month_of(list(page), below, stretch, reader=request.user, now=now, today=today)
    context = {
        "stretch": stretch,
        "spans": SPANS.items(),
        "choices": choices,
        "unit": unit,
        "page": page,
        "month": month,
        "today": today,
        "columns": len(month.days) + 1,
    }
    return render(request, "staff/calendar.html", context)


def _choices(departments) -> list[Unit]:
    """These departments in the order of the tree, those whose parent is not among them at the top."""
    found = {unit.pk: unit for unit in departments.order_by("name")}
    return list(_tree(found, [unit for unit in found.values() if unit.parent_id not in found], 0))


def _tree(found: dict[int, Department], level: list[Department], depth: int) -> Iterator[Unit]:
    for unit in level:
        yield Unit(unit, depth)
        yield from _tree(found, [one for one in found.values() if one.parent_id == unit.pk], depth + 1)


def _chosen(request: StaffRequest, choices: list[Unit]) -> Department | None:
    """The department in the address if it is one of these, else the own one, else the first."""
    by_key = {str(one.department.pk): one.department for one in choices}
    asked = request.GET.get("unit", "")
    first = choices[0].department if choices else None
    return by_key.get(asked) or by_key.get(str(request.user.department_id)) or first


def _below(unit: Department | None, choices: list[Unit]) -> list[Department]:
    """The department and those below it, itself first."""
    found: list[Department] = []
    depth = -1
    for one in choices:
        if one.department == unit:
            depth = one.depth
        elif depth < 0 or one.depth <= depth:
            if found:
                break
            continue
        found.append(one.department)
    return found


def _people(reader: User, units: list[Department]):
    """Who works in these departments, and whoever reads without having one."""
    wanted = Q(department__in=units)
    if not units:
        wanted |= Q(pk=reader.pk)
    people = User.objects.visible_to(reader).active().filter(wanted).select_related("department")
    return people.order_by(F("department__name").asc(nulls_last=True), "department", "display_name", "pk")
