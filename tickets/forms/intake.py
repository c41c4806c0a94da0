"""The matter itself, how the call ends, and when it really came in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.choosing import LongModelChoiceField
from servicedesk.customers.channels import Channel
from servicedesk.moments import check_sane
from servicedesk.staff.models import User
from tickets.forms.fields import LONGEST, WordsField
from tickets.intake import Answer
from tickets.intake_rules import full_intake_gaps
from tickets.limits import Word, wish_problem
from tickets.models import Category, Kind, Process, Ticket
from tickets.offers import Choice, Offer

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

KEY_DIGITS = 19  # those of the first number that is no key
OTHER = "other"  # a time of one's own instead of one that is offered
LEAN_KINDS = {Kind.INQUIRY, Kind.TASK}  # nothing but words and category is asked (CASES s)
READ_BACK = [
    (Ticket.ReadBack.YES, gettext_lazy("Yes, and confirmed")),
    (Ticket.ReadBack.IMPOSSIBLE, gettext_lazy("Not possible")),
]


def moment_field(label: StrOrPromise) -> forms.DateTimeField:
    """A moment in the reader's zone."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget, validators=[check_sane])


def capital(choices: list) -> list:
    """Choices as buttons show them."""
    return [(value, capfirst(label)) for value, label in choices]


class KindSelect(forms.RadioSelect):
    """Kinds of matter; each says in `data-needs` how much is asked of it: full, some or lean."""

    needs: dict[str, str] = {}

    def create_option(self, name, value, *args, **kwargs):
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"] |= {"data-needs": self.needs.get(value, "some"), "data-kind": value}
        return option


def needs_by_kind() -> dict[str, str]:
    """How much is asked for each kind, as its process says (CASES s)."""
    full = set(Process.objects.filter(full_intake=True).values_list("kind", flat=True))
    return {
        kind: "full" if kind in full else "lean" if kind in LEAN_KINDS else "some" for kind in Kind.values
    }


class OneByOne(forms.SelectMultiple):
    """Several rows, each chosen in a list of its own; the template draws the lists, the last one empty."""

    def value_from_datadict(self, data, files, name):
        """What was chosen; a key longer than any, on which SQLite would stumble, counts as 0, which is nobody's."""
        chosen = super().value_from_datadict(data, files, name) or []
        return [value if len(value) < KEY_DIGITS else "0" for value in chosen if value]


