"""The history of a row in the administration: who, when, from what to what, in the reader's words."""

from typing import Any

from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin
from simple_history.models import DeletedObject, HistoricalChanges, ModelChange, ModelChangeValue
from simple_history.template_utils import HistoricalRecordContextHelper


class Wording(HistoricalRecordContextHelper):
    """Words for old and new values: the name of a choice, a dash where nobody and nothing was named."""

    def prepare_delta_change_value(self, change: ModelChange, value: ModelChangeValue) -> Any:
        if isinstance(value, DeletedObject) and value.pk is None:  # so the library calls an empty key
            return "–"
        choices = dict(getattr(self.model._meta.get_field(change.field), "flatchoices", ()))
        if isinstance(value, str) and value in choices:
            return str(choices[value])
        return super().prepare_delta_change_value(change, value)


class HistoryAdmin(SimpleHistoryAdmin):
    """An admin whose changes are kept and can be read."""

    def get_historical_record_context_helper(
        self, request: HttpRequest, historical_record: HistoricalChanges
    ) -> HistoricalRecordContextHelper:
        return Wording(self.model, historical_record)
