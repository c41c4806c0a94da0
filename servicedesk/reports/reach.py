"""Whose figures a person may see: those of every department, or of the units they lead (DESIGN 7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from django.db.models import QuerySet

from servicedesk.staff.models import Department

if TYPE_CHECKING:
    from servicedesk.staff.models import User

Rows = TypeVar("Rows", bound=QuerySet)


@dataclass(frozen=True)
class Reach:
    """Some departments; None stands for all of them."""

    departments: frozenset[int] | None

    def holds(self, department: int) -> bool:
        return self.departments is None or department in self.departments

    def within(self, departments: Iterable[int]) -> Reach:
        """The part of it that lies in these departments."""
        wanted = frozenset(departments)
        return Reach(wanted if self.departments is None else wanted & self.departments)

    def limit(self, rows: Rows) -> Rows:
        """Only the rows of these departments; whatever the rows are, they name theirs `department`."""
        return rows if self.departments is None else rows.filter(department__in=self.departments)


def reach_of(user: User) -> Reach | None:
    """What a person may see figures of; None for whoever may see none. Every row counted is one that they may open."""
    if not user.has_perm("reports.view_figures"):
        return None
    if user.has_perm("tickets.view_all_tickets") and user.has_perm("clock.view_all_deadlines"):
        return Reach(None)
    return Reach(frozenset(Department.objects.led_by(user).values_list("pk", flat=True)))