class MatterForm(forms.Form):
    """What the customer says, and what it is about. What a kind does not need may stay empty."""

    clauses = {
        "words": "R1.1b",
        "wanted": "R1.5.X",
        "severity": "R4.5a",
        "read_back": "R1.1c",
        "cause": "R3.3.2b",
    }

    words = WordsField(
        label=gettext_lazy("What the customer says"),
        error_messages={"required": gettext_lazy("Write down what the customer says, in their words.")},
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=capital(Kind.choices), widget=KindSelect, initial=Kind.COMPLAINT
    )
    category = forms.ModelChoiceField(
        Category.objects.none(),
        label=gettext_lazy("Category"),
        empty_label=gettext_lazy("Choose"),
        error_messages={
            "required": gettext_lazy("Choose what it is about."),
            "invalid_choice": gettext_lazy("Choose a category that is offered for this kind of matter."),
        },
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("Came in by"), choices=capital(Channel.choices), initial=Channel.PHONE
    )
    wanted = WordsField(label=gettext_lazy("What they want most"), required=False, rows=2)
    severity = forms.ChoiceField(
        label=gettext_lazy("How severe"),
        choices=capital(Ticket.Severity.choices),
        required=False,
        widget=forms.RadioSelect,
    )
    read_back = forms.ChoiceField(
        label=gettext_lazy("Read back to the customer"),
        choices=READ_BACK,
        required=False,
        widget=forms.RadioSelect,
    )
    read_back_note = forms.CharField(label=gettext_lazy("because"), max_length=LONGEST, required=False)
    cause = forms.CharField(label=gettext_lazy("What led to it"), max_length=LONGEST, required=False)

    complained_about = forms.ModelMultipleChoiceField(
        User.objects.none(), label=gettext_lazy("About a colleague"), required=False, widget=OneByOne
    )

    def __init__(self, kind: str, people: list, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people
        named = self.fields["complained_about"]
        assert isinstance(named, forms.ModelMultipleChoiceField)
        named.queryset = User.objects.active()
        self.needs = needs_by_kind()
        self.fields["kind"].widget.needs = self.needs
        offered = Category.for_kind(kind)
        self.categories = list(offered.values_list("pk", "name"))
        offer_rows(choice_of(self, "category"), self.categories, offered)

    def clean(self) -> dict[str, Any]:
        """A full intake judges how severe the matter is; elsewhere it is ordinary unless somebody said otherwise."""
        values = super().clean() or {}
        if self.needs.get(values.get("kind", "")) == "full":
            self._demand_all(values)
        if values.get("kind") != Kind.COMPLAINT:
            values["complained_about"] = []
        values["severity"] = values.get("severity") or Ticket.Severity.ORDINARY
        values["read_back"] = values.get("read_back") or Ticket.ReadBack.NOT_ASKED
        return values

    @property
    def named(self) -> list[str]:
        """Who is chosen as complained about, and an empty place for one more."""
        return [*(str(value) for value in self["complained_about"].value() or []), ""]

    def _demand_all(self, values: dict[str, Any]) -> None:
        gaps = full_intake_gaps(*(values.get(name, "") for name in ("read_back", "read_back_note", "wanted")))
        if not values.get("severity"):
            gaps["severity"] = _("Say how severe it is.")
        for name, message in gaps.items():
            if name not in self.errors:
                self.add_error(name, message)


class EndingForm(forms.Form):
    """Answered and accepted in the call, or promised by a time (R1.1d, R1.1e); a task has its due time."""

    clauses = {"answer": "R1.1d", "due": "R1.1e"}

    PROMISE, ANSWER = "promise", "answer"

    outcome = forms.ChoiceField(
        label=gettext_lazy("How the call ends"),
        choices=[(PROMISE, gettext_lazy("Promise a time")), (ANSWER, gettext_lazy("Answered now"))],
        initial=PROMISE,
        widget=forms.RadioSelect,
    )
    answer = WordsField(
        label=gettext_lazy("Your answer, as the customer accepted it"), required=False, rows=3
    )
    due = forms.CharField(label=gettext_lazy("The customer hears from us by"), max_length=40, required=False)
    due_at = moment_field(gettext_lazy("Another time"))
    wished = forms.BooleanField(label=gettext_lazy("The customer asked for this later time"), required=False)
    wish = forms.CharField(
        label=gettext_lazy("Why later, in the customer's words"), max_length=LONGEST, required=False
    )
    will_tell = forms.CharField(
        label=gettext_lazy("What they will be told"), max_length=LONGEST, required=False
    )
    reply_by = forms.ChoiceField(
        label=gettext_lazy("Answer through"),
        choices=[("", gettext_lazy("as the customer prefers")), *capital(Channel.choices)],
        required=False,
    )
    requester = LongModelChoiceField(
        User.objects.none(), label=gettext_lazy("Requested by"), required=False, empty_label=None
    )

    def __init__(self, kind: str, offer: Offer, people: list, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.offer = kind, offer
        self.initial.setdefault("due", offer.proposed.isoformat())
        self.initial.setdefault("will_tell", _("What we have found out and what happens next."))
        offer_rows(choice_of(self, "requester"), people, User.objects.active())

    @property
    def due_choices(self) -> list[Choice]:
        """The times on offer, and the one that was chosen when these were other ones."""
        chosen = stated(str(self["due"].value() or ""))
        choices = self.offer.choices
        if chosen and chosen not in [choice.due_at for choice in choices]:
            choices = [*choices, Choice(chosen, _("chosen"))]
        return choices

    @property
    def chosen(self) -> datetime | None:
        """Which of the times stands chosen; None for another time."""
        return stated(str(self["due"].value() or ""))

    def clean(self) -> dict[str, Any]:
        """Adds `result`: the Answer or the Word that is given."""
        values = super().clean() or {}
        if values.get("outcome") == self.ANSWER and self.kind != Kind.TASK:
            values["result"] = Answer(values.get("answer", ""))
            if not values["result"].words and "answer" not in self.errors:
                self.add_error("answer", _("Write down the answer that the customer accepted."))
        else:
            values["result"] = self._word(values)
        return values

    def _word(self, values: dict[str, Any]) -> Word | None:
        is_task = self.kind == Kind.TASK
        will_tell = _("The task is done.") if is_task else values.get("will_tell", "")
        if not will_tell and "will_tell" not in self.errors:
            self.add_error("will_tell", _("Say what the customer will be told."))
        is_other = values.get("due") == OTHER
        due_at = values.get("due_at") if is_other else stated(values.get("due", ""))
        name = "due_at" if is_other else "due"
        if due_at:
            word = Word(due_at=due_at, will_tell=will_tell, channel=values.get("reply_by", ""))
            return self._as_wished(word, values) if is_other and not is_task else word
        if name not in self.errors:
            self.add_error(name, _("Say by when the customer hears from us."))
        return None

    def _as_wished(self, word: Word, values: dict[str, Any]) -> Word:
        """Only a time of one's own is one that the customer wished (CASES d)."""
        if not values.get("wished"):
            return word
        word = replace(word, wished=True, wish=values.get("wish", ""))
        if (problem := wish_problem(word)) and "wish" not in self.errors:
            self.add_error("wish", problem)
        return word


def stated(text: str) -> datetime | None:
    """The moment that an offered time stands for; None for what is none."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return None
        check_sane(moment)
    except (ValueError, OverflowError, ValidationError):
        return None
    return moment.astimezone(UTC)


class LateForm(forms.Form):
    """Received earlier, or by somebody else (CASES m); all of it optional."""

    clauses = {"first_responder": "R5.2.1"}

    received_at = moment_field(gettext_lazy("Received at"))
    first_responder = LongModelChoiceField(
        User.objects.none(), label=gettext_lazy("First asked was"), required=False, empty_label=None
    )
    late_reason = forms.CharField(
        label=gettext_lazy("Why it is entered only now"),
        help_text=gettext_lazy("Needed where it was received more than a day ago."),
        max_length=LONGEST,
        required=False,
    )

    def __init__(self, people: list, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_rows(choice_of(self, "first_responder"), people, User.objects.active())

    @property
    def is_used(self) -> bool:
        """Whether to show it open: something stands in it, or is wrong."""
        return bool(self.errors or self["received_at"].value() or self["late_reason"].value())


def colleagues(user: User) -> list[tuple[int, str]]:
    """Everybody who works here, read once for all lists of one page."""
    people = User.objects.visible_to(user).active()
    return [(person.pk, str(person)) for person in people.only("pk", "display_name", "username")]


def choice_of(form: forms.Form, name: str) -> forms.ModelChoiceField:
    """The field of the form that offers rows."""
    return cast(forms.ModelChoiceField, form.fields[name])


def offer_rows(field: forms.ModelChoiceField, choices: list[tuple[Any, str]], rows: QuerySet) -> None:
    """Draw these choices, which are read already; check against the rows."""
    field.queryset = rows
    field.choices = choices if field.empty_label is None else [("", field.empty_label), *choices]
