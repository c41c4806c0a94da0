"""The list of departments in the order of their tree."""

from collections import defaultdict
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest


class TreeList(ChangeList):
    """Each unit below the one it is part of; `depth` says how deep. A search stays a plain list."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
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
