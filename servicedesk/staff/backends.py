"""Who may log in, and what they may do."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission

from servicedesk.staff.roles import permissions_of


class StaffBackend(ModelBackend):
    """Django's own log-in by name and password, closed to who has left or is blocked.

    Asked again at every request, so that a session ends at once when the log-in is closed.
    """

    def user_can_authenticate(self, user) -> bool:
        return user is not None and user.may_log_in

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Everything a person may do, read by one query and once per instance; by position as well as by group."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            found = Permission.objects.all() if user_obj.is_superuser else permissions_of(user_obj)
            rows = found.order_by().values_list("content_type__app_label", "codename")
            user_obj._perm_cache = {f"{app_label}.{codename}" for app_label, codename in rows}
        return user_obj._perm_cache
