"""The intake form as a whole: its parts, what they make together, and where a refusal belongs."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from servicedesk.calendars.models import Calendar
from servicedesk.staff.models import Department, User
from tickets.callers import email_in, look_up, phone_in, reply_channel, seek_namesakes
from tickets.calls import Newcomer
from tickets.forms.callers import LONGEST, CallerForm
from tickets.forms.intake import EndingForm, LateForm, MatterForm, colleagues
from tickets.intake import Answer, Intake
from tickets.limits import Word
from tickets.models import Kind
from tickets.offers import Offer, first_offer

OF_THE_FORMER = {
    "customer",
    "person",
    "project",
    "repeat_of",
}  # chosen for one caller, meaningless for another
FORM_KEY = re.compile(r"[\w-]{16,32}", re.ASCII)
PLACES = {  # where the domain's refusals belong in the form
    "customer": "who",
    "contact_person": "person",
    "name": "new_name",
    "kind_of_customer": "new_kind",
    "phones": "new_reach",
    "emails": "new_reach",
}


@dataclass
class Sheet:
    """One intake form in its four parts, for the colleague `user` at `at`."""

    user: User
    at: datetime
    form_key: str
    caller: CallerForm
    matter: MatterForm
    ending: EndingForm
    late: LateForm

    @property
    def forms(self) -> list[forms.Form]:
        return [self.caller, self.matter, self.ending, self.late]

    def is_valid(self) -> bool:
        """Whether every part is; all are asked, so that all mistakes show at once."""
        verdicts = [form.is_valid() for form in self.forms]
        return self._has_customer() and all(verdicts)

    def _has_customer(self) -> bool:
        """Whether somebody is named where the kind needs it; what was typed but leads to nobody is said already."""
        who = self.caller.cleaned_data
        named = who.get("anonymous") or who.get("customer") or who.get("newcomer")
        if named or self.caller.errors or self.ending.kind == Kind.TASK:
            return True
        self.caller.add_error("who", _("Choose the customer, or mark the matter as anonymous."))
        return False

    @property
    def newcomer(self) -> Newcomer | None:
        return self.caller.cleaned_data["newcomer"]

    def intake(self) -> Intake:
        """What the parts of a valid sheet make together."""
        who, what, late = self.caller.cleaned_data, self.matter.cleaned_data, self.late.cleaned_data
        result = self.ending.cleaned_data["result"]
        names = ("words", "kind", "category", "channel", "wanted", "severity", "cause")
        return Intake(
            **{name: what[name] for name in (*names, "read_back", "read_back_note")},
            customer=who["customer"],
            contact_person=who["person"],
            anonymous=who["anonymous"] and what["kind"] != Kind.TASK,
            project=who["project"],
            repeat_of=who["repeat_of"],
            complained_about=list(what["complained_about"]),
            received_at=late["received_at"],
            late_reason=late["late_reason"],
            first_responder=late["first_responder"] or self.user,
            requester=(self.ending.cleaned_data["requester"] or self.user)
            if what["kind"] == Kind.TASK
            else None,
            answer=result if isinstance(result, Answer) else None,
            promise=self._word(result) if isinstance(result, Word) else None,
        )

    def _word(self, word: Word) -> Word:
        """The word with its channel settled: the one that was said, else the customer's own."""
        if word.channel:
            return word
        who, came_by = self.caller.cleaned_data, self.matter.cleaned_data["channel"]
        channel = reply_channel(came_by, who["customer"], who["person"], at=self.at)
        return replace(word, channel=channel)

    def refuse(self, refusal: ValidationError) -> None:
        """Show what a domain function refused at the fields it is about."""
        told = refusal.error_dict if hasattr(refusal, "error_dict") else {"": refusal.error_list}
        for name, errors in told.items():
            place = PLACES.get(name, name)
            if place == "due_at" and self.ending.chosen:
                place = "due"
            form = next((form for form in self.forms if place in form.fields), self.caller)
            form.add_error(place if place in form.fields else None, errors)

    def errors(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong, in the order of the page: where, under which label, and what."""
        for form in self.forms:
            for message in form.non_field_errors():
                yield "", "", str(message)
            for field in form:
                for message in field.errors:
                    place = "caller" if field.name == "customer" else field.id_for_label or field.auto_id
                    yield place, str(field.label), str(message)


def make_sheet(
    user: User, *, at: datetime, data: Mapping[str, str] | None = None, initial: Mapping[str, Any] = {}
) -> Sheet:
    """The form with `data` to be checked, or, without, with `initial` filled in and nothing complained about."""
    given = initial if data is None else data
    kind = kind_in(given)
    calling = as_calling(given)
    caller = look_up(calling.get("who", "")[:LONGEST], chosen=calling.get("customer", ""), user=user, at=at)
    if data is not None:
        seek_namesakes(caller, calling.get("new_name", ""), chosen=calling.get("customer", ""))
    people = colleagues(user)
    return Sheet(
        user=user,
        at=at,
        form_key=form_key_in(given) or secrets.token_urlsafe(16),
        caller=CallerForm(caller, initial=dict(calling)) if data is None else CallerForm(caller, calling),
        matter=MatterForm(kind, people, data, initial={**initial, "kind": kind}),
        ending=EndingForm(
            kind, offer_for(user, given, at=at), people, data, initial={"requester": user.pk, **initial}
        ),
        late=LateForm(people, data, initial={"first_responder": user.pk, **initial}),
    )


def as_calling(given: Mapping[str, str]) -> Mapping[str, str]:
    """What is said of the caller, without what belongs to one who was looked up before `who` was typed anew.

    Whoever types fast sends the form before the new caller is shown; the matter is never put down to the former one.
    """
    who = given.get("who", "").strip()
    if given.get("looked_up", who).strip() == who:
        return given
    kept = {name: given[name] for name in given if name not in OF_THE_FORMER}
    if kept.get("new_name") == kept.get("new_from"):  # proposed, not typed
        kept.pop("new_name", None)
    if phone_in(who) or email_in(who):
        kept["new_reach"] = who
    return kept


def kind_in(given: Mapping[str, str]) -> str:
    """The kind of matter that is given, else a complaint: the one that asks most."""
    kind = given.get("kind", "")
    return kind if kind in Kind.values else Kind.COMPLAINT


def form_key_in(given: Mapping[str, str]) -> str:
    """The key of the form that was sent; empty for what cannot be one."""
    key = given.get("form_key", "")
    return key if FORM_KEY.fullmatch(key) else ""


def offer_for(user: User, given: Mapping[str, str], *, at: datetime) -> Offer:
    """The times to offer, by the calendar of who was first asked, from the receipt that is stated."""
    late = LateForm([], {name: given.get(name, "") for name in LateForm.base_fields})
    late.full_clean()
    stated: dict[str, Any] = late.cleaned_data
    received_at = min(stated.get("received_at") or at, at)
    responder = stated.get("first_responder") or user
    return first_offer(received_at, calendar_of(responder), at=at)


def calendar_of(person: User) -> Calendar:
    """The working hours by which this person's answers are promised."""
    department = person.department or Department.objects.filter(parent=None).first()
    return department.effective_calendar() if department else Calendar.objects.default()


def missing_key() -> ValidationError:
    return ValidationError(_("This form was not complete. Please save it once more."))
