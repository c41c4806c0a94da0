"""Whom of us a complaint is about: named at intake or later, and what follows at once (CASES n)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.audit.words import store
from servicedesk.outbox.posting import Draft, post_many
from servicedesk.staff.directory import Directory
from servicedesk.staff.models import Department
from tickets.impartial import check_impartial
from tickets.models import ComplainedAbout, Kind, OwnershipPeriod, Ticket
from tickets.ownership import change_owner, successor
from tickets.promises import lock
from tickets.readings import pass_on_readings_of

if TYPE_CHECKING:
    from servicedesk.staff.models import User


@transaction.atomic
def name_colleague(ticket: Ticket, person: User, *, reason: str, by: User, at: datetime) -> ComplainedAbout:
    """Write down that an open complaint is about a colleague; what they owned or had to read on it passes upward at once.

    The first responder stays as history. Raises ValidationError for any other kind of matter, a closed one, somebody
    who is named already, or if nobody else is left to have it.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Write down what is said of this colleague.")})
    ticket = lock(ticket)
    if ticket.kind != Kind.COMPLAINT:
        raise ValidationError({"person": _("Only a complaint can be about a colleague.")})
    if ticket.state == Ticket.State.CLOSED:
        raise ValidationError(_("This ticket is closed. Reopen it first."))
    if person.pk in ComplainedAbout.objects.people(ticket):
        raise ValidationError({"person": _("This colleague is named on the ticket already.")})
    words = store(reason)
    record(ticket.key, "complained_about", by=by, at=at, person=person.pk, words=words)
    if ticket.owner_id == person.pk:
        _pass_upward(ticket, by=by, at=at)
    named = ticket.complained_about.create(person=person, reason=words, named_by=by, named_at=at)
    pass_on_readings_of(ticket, person, by=by, at=at)
    Ticket.objects.filter(pk=ticket.pk).update(touched_at=at)
    return named


def _pass_upward(ticket: Ticket, *, by: User, at: datetime) -> None:
    was = ticket.owner
    owner, department = successor(ticket, Directory.at(at))
    change_owner(ticket, owner, department, how=OwnershipPeriod.How.COMPLAINT, by=by, at=at)
    told = {"complaint_passed_on": owner, "no_longer_owner": was}
    post_many(
        [news for event, person in told.items() for news in passing_news(event, ticket, person, by, at)]
    )


def passing_news(event: str, ticket: Ticket, person: User, by: User, at: datetime) -> list[Draft]:
    """What to tell `person` of a complaint that passed on because its owner is complained about; names nobody so."""
    if person.pk == by.pk:
        return []
    params = {
        "label": ticket.label,
        "path": ticket.path,
        "by": by.display_name,
        "owner": ticket.owner.display_name,
    }
    key = f"{event}:{ticket.number}:{at.isoformat()}"
    return [Draft(event=event, key=key, channel="in_app", params=params, at=at, recipient=person)]


@transaction.atomic
def lift_name(named: ComplainedAbout, *, reason: str, by: User, at: datetime) -> ComplainedAbout:
    """Take a name off a complaint that is not about this colleague after all; by a manager whom it is not about either.

    Whose it became stays. Raises ValidationError if `by` may not, or it was lifted before.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the complaint is not about this colleague.")})
    ticket = lock(named.ticket)
    check_impartial(ticket, by)
    if not oversees(ticket, by):
        raise ValidationError(_("Only those who lead the unit or oversee all tickets can do this."))
    lifted = ComplainedAbout.objects.standing().filter(pk=named.pk).update(lifted_at=at, lifted_by=by)
    if not lifted:
        raise ValidationError(_("This has been taken back already."))
    record(ticket.key, "complained_about_lifted", by=by, at=at, person=named.person_id, words=store(reason))
    named.refresh_from_db()
    return named


def oversees(ticket: Ticket, user: User) -> bool:
    """Whether a person leads the ticket's unit or oversees all."""
    if user.has_perm("tickets.view_all_tickets"):
        return True
    return Department.objects.led_by(user).filter(pk=ticket.department_id).exists()


@dataclass(frozen=True)
class Names:
    """Whom a complaint is about as far as one reader may know it; `is_reader` if it is them."""

    shown: list[ComplainedAbout] = field(default_factory=list)
    may_lift: bool = False
    is_reader: bool = False


def names_for(ticket: Ticket, user: User) -> Names:
    """The owner, who leads the unit and who oversees read the names; who is named reads none."""
    if ticket.kind != Kind.COMPLAINT:
        return Names()
    named = list(ticket.complained_about.standing().select_related("person"))
    if not named or user.pk in {one.person_id for one in named}:
        return Names(is_reader=bool(named))
    may_lift = oversees(ticket, user)
    return Names(named if may_lift or ticket.owner_id == user.pk else [], may_lift)
