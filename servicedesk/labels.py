"""What a choice is called, for models whose rows stand in lists."""

from functools import cache
from typing import Any

from django.db.models import Field


class QuickLabels:
    """Mixed into a model: every `get_…_display` finds its label in a table made once.

    Django makes that table anew at each call, which in a list of fifty rows is a tenth of the page.
    """

    def _get_FIELD_display(self, field: Field) -> str:  # noqa: N802  Django's own name
        value = getattr(self, field.attname)
        return str(_labels(field).get(value, value))


@cache
def _labels(field: Field) -> dict[Any, Any]:
    return dict(field.flatchoices)
