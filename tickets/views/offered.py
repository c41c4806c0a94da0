"""The acts beside the obvious one: what each is called, its form, and which domain function carries it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.timewords import short_time
from tickets.about_staff import lift_name, name_colleague
from tickets.contacts import correct_contact, hear_from_customer, nobody_to_tell, update_customer
from tickets.corrections import correct_customer, establish, reclassify
from tickets.forms import acts
from tickets.forms.fields import TicketForm
from tickets.marks import lift_mark, set_mark
from tickets.models import Contact, Kind, Mark, Ticket
from tickets.notes import add_note
from tickets.resolving import reopen
from tickets.voiding import ask_to_void

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from servicedesk.staff.models import User

Do = Callable[[Ticket, Any, "User", datetime], str]
State = Ticket.State


@dataclass(frozen=True)
class Act:
    """One act: `do` carries it out with a valid form and says in words what follows from it.

    `on` names the rows of a ticket of which it concerns one; `offered` tells whether it makes sense now.
    """

    code: str
    label: StrOrPromise
    button: StrOrPromise
    icon: str
    form: type[TicketForm]
    do: Do
    offered: Callable[[Ticket], bool] = lambda ticket: True
    lead: StrOrPromise = ""
    key: str = ""
    on: Callable[[Ticket], QuerySet] | None = None
    danger: bool = False


def promise_stands(ticket: Ticket, at: datetime) -> str:
    """That what is owed is still owed, and until when."""
    owed = ticket.deadline()
    if owed is None:
        return ""
    return _("The customer still hears from us by %(when)s.") % {"when": short_time(owed.due_at, at)}


def _update(ticket: Ticket, form: acts.UpdateForm, by: User, at: datetime) -> str:
    fields = ("words", "mode", "channel", "odd_hours")
    update_customer(ticket, **{name: form.cleaned_data[name] for name in fields}, by=by, at=at)
    return " ".join([_("Written down: the customer knows."), promise_stands(ticket, at)])


def _hear(ticket: Ticket, form: acts.HeardForm, by: User, at: datetime) -> str:
    given = form.cleaned_data
    hear_from_customer(
        ticket, words=given["words"], channel=given["channel"], asked=given["asked"], person=given.get("person"),
        by=by, at=at,
    )  # fmt: skip
    return " ".join([_("Written down."), promise_stands(ticket, at)])


def _note(ticket: Ticket, form: acts.NoteForm, by: User, at: datetime) -> str:
    note = add_note(ticket, words=form.cleaned_data["words"], by=by, at=at)
    told = ", ".join(str(person) for person in note.mentioned.all())
    return _("Note kept; %(names)s told.") % {"names": told} if told else _("Note kept.")


def _mark(ticket: Ticket, form: acts.MarkForm, by: User, at: datetime) -> str:
    mark = set_mark(ticket, form.cleaned_data["mark"], reason=form.cleaned_data["words"], by=by, at=at)
    return _("Marked: %(mark)s. The next promise climbs the ladder of serious matters.") % {"mark": mark}


def _lift(ticket: Ticket, form: acts.ReasonForm, by: User, at: datetime) -> str:
    mark = lift_mark(form.target, reason=form.cleaned_data["words"], by=by, at=at)
    return _("Mark lifted: %(mark)s.") % {"mark": mark}


def _name_colleague(ticket: Ticket, form: acts.AboutForm, by: User, at: datetime) -> str:
    person = form.cleaned_data["person"]
    named = name_colleague(ticket, person, reason=form.cleaned_data["words"], by=by, at=at)
    if named.ticket.owner_id == ticket.owner_id:
        return _("Written down: it is about %(name)s.") % {"name": person}
    names = {"name": person, "owner": named.ticket.owner}
    return _("Written down: it is about %(name)s. %(owner)s has it now.") % names


def _lift_name(ticket: Ticket, form: acts.ReasonForm, by: User, at: datetime) -> str:
    named = lift_name(form.target, reason=form.cleaned_data["words"], by=by, at=at)
    return _("Taken back: it is not about %(name)s.") % {"name": named.person}


def _establish(ticket: Ticket, form: acts.EstablishForm, by: User, at: datetime) -> str:
    establish(ticket, cause=form.cleaned_data["cause"], wanted=form.cleaned_data["wanted"], by=by, at=at)
    return _("Written down. The earlier words stay on the timeline.")


def _reclassify(ticket: Ticket, form: acts.ReclassifyForm, by: User, at: datetime) -> str:
    given = form.cleaned_data
    reclassify(
        ticket, category=given["category"], severity=given["severity"], reason=given["words"], by=by, at=at
    )
    return _("Classified anew; the old value stays on the timeline.")


def _correct_customer(ticket: Ticket, form: acts.CustomerForm, by: User, at: datetime) -> str:
    customer, person = form.chosen()
    correct_customer(ticket, customer=customer, contact_person=person, by=by, at=at)
    name = person.name if person else customer.name
    return _("Corrected: %(name)s. Make sure that the right person hears.") % {"name": name}


def _correct(ticket: Ticket, form: acts.CorrectionForm, by: User, at: datetime) -> str:
    correct_contact(form.target, words=form.cleaned_data["words"], by=by, at=at)
    return _("Corrected by a new entry; the old one stays.")


def _ask_to_void(ticket: Ticket, form: acts.ReasonForm, by: User, at: datetime) -> str:
    ask_to_void(ticket, reason=form.cleaned_data["words"], by=by, at=at)
    return _("Asked for. A second person has to confirm; until then everything stands.")


def _reopen(ticket: Ticket, form: acts.ReopenForm, by: User, at: datetime) -> str:
    word = form.word()
    if word is None:
        raise ValidationError({"due_at": _("Say when the customer hears from you next.")})
    opened = reopen(ticket, promise=word, reason=form.cleaned_data["words"], by=by, at=at)
    parts = {"owner": opened.owner, "when": short_time(word.due_at, at)}
    if opened.kind == Kind.TASK:
        return _("Taken up again: %(owner)s has it, to be done by %(when)s.") % parts
    return _("Reopened: %(owner)s has it, the customer hears by %(when)s.") % parts


def _is_open(ticket: Ticket) -> bool:
    return ticket.state != State.CLOSED


def _has_customer(ticket: Ticket) -> bool:
    return _is_open(ticket) and (ticket.customer is not None or ticket.anonymous)


def _may_be_told(ticket: Ticket) -> bool:
    return _is_open(ticket) and not nobody_to_tell(ticket)


def _can_reopen(ticket: Ticket) -> bool:
    return ticket.state != State.UNRESOLVED and ticket.ended != Ticket.Ended.VOID


ACTS = {
    act.code: act
    for act in (
        Act(
            "update", gettext_lazy("Update the customer"), gettext_lazy("Customer knows"), "send", acts.UpdateForm,
            _update, _may_be_told, gettext_lazy("A step told before the customer asks. The promise stays as it is."), "u",
        ),
        Act(
            "heard", gettext_lazy("Word from the customer"), gettext_lazy("Write down"), "message-2", acts.HeardForm,
            _hear, _has_customer, gettext_lazy("If you also gave them news, write a reply instead and tick “asked first”."), "w",
        ),
        Act(
            "note", gettext_lazy("Internal note"), gettext_lazy("Keep the note"), "lock", acts.NoteForm, _note, key="i",
        ),
        Act(
            "establish", gettext_lazy("Cause and wanted outcome"), gettext_lazy("Write down"), "bulb",
            acts.EstablishForm, _establish, key="e",
        ),
        Act(
            "reclassify", gettext_lazy("Category and severity"), gettext_lazy("Change"), "tag", acts.ReclassifyForm,
            _reclassify, key="c",
        ),
        Act(
            "mark", gettext_lazy("Mark the ticket"), gettext_lazy("Set the mark"), "flag", acts.MarkForm, _mark, _is_open,
            gettext_lazy("Promises made from now on climb the ladder of serious matters."), "m",
        ),
        Act(
            "lift", gettext_lazy("Lift a mark"), gettext_lazy("Lift the mark"), "flag-off", acts.ReasonForm, _lift,
            on=lambda ticket: Mark.objects.filter(ticket=ticket, lifted_at=None),
        ),
        Act(
            "about", gettext_lazy("About a colleague"), gettext_lazy("Write down"), "user-exclamation", acts.AboutForm,
            _name_colleague, lambda ticket: ticket.kind == Kind.COMPLAINT and _is_open(ticket),
            gettext_lazy("Who is complained about neither owns the ticket nor judges it; what was theirs passes to the manager."),
            "b",
        ),
        Act(
            "not-about", gettext_lazy("Not about this colleague"), gettext_lazy("Take it back"), "user-check",
            acts.ReasonForm, _lift_name, lead=gettext_lazy("It stays on the timeline, and whoever has the ticket keeps it."),
            on=lambda ticket: ticket.complained_about.standing().select_related("person"),
        ),
        Act(
            "customer", gettext_lazy("Correct the customer"), gettext_lazy("Put on the ticket"), "user-edit",
            acts.CustomerForm, _correct_customer,
            lead=gettext_lazy("The old value stays on the timeline; the owner is told."),
        ),
        Act(
            "correct", gettext_lazy("Correct what was written down"), gettext_lazy("Add the correction"), "pencil",
            acts.CorrectionForm, _correct, lead=gettext_lazy("The old words stay; the correction is a new entry."),
            on=lambda ticket: Contact.objects.filter(ticket=ticket).exclude(
                purpose=Contact.Purpose.CORRECTION
            ).select_related("words", "ticket"),
        ),
        Act(
            "reopen", gettext_lazy("Reopen"), gettext_lazy("Reopen with this promise"), "rotate", acts.ReopenForm,
            _reopen, _can_reopen, gettext_lazy("The last owner has it again, with a new promise in the same step."), "o",
        ),
        Act(
            "void", gettext_lazy("Void"), gettext_lazy("Ask to void it"), "trash", acts.ReasonForm, _ask_to_void,
            _is_open, gettext_lazy("For mistakes, tests and spam. A second person has to confirm."), danger=True,
        ),
    )
}  # fmt: skip
BESIDE = ("update", "heard", "note", "establish", "reclassify", "mark", "about", "customer", "reopen", "void")


def offered_beside(ticket: Ticket) -> list[Act]:
    """The acts that the page offers beside the obvious one, in their order."""
    return [ACTS[code] for code in BESIDE if ACTS[code].offered(ticket)]


def usual_channel(ticket: Ticket) -> str:
    """How the customer is reached on this matter: as was promised last, else as it came in."""
    promise = ticket.promises.order_by("-number").first()
    return promise.channel if promise else ticket.channel
