"""Fields that the forms of a ticket share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from servicedesk.customers.channels import SPOKEN, WRITTEN
from tickets.models import Ticket

if TYPE_CHECKING:
    from servicedesk.customers.models import Customer
    from servicedesk.staff.models import User
    from tickets.proposing import NextTime

LONGEST = 20_000  # characters of one text
KEY_LIMIT = 2**63  # what a key of the database stays below


class WordsField(forms.CharField):
    """What somebody said or wrote: several lines, of bounded length, line ends as one character.

    The browser is not told the bound: it would cut what is pasted without a word, where we refuse it and keep it.
    """

    def __init__(self, *, rows: int = 4, **options: Any) -> None:
        options.setdefault("max_length", LONGEST)
        options.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(**options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")


class KeyField(forms.IntegerField):
    """A hidden key of what the form showed; whatever is none counts as 0, which is nobody's."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput())

    def clean(self, value: Any) -> int:
        try:
            key = super().clean(value) or 0
        except ValidationError:
            return 0
        return key if 0 < key < KEY_LIMIT else 0


class MomentField(forms.DateTimeField):
    """A moment to the minute, typed in the reader's zone."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **options)


class TicketForm(forms.Form):
    """A form about a ticket as one person sees it.

    `target` is the row that the act is about, where it is one; `proposed` the time to promise, where one is given.
    `seen` is the number of the last timeline entry when the form was drawn; `is_stale` tells, after a refusal, that
    something else happened meanwhile.
    """

    seen = KeyField()
    is_stale = False

    def __init__(
        self,
        *args: Any,
        ticket: Ticket,
        user: User,
        target: Any = None,
        proposed: NextTime | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.ticket, self.user, self.target, self.proposed = ticket, user, target, proposed
        self.prepare()

    def prepare(self) -> None:
        """Limit the choices to what this person and ticket allow, and fill in what is known."""

    def said(self) -> str:
        """The words by which a form that was sent twice is recognised."""
        return self.cleaned_data.get("words", "")


def channel_choices(*modes: str) -> list:
    """The channels by which one speaks, writes, or both, in groups."""
    groups = {"spoken": (_("spoken"), SPOKEN), "written": (_("in writing"), WRITTEN)}
    chosen = [groups[mode] for mode in modes or groups]
    return [(name, [(channel.value, channel.label) for channel in channels]) for name, channels in chosen]


def offer(field: forms.Field, choices: Iterable[models.TextChoices]) -> None:
    """Let a field offer these of its codes."""
    offer_pairs(field, [(choice.value, str(choice.label)) for choice in choices])


def offer_pairs(field: forms.Field, choices: list[tuple[str, str]]) -> None:
    """Let a field offer these values under these labels."""
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def limit(field: forms.Field, rows: models.QuerySet) -> None:
    """Let a field offer these rows only."""
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows


def offer_persons(field: forms.Field, customer: Customer) -> None:
    """Let a field offer who speaks for the customer; nobody chosen means the customer as such."""
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = customer.persons.filter(active=True)
    field.empty_label = customer.name


def put_on(form: forms.Form, refusal: ValidationError) -> None:
    """Show a refusal at the fields it names; what no field bears stands above the form."""
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for name, errors in refusal.error_dict.items():
        form.add_error(
            name if name in form.fields and not form.fields[name].widget.is_hidden else None, errors
        )
