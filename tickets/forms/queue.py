"""The filters of the queue, as they stand in its address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.choosing import LongChoiceField
from servicedesk.customers.channels import Channel
from servicedesk.staff.models import Department, User
from tickets.models import Category, Kind, Mark, Ticket
from tickets.queue import ANY_MARK, FLAGS, ORDERS, SCOPES, STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.http import QueryDict

LONGEST_TEXT = 200  # characters searched for
MORE = ("scope", "severity", "mark", "flag", "channel", "customer", "received_from", "received_to")
DAYS = [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(2199, 12, 31))]


def _choice(label) -> forms.ChoiceField:
    return LongChoiceField(label=label, required=False)


def _day(label) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, validators=DAYS)


class QueueForm(forms.Form):
    """Every filter and the order; choices come from fixed tables or from rows, so that nothing else gets through."""

    q = forms.CharField(
        label=gettext_lazy("search words"), required=False, max_length=LONGEST_TEXT, widget=forms.HiddenInput
    )
    state = _choice(gettext_lazy("state"))
    scope = _choice(gettext_lazy("whose"))
    kind = _choice(gettext_lazy("kind"))
    category = _choice(gettext_lazy("category"))
    owner = _choice(gettext_lazy("current owner"))
    department = _choice(gettext_lazy("department"))
    severity = _choice(gettext_lazy("severity"))
    mark = _choice(gettext_lazy("mark"))
    flag = _choice(gettext_lazy("in need of attention"))
    channel = _choice(gettext_lazy("came in by"))
    customer = forms.RegexField(
        r"^[A-Za-z]-?[0-9]{1,12}$",
        label=gettext_lazy("customer number"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "C-000123", "autocomplete": "off"}),
    )
    received_from = _day(gettext_lazy("received from"))
    received_to = _day(gettext_lazy("received until"))
    sort = _choice(gettext_lazy("order"))

    def __init__(self, *args, choices: Mapping[str, list[tuple[str, str]]], **kwargs) -> None:
        kwargs["auto_id"] = "filter-%s"
        super().__init__(*args, **kwargs)
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        for name in self.fields:
            self.fields[name].label = capfirst(self.fields[name].label)
            self.fields[name].widget.attrs["aria-label"] = self.fields[name].label

    def more(self) -> list[forms.BoundField]:
        """The filters behind "more"."""
        return [self[name] for name in MORE]

    def has_more(self) -> bool:
        """Whether one of those is in force."""
        return any(self.initial.get(name) for name in MORE)

    def clean_customer(self) -> str:
        return self.cleaned_data["customer"].upper()


def choices() -> dict[str, list[tuple[str, str]]]:
    """What each list offers, in the reader's language; three queries."""
    people = User.objects.active().order_by("display_name").values_list("pk", "display_name", "username")
    return {
        "state": _coded((code, state.label) for code, state in STATES.items()),
        "scope": _or_all(_("everybody's"), _coded((code, one[0]) for code, one in SCOPES.items())),
        "kind": _or_all(_("every kind of matter"), _coded(Kind.choices)),
        "category": _or_all(_("every category"), Category.objects.values_list("pk", "name")),
        "owner": _or_all(_("every owner"), [(pk, name or username) for pk, name, username in people]),
        "department": _or_all(_("every department"), Department.objects.values_list("pk", "name")),
        "severity": _or_all(_("every severity"), _coded(Ticket.Severity.choices)),
        "mark": _or_all(
            _("with or without mark"), _coded([(ANY_MARK, _("with any mark")), *Mark.Code.choices])
        ),
        "flag": _or_all(
            _("whether or not in need of attention"), _coded((code, one[0]) for code, one in FLAGS.items())
        ),
        "channel": _or_all(_("every channel"), _coded(Channel.choices)),
        "sort": _coded((code, one[0]) for code, one in ORDERS.items()),
    }


def _coded(rows: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Our own words begin with a capital in a list; names stay as they are written."""
    return [(code, capfirst(str(label))) for code, label in rows]


def _or_all(nothing: str, rows: Iterable[tuple[Any, str]]) -> list[tuple[str, str]]:
    return [("", capfirst(nothing)), *((str(code), label) for code, label in rows)]


@dataclass(frozen=True)
class Chip:
    """One filter in force, and the address without it."""

    label: str
    value: str
    without: str


class Wanted:
    """What an address asks the queue for: valid values by name, and the names of those that were none."""

    def __init__(self, query: QueryDict) -> None:
        self.choices = choices()
        given = QueueForm(query, choices=self.choices)
        given.is_valid()
        self.given = {name: value for name, value in given.cleaned_data.items() if value}
        self.left_out = [str(given.fields[name].label) for name in given.errors]
        self.values: dict[str, Any] = self.defaults() | self.given

    def defaults(self) -> dict[str, str]:
        """What holds where the address is silent: a search looks everywhere and shows the newest first."""
        state = "all" if self.given.get("q") else "open"
        newest = self.given.get("q") or self.given.get("state") == "closed"
        return {"state": state, "sort": "newest" if newest else "due"}

    def form(self) -> QueueForm:
        """The filters as they are in force, to be shown."""
        return QueueForm(initial=self.values, choices=self.choices)

    def address(self, without: str = "", **other: str) -> str:
        """The query of this view in its shortest form, to be kept and shared; without one filter, with another place."""
        defaults = self.defaults()
        kept = {name: value for name, value in self.given.items() if defaults.get(name) != value} | other
        kept.pop(without, None)
        return "?" + urlencode({name: _written(value) for name, value in kept.items()})

    def chips(self) -> list[Chip]:
        """The filters in force one by one, without the order."""
        defaults, form = self.defaults(), self.form()
        return [
            Chip(str(form.fields[name].label), self._said(name, value), self.address(without=name))
            for name, value in self.given.items()
            if name != "sort" and defaults.get(name) != value
        ]

    def _said(self, name: str, value: Any) -> str:
        """A value as the list of choices calls it."""
        if isinstance(value, date):
            return date_format(value, "DATE_FORMAT")
        return dict(self.choices.get(name, [])).get(str(value), str(value))


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
