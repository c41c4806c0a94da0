"""The list of departments in the order of their tree, and who has no password yet."""

from collections import defaultdict
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from servicedesk.staff.work_calendars import calendars_in_force


class PasswordFilter(SimpleListFilter):
    """Who was taken on, but not let in: nobody has set a password for them yet."""

    title = _("password")
    parameter_name = "let_in"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("none", _("no password yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "none":
            return queryset
        return queryset.filter(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX)


class TreeList(ChangeList):
    """Each unit below the one it is part of; `depth` says how deep, `in_force` by which calendar it works.

    A search stays a plain list.
    """

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        calendars = calendars_in_force()
        for department in self.result_list:
            department.in_force = calendars[department.pk]
        if not self.query:
            self.result_list = in_tree_order(list(self.result_list))


def in_tree_order(departments: list[Any]) -> list[Any]:
    """The same departments, parents before children, with their `depth`; order among siblings is kept."""
    known = {department.pk for department in departments}
    below = defaultdict(list)
    for department in departments:
        below[department.parent_id if department.parent_id in known else None].append(department)
    ordered: list[Any] = []
    waiting = [(department, 0) for department in reversed(below[None])]
    while waiting:
        department, department.depth = waiting.pop()
        ordered.append(department)
        waiting += [(child, department.depth + 1) for child in reversed(below[department.pk])]
    return ordered
