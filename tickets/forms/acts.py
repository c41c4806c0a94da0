"""The forms of the other acts on a ticket, each drawn in a dialogue."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.customers.finding import find_by_phone
from servicedesk.customers.models import ContactPerson, Customer
from servicedesk.staff.models import User
from tickets.forms.fields import (
    TicketForm,
    WordsField,
    channel_choices,
    limit,
    offer,
    offer_pairs,
    offer_persons,
)
from tickets.forms.promise import PromiseFields
from tickets.models import Category, ComplainedAbout, Contact, Kind, Mark, Ticket

FOUND = 8  # customers offered for a search


class UpdateForm(TicketForm):
    """A step told to the customer before they ask (R1.4c)."""

    clauses = {"words": "R1.4c", "odd_hours": "R5.10.3a"}

    mode = forms.ChoiceField(
        label=_("How"), choices=[(one.value, one.label) for one in (Contact.Mode.SPOKEN, Contact.Mode.WRITTEN)],
        initial="spoken", widget=forms.RadioSelect(),
    )  # fmt: skip
    channel = forms.ChoiceField(label=_("Through"), choices=channel_choices)
    words = WordsField(label=_("What the customer was told"))
    odd_hours = WordsField(
        required=False, rows=2, max_length=1000, label=_("Why it could not wait for the customer's hours")
    )


class HeardForm(TicketForm):
    """Word from the customer about this matter."""

    clauses = {"asked": "R1.4c"}

    channel = forms.ChoiceField(label=_("Through"), choices=channel_choices)
    person = forms.ModelChoiceField(ContactPerson.objects.none(), required=False, label=_("Who said it"))
    words = WordsField(label=_("What the customer said"))
    asked = forms.BooleanField(
        required=False,
        label=_("The customer asked for news"),
        help_text=_("Counted as chased: they asked first."),
    )

    def prepare(self) -> None:
        if self.ticket.customer is None:
            del self.fields["person"]
            return
        offer_persons(self.fields["person"], self.ticket.customer)


class NoteForm(TicketForm):
    """Words among colleagues; who is named may see the ticket from then on."""

    words = WordsField(
        label=_("Note"),
        help_text=_("Name colleagues as @username, or choose one below. The customer never sees this."),
    )
    tell = forms.ModelChoiceField(
        User.objects.none(), required=False, label=_("Tell"), empty_label=_("nobody in particular")
    )

    def prepare(self) -> None:
        colleagues = User.objects.visible_to(self.user).filter(is_active=True).exclude(pk=self.user.pk)
        limit(self.fields["tell"], colleagues.order_by("display_name"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        tell, words = given.get("tell"), given.get("words", "")
        if tell and words and f"@{tell.username.lower()}" not in words.lower():
            given["words"] = f"{words} @{tell.username}"
        return given


class MarkForm(TicketForm):
    """One of the four marks, with what makes it so."""

    clauses = {"mark": "R4.5c R5.2.5 R5.7a R7.2.1.4b"}

    mark = forms.ChoiceField(label=_("Mark"), widget=forms.RadioSelect())
    words = WordsField(label=_("What makes it so"), rows=3)

    def prepare(self) -> None:
        standing = set(self.ticket.marks.filter(lifted_at=None).values_list("code", flat=True))
        offer(self.fields["mark"], [code for code in Mark.Code if code.value not in standing])


class AboutForm(TicketForm):
    """A colleague whom the complaint is about, and what is said of them (CASES n)."""

    person = forms.ModelChoiceField(User.objects.none(), label=_("Who is complained about"))
    words = WordsField(label=_("What is said of them"), rows=3)

    def prepare(self) -> None:
        named = ComplainedAbout.objects.people(self.ticket)
        limit(self.fields["person"], User.objects.visible_to(self.user).active().exclude(pk__in=named))


class ReasonForm(TicketForm):
    """An act that needs a reason and nothing else."""

    words = WordsField(label=_("Reason"), rows=3)


class EstablishForm(TicketForm):
    """The true cause, and what the customer wants most, as known now (R3.3.2b, R1.5.X)."""

    clauses = {"wanted": "R1.5.X", "cause": "R3.3.2b"}

    wanted = WordsField(required=False, rows=3, label=_("What the customer wants most"))
    cause = WordsField(required=False, rows=3, label=_("True cause"))

    def prepare(self) -> None:
        for name in ("wanted", "cause"):
            words = getattr(self.ticket, name)
            self.initial.setdefault(name, words.text if words else "")


class ReclassifyForm(TicketForm):
    """Another category or severity, with the reason (R4.5a)."""

    clauses = {"severity": "R4.5a"}

    category = forms.ModelChoiceField(Category.objects.none(), label=_("Category"), empty_label=None)
    severity = forms.ChoiceField(
        label=_("Severity"), choices=Ticket.Severity.choices, widget=forms.RadioSelect()
    )
    words = WordsField(label=_("Reason"), rows=3)

    def prepare(self) -> None:
        limit(self.fields["category"], Category.for_kind(self.ticket.kind))
        self.initial["category"], self.initial["severity"] = self.ticket.category_id, self.ticket.severity


class CorrectionForm(TicketForm):
    """How what was written down should read; the old words stay (CASES r)."""

    clauses = {"words": "R1.1b"}

    words = WordsField(label=_("How it should read"), rows=6)

    def prepare(self) -> None:
        self.initial.setdefault("words", self.target.words.text or "")


class ReopenForm(PromiseFields):
    """Why the matter is taken up again, and the promise that goes with it (CASES p)."""

    words = WordsField(label=_("Why it is taken up again"), rows=3)

    def prepare(self) -> None:
        super().prepare()
        self.fields["due_at"].required = self.fields["will_tell"].required = True
        if self.ticket.kind == Kind.TASK:
            self.ask_for_task()
        self.order_fields(["words", "due_at", "will_tell", "next_channel", "wished"])


class CustomerForm(TicketForm):
    """The right customer or contact person: found by number, name or telephone, then chosen (CASES r)."""

    q = forms.CharField(
        required=False, max_length=200, label=_("Find"), help_text=_("Customer number, name, telephone or e-mail"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )  # fmt: skip
    who = forms.ChoiceField(required=False, label=_("Who is it?"), widget=forms.RadioSelect())

    def prepare(self) -> None:
        self.offered = [choice for customer in self.candidates() for choice in choices_of(customer)]
        offer_pairs(self.fields["who"], self.offered)

    def candidates(self) -> list[Customer]:
        """The customer on the ticket, whose contact person may be wrong, or those found by what was typed."""
        query, chosen = self._typed("q"), self._typed("who").partition("/")[0]
        customers = Customer.objects.visible_to(self.user).prefetch_related("persons")
        if query:
            return list(found(customers, query)[:FOUND])
        if chosen:
            return list(customers.filter(number=chosen))
        return [self.ticket.customer] if self.ticket.customer else []

    def _typed(self, name: str) -> str:
        """What was typed, before it is checked: it decides what there is to choose from."""
        typed = (self.data if self.is_bound else self.initial).get(name, "")
        return str(typed).strip()[:200]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not given.get("who") and "who" not in self.errors:
            if self.offered:
                self.add_error("who", _("Choose who it is."))
            else:
                self.add_error("q", _("Nobody was found. Try the number or part of the name."))
        return given

    def chosen(self) -> tuple[Customer, ContactPerson | None]:
        """The customer and contact person chosen."""
        number, _slash, person = self.cleaned_data["who"].partition("/")
        customer = Customer.objects.visible_to(self.user).get(number=number)
        return customer, customer.persons.get(pk=person) if person else None


def found(customers, query: str):
    """Customers by number, telephone, or the words of their profile."""
    if (exact := customers.filter(number__iexact=query)).exists():
        return exact
    by_phone = find_by_phone(query)
    if by_phone.exists():
        return customers.filter(pk__in=by_phone.values("pk")).order_by("pk")
    return customers.search(query).order_by("-pk")


def choices_of(customer: Customer) -> list[tuple[str, str]]:
    """The customer as such, and each of the contact persons still in their post."""
    persons = [person for person in customer.persons.all() if person.active]
    return [(customer.number, str(customer))] + [
        (f"{customer.number}/{person.pk}", f"{customer} · {person.name}") for person in persons
    ]
