"""The departments a reader may choose among, read once a page."""

from __future__ import annotations

from servicedesk.reports.reach import Reach
from servicedesk.staff.models import Department


class Units:
    """The departments within a reach, by name; asked in memory."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        departments = Department.objects.order_by("name", "pk")
        if reach.departments is not None:
            departments = departments.filter(pk__in=reach.departments)
        self.by_id = {department.pk: department for department in departments}

    def choices(self) -> list[tuple[str, str]]:
        return [(str(pk), department.name) for pk, department in self.by_id.items()]

    def below(self, pk: int) -> set[int]:
        """A department with all below it; ends even on a loop."""
        found, more = set(), {pk}
        while more:
            found |= more
            more = {one.pk for one in self.by_id.values() if one.parent_id in more} - found
        return found

    def name(self, pk: int) -> str:
        return self.by_id[pk].name if pk in self.by_id else ""
