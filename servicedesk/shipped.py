"""The names of policies that ship, in the reader's language for as long as nobody has given them another.

A shipped row is known by a code: "calendar", "ladder:promise", "category:trial-run". Its name is stored in one of our
languages, English from the migrations, and shown in the reader's. A name that an administrator chose is shown as it was
written, to everybody.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

NAMES = {
    "calendar": gettext_noop("Office hours"),
    "ladder:promise": gettext_noop("Promised replies"),
    "ladder:check": gettext_noop("Opinion checks"),
    "ladder:task": gettext_noop("Tasks"),
    "ladder:confirmation": gettext_noop("Confirmations of tasks"),
    "ladder:reading": gettext_noop("Replies on the file"),
    "ladder:serious": gettext_noop("Serious matters and same-day duties"),
    "ladder:holiday_list": gettext_noop("Missing holiday lists"),
    "category:trial-run": gettext_noop("Trial run of a machine"),
    "category:card-top-up": gettext_noop("Card top-up"),
    "category:money-collection": gettext_noop("Collection of payment"),
}


def shown(code: str, name: str) -> str:
    """The name of the row with that code as the reader shall see it."""
    return gettext(NAMES[code]) if code in NAMES and name in _as_shipped(code) else name


def name_in(language: str, code: str) -> str:
    """What ships under that code, in one language."""
    with translation.override(language):
        return gettext(NAMES[code])


@cache
def _as_shipped(code: str) -> frozenset[str]:
    return frozenset(name_in(language, code) for language, _name in settings.LANGUAGES)


class Shipped:
    """Mixed into the models of such rows: they have a `name`, and say their code."""

    name: Any

    @property
    def shipped_code(self) -> str:
        """The code under which the row ships, or one that ships nothing."""
        raise NotImplementedError

    @property
    def shown_name(self) -> str:
        """The name as the reader shall see it."""
        return shown(self.shipped_code, self.name)


class ShippedForm(forms.ModelForm):
    """A form that offers the name as it is shown; sent back untouched, the stored one stays."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["name"] = self.instance.shown_name

    def clean_name(self) -> str:
        given, row = self.cleaned_data["name"], self.instance
        return row.name if row.pk and given == row.shown_name else given


def name_what_ships(rows: Iterable[Any], language: str) -> None:
    """Store the names of those rows that still bear the shipped one in this language, for lists sorted by name."""
    for row in rows:
        if row.shipped_code in NAMES and row.name in _as_shipped(row.shipped_code):
            row.name = name_in(language, row.shipped_code)
            row.save(update_fields=["name"])
