"""Admin lists of what happened: to be read, searched by exact key, never changed; fast at a million rows."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import models
from django.utils.functional import cached_property


class CappedPaginator(Paginator):
    """Counts no further than some pages anybody would turn; the rest is found by searching."""

    object_list: models.QuerySet
    limit = 5000  # rows

    @cached_property
    def count(self) -> int:
        """How many rows there are, at most `limit`."""
        return self.object_list[: self.limit].count()


class ReadOnlyAdmin(admin.ModelAdmin):
    """Nothing is added, changed or deleted here, by administrators neither (DESIGN 6)."""

    paginator = CappedPaginator
    show_full_result_count = False
    sortable_by = ()  # what is not indexed would be sorted for minutes
    ordering = ["-pk"]
    actions = None

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False
