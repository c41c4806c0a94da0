"""How values stand in a timeline: codes, numbers and dates as they are, everything written by hand as Words."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from servicedesk.audit.words import Words, store_many
from servicedesk.keepable import check_keepable

REACH = ("phones", "emails")  # not fields of the row but rows of their own
Fact = None | bool | int | str | date | datetime | Words


def is_personal(row: models.Model, field: str) -> bool:
    """Whether a person's own words stand in this field; a choice is a code, and so is what no form offers."""
    if field in REACH:
        return True
    described: Any = row._meta.get_field(field)
    written = isinstance(described, models.CharField | models.TextField)
    return written and described.editable and not described.choices


def plain(value: Any) -> Any:
    """A value as a timeline gives it back: text, numbers, dates; a row as its key, several texts as lines."""
    match value:
        case None | "" | []:
            return None
        case models.Model():
            return value.pk
        case time():
            return value.isoformat(timespec="minutes")
        case list() | tuple():
            return "\n".join(value)
    return value


def keep(rows: list[tuple[models.Model, Mapping[str, Any]]]) -> list[dict[str, Fact]]:
    """The facts that hold these values of each row, personal ones kept as Words, in one go for all rows."""
    facts: list[dict[str, Any]] = [
        {name: plain(value) for name, value in values.items()} for _, values in rows
    ]
    personal = [
        (kept, name)
        for kept, (row, _values) in zip(facts, rows, strict=True)
        for name, value in kept.items()
        if value is not None and is_personal(row, name.removesuffix("_old"))
    ]
    words = store_many([kept[name] for kept, name in personal])
    for (kept, name), text in zip(personal, words, strict=True):
        kept[name] = text
    return facts


def put(row: models.Model, values: Mapping[str, Any]) -> None:
    """Set these fields of the row. Raises ValidationError, by field, for what they cannot hold."""
    errors: dict[str, Any] = {}
    for name, value in values.items():
        field: Any = row._meta.get_field(name)
        try:
            if isinstance(value, str):
                check_keepable(value)
            if isinstance(value, models.Model):  # it stands; looking it up again is a statement
                setattr(row, name, value)
            else:
                setattr(row, field.attname, field.clean(value, row))
        except ValidationError as refusal:
            errors[name] = refusal
    if errors:
        raise ValidationError(errors)
