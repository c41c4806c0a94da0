"""Who is calling: a known customer, one to be added in place, or nobody by name (CASES h)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.customers.models import ContactPerson, Project
from servicedesk.customers.models.customer import Kind as CustomerKind
from tickets.callers import Caller, email_in, phone_in
from tickets.calls import Newcomer
from tickets.forms.intake import choice_of, offer_rows
from tickets.models import Ticket

LONGEST = 200  # characters of what is typed to find somebody


class CallerForm(forms.Form):
    """The caller as `caller` found them; which of its fields are drawn depends on what was found."""

    who = forms.CharField(label=gettext_lazy("Phone, name or e-mail"), max_length=LONGEST, required=False)
    anonymous = forms.BooleanField(label=gettext_lazy("Anonymous"), required=False)
    customer = forms.CharField(label=gettext_lazy("Customer"), max_length=20, required=False)
    new_name = forms.CharField(
        label=gettext_lazy("Name of the new customer"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"data-next": True}),
    )
    new_kind = forms.ChoiceField(
        label=gettext_lazy("This is"),
        choices=[(value, capfirst(label)) for value, label in reversed(CustomerKind.choices)],
        initial=CustomerKind.PERSON,
        required=False,
        widget=forms.RadioSelect,
    )
    new_reach = forms.CharField(label=gettext_lazy("Phone or e-mail"), max_length=254, required=False)
    person = forms.ModelChoiceField(
        ContactPerson.objects.none(),
        label=gettext_lazy("Who is speaking"),
        empty_label=gettext_lazy("somebody else"),
        required=False,
    )
    project = forms.ModelChoiceField(
        Project.objects.none(),
        label=gettext_lazy("Project"),
        empty_label=gettext_lazy("none in particular"),
        required=False,
    )
    repeat_of = forms.ModelChoiceField(Ticket.objects.none(), to_field_name="number", required=False)

    def __init__(self, caller: Caller, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.caller = caller
        self.name_from = ""  # what was typed, where it is proposed as the newcomer's name
        if caller.customer:
            persons, projects = caller.customer.persons.filter(active=True), caller.customer.projects.all()
            offer_rows(choice_of(self, "person"), named(caller.persons), persons)
            offer_rows(choice_of(self, "project"), named(caller.projects), projects)
            matters = [matter.ticket.pk for matter in caller.shown_matters]
            choice_of(self, "repeat_of").queryset = Ticket.objects.filter(pk__in=matters)
        self.initial.setdefault("person", caller.speaker and caller.speaker.pk)
        self._begin_newcomer()

    def _begin_newcomer(self) -> None:
        """What was typed is the newcomer's number or address, else their name."""
        text = self.caller.text
        is_reach = bool(phone_in(text) or email_in(text))
        self.name_from = "" if is_reach else text
        if is_reach:
            self.initial["new_reach"] = text
        if self.initial.get("new_name", "") == self.initial.get(
            "new_from", ""
        ):  # not touched since it was proposed
            self.initial["new_name"] = self.name_from

    def clean(self) -> dict[str, Any]:
        """Adds `newcomer`; refuses what was typed but leads to nobody."""
        values = super().clean() or {}
        values["newcomer"] = None
        if values.get("anonymous"):
            return {**values, "customer": None, "person": None, "project": None, "repeat_of": None}
        values["customer"] = self.caller.customer
        if self.caller.customer is None:
            values["newcomer"] = self._newcomer(values)
        return values

    def _newcomer(self, values: dict[str, Any]) -> Newcomer | None:
        name = values.get("new_name", "").strip()
        if not self.caller.is_new:
            self.add_error("customer", _("Several customers may be meant. Choose one, or somebody new."))
        elif name:
            return self._named(name, values)
        elif self.caller.text or values.get("new_reach"):
            self.add_error(
                "new_name",
                _("Nobody is known under this yet. Write the name, or mark the matter as anonymous."),
            )
        return None

    def _named(self, name: str, values: dict[str, Any]) -> Newcomer:
        reach = values.get("new_reach", "").strip()
        if reach and not (phone_in(reach) or email_in(reach)):
            self.add_error(
                "new_reach", ValidationError(_("This is no telephone number and no e-mail address."))
            )
        return Newcomer(
            name,
            kind=values.get("new_kind") or CustomerKind.PERSON,
            phones=[reach] if phone_in(reach) else [],
            emails=[reach] if email_in(reach) else [],
        )


def named(rows: Sequence[ContactPerson | Project]) -> list[tuple[int, str]]:
    """Rows as choices."""
    return [(row.pk, " · ".join(filter(None, [row.name, getattr(row, "post", "")]))) for row in rows]
