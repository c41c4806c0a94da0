"""The forms that settle what is owed: the reply, the task done, the opinion check."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.customers.channels import SPOKEN, WRITTEN
from servicedesk.customers.models import ContactPerson
from tickets.checks import Opinion
from tickets.contacts import nobody_to_tell
from tickets.forms.fields import KeyField, WordsField, channel_choices, offer, offer_persons
from tickets.forms.promise import PromiseFields
from tickets.models import Contact, OpinionCheck
from tickets.replies import Reply

WORDS = {"rows": 4, "data-key": "r", "data-key-label": _("Write the reply")}
SOLVED = [("no", _("Not yet")), ("yes", _("Solved"))]


class ReplyForm(PromiseFields):
    """What was said to the customer, whether that solved it, and if not, when they hear next (R1.1f, R1.1g)."""

    clauses = PromiseFields.clauses | {
        "words": "R1.1f",
        "chased": "R1.4c",
        "odd_hours": "R5.10.3a",
        "accepted": "R1.1d",
    }

    answering = KeyField()
    mode = forms.ChoiceField(label=_("How"), widget=forms.RadioSelect())
    channel = forms.ChoiceField(label=_("Through"), choices=channel_choices)
    person = forms.ModelChoiceField(ContactPerson.objects.none(), required=False, label=_("With"))
    words = WordsField(label=_("What was said"), widget=forms.Textarea(attrs=WORDS))
    chased = forms.BooleanField(required=False, label=_("The customer asked first"))
    odd_hours = WordsField(
        required=False, rows=2, max_length=1000, label=_("Why it could not wait for the customer's hours")
    )
    solved = forms.ChoiceField(
        required=False, label=_("Is the matter solved?"), choices=SOLVED, widget=forms.RadioSelect()
    )
    accepted = forms.BooleanField(
        required=False,
        label=_("The customer accepted the answer: close the matter"),
        help_text=_("Otherwise it closes when nobody objects in time (S36) to an answer in writing."),
    )

    def prepare(self) -> None:
        super().prepare()
        modes = Contact.Mode
        silent = nobody_to_tell(self.ticket)
        offered = [modes.ON_FILE] if silent else [modes.SPOKEN, modes.WRITTEN, modes.TRIED]
        offer(self.fields["mode"], offered)
        if silent:
            self.fields["words"].label = _("What goes onto the file")
            del self.fields["next_channel"]
        self._offer_persons()

    def _offer_persons(self) -> None:
        customer = self.ticket.customer
        if customer is None or nobody_to_tell(self.ticket):
            del self.fields["person"]
            return
        offer_persons(self.fields["person"], customer)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        mode, channel = given.get("mode"), given.get("channel")
        if mode == Contact.Mode.WRITTEN and channel and channel not in WRITTEN:
            self.add_error("channel", _("Choose how the words were written: e-mail, letter, text message …"))
        if mode in (Contact.Mode.SPOKEN, Contact.Mode.TRIED) and channel and channel not in SPOKEN:
            self.add_error("channel", _("Choose how you spoke: telephone, visit …, or “in writing” above."))
        if mode and mode != Contact.Mode.TRIED and not given.get("solved"):
            self.add_error("solved", _("Say whether the matter is solved."))
        return given

    def reply(self) -> Reply:
        """What the domain takes; where nobody answered, nothing has been solved."""
        given = self.cleaned_data
        solved = given["solved"] == "yes" and given["mode"] != Contact.Mode.TRIED
        return Reply(
            words=given["words"],
            mode=given["mode"],
            channel=given["channel"],
            solved=solved,
            accepted=solved and given["accepted"],
            next_word=None if solved else self.word(),
            person=given.get("person"),
            chased=given["chased"],
            odd_hours=given["odd_hours"],
            answering=given["answering"],
        )


class TaskForm(PromiseFields):
    """What was done, or until when the task takes longer and why (CASES a)."""

    answering = KeyField()
    words = WordsField(label=_("What was done"), widget=forms.Textarea(attrs=WORDS))
    solved = forms.ChoiceField(
        label=_("Is the task done?"),
        choices=[("no", _("Not yet")), ("yes", _("Done"))],
        widget=forms.RadioSelect(),
    )

    def prepare(self) -> None:
        super().prepare()
        self.ask_for_task()

    def reply(self) -> Reply:
        """A task not yet done gets its next due time in the same step."""
        given = self.cleaned_data
        return Reply(
            words=given["words"],
            mode=Contact.Mode.WRITTEN,
            channel=self.ticket.channel,
            next_word=self.word(),
            answering=given["answering"],
        )


class CheckForm(PromiseFields):
    """How the customer found the handling; dissatisfied demands the next promise (R1.2g)."""

    clauses = PromiseFields.clauses | {"outcome": "R1.2g", "odd_hours": "R5.10.3a"}

    answering = KeyField()
    outcome = forms.ChoiceField(label=_("How did the customer find it?"), widget=forms.RadioSelect())
    channel = forms.ChoiceField(label=_("Through"), choices=channel_choices)
    words = WordsField(label=_("What the customer said"), widget=forms.Textarea(attrs=WORDS))
    odd_hours = WordsField(
        required=False, rows=2, max_length=1000, label=_("Why it could not wait for the customer's hours")
    )

    def prepare(self) -> None:
        super().prepare()
        outcomes = OpinionCheck.Outcome
        offered = [outcomes.SATISFIED, outcomes.DISSATISFIED, outcomes.NOT_REACHED]
        offer(self.fields["outcome"], offered)

    def opinion(self) -> Opinion:
        given = self.cleaned_data
        dissatisfied = given["outcome"] == OpinionCheck.Outcome.DISSATISFIED
        return Opinion(
            outcome=given["outcome"],
            words=given["words"],
            channel=given["channel"],
            next_word=self.word() if dissatisfied else None,
            odd_hours=given["odd_hours"],
            answering=given["answering"],
        )
