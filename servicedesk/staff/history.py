"""Who changed what about people, and when (django-simple-history)."""

from typing import Any

from simple_history.models import HistoricalRecords


class RoleHistory(HistoricalRecords):
    """History that leaves out a save of nothing but excluded fields, such as the time of a log-in."""

    def post_save(self, instance: Any, created: bool, using: str | None = None, **kwargs: Any) -> None:
        saved = kwargs.get("update_fields")
        if saved is not None and set(saved) <= set(self.excluded_fields):
            return
        super().post_save(instance, created, using=using, **kwargs)
