"""The history of a row in the administration: who, when, from what to what, in the reader's words."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import Field
from django.http import Http404, HttpRequest, HttpResponse
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
    """An admin whose changes are kept and can be read. The library asks the database for any word as a key; we do not."""

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        _check_key(self.model._meta.pk, object_id)
        return super().history_view(request, object_id, *args, **kwargs)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        _check_key(self.model._meta.pk, object_id)
        _check_key(self.model.history.model._meta.pk, version_id)
        return super().history_form_view(request, object_id, version_id, *args, **kwargs)

    def get_historical_record_context_helper(
        self, request: HttpRequest, historical_record: HistoricalChanges
    ) -> HistoricalRecordContextHelper:
        return Wording(self.model, historical_record)


def _check_key(key: Field, text: str) -> None:
    """What can be no key leads nowhere."""
    try:
        key.to_python(unquote(text))
    except ValidationError as error:
        raise Http404 from error
