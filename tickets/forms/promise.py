"""The part of a form that gives the next promise (R1.1g)."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from servicedesk.customers.channels import Channel
from tickets.forms.fields import MomentField, TicketForm, WordsField
from tickets.limits import Word


class PromiseFields(TicketForm):
    """When the customer hears next, what they will be told, through which channel."""

    clauses = {"due_at": "R1.1g"}  # why a field is asked (servicedesk/regulations/templatetags/clauses.py)

    due_at = MomentField(required=False, label=_("The customer hears from us by"))
    will_tell = WordsField(required=False, rows=2, label=_("What they will be told"))
    next_channel = forms.ChoiceField(required=False, choices=Channel.choices, label=_("Through"))
    wished = forms.BooleanField(required=False, label=_("The customer asked for this later time"))

    def prepare(self) -> None:
        if self.proposed:
            self.initial.setdefault("due_at", self.proposed.due_at)

    def ask_for_task(self) -> None:
        """Ask until when a task will be done, where no customer waits to hear."""
        self.fields["due_at"].label = _("It will be done by")
        self.fields["will_tell"].label = _("What is still to be done")
        del self.fields["next_channel"], self.fields["wished"]

    def word(self) -> Word | None:
        """The promise as it was given; none without a time."""
        given = self.cleaned_data
        if not given.get("due_at"):
            return None
        return Word(
            due_at=given["due_at"],
            will_tell=given.get("will_tell", ""),
            channel=given.get("next_channel") or self.ticket.channel,
            wished=given.get("wished", False),
        )
