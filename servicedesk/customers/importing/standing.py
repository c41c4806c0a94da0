"""What a row says beside what stands in the desk, and how a refusal is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.translation import gettext as _

from servicedesk.customers.history import LABELS
from servicedesk.customers.models import ContactPerson, Customer
from servicedesk.customers.normal import normalise_email, normalise_phone
from servicedesk.importing.mappings import RowError, about

NORMAL = {"phones": normalise_phone, "emails": normalise_email}


def differing(said: Any, standing: Any, names: Sequence[str]) -> list[str]:
    """Which of these fields differ, in words; numbers and addresses by their normal form."""
    found = []
    for name in names:
        ours, theirs = getattr(said, name), getattr(standing, name)
        if isinstance(ours, Mapping):
            found += [_label(key) for key in ours if ours[key] != theirs.get(key, "")]
        elif name in NORMAL:
            if {NORMAL[name](text) for text in ours} != {NORMAL[name](text) for text in theirs}:
                found.append(_label(name))
        elif ours != theirs:
            found.append(_label(name))
    return found


def refuse_other(number: str, names: list[str]) -> None:
    """Refuse a row of which these fields stand otherwise in the desk. Raises RowError."""
    if names:
        raise RowError(
            _("%(number)s is there already, with another value of: %(fields)s. Change it in the desk.")
            % {"number": number, "fields": ", ".join(names)}
        )


def told_apart(refusal: ValidationError, model: type[models.Model] = Customer) -> str:
    """Each part of a refusal with the field it speaks of."""
    if not hasattr(refusal, "error_dict"):
        return " ".join(refusal.messages)
    parts = []
    for name, errors in refusal.error_dict.items():
        text = " ".join(message for error in errors for message in error.messages)
        parts.append(text if name == NON_FIELD_ERRORS else about(_label(name, model), text))
    return " ".join(parts)


def _label(name: str, model: type[models.Model] = Customer) -> str:
    """What a field is called."""
    if name in LABELS:
        return str(LABELS[name])
    described: Any = (ContactPerson if name == "post" else model)._meta.get_field(name)
    return str(described.verbose_name)
