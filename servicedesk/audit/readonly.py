"""Admin lists of what happened: to be read, searched by exact key, never changed; fast at a million rows."""

from typing import Any

from django.contrib import admin

from servicedesk.keyset import CappedPaginator


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
