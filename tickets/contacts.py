"""Contacts that settle nothing by themselves: words from the customer, updates, corrections (R1.4c; CASES r)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.audit.words import store
from servicedesk.customers.channels import SPOKEN, Channel
from servicedesk.outbox.posting import post
from tickets.models import Contact, Kind, Ticket
from tickets.promises import lock

if TYPE_CHECKING:
    from servicedesk.customers.models import ContactPerson
    from servicedesk.staff.models import User

LIVE_CHANNELS = (
    Channel.PHONE,
    Channel.SMS,
    Channel.VISIT,
    Channel.ON_SITE,
)  # those that reach a person at once


def mode_of(channel: str) -> str:
    """How words come by a channel: spoken where people hear each other, else in writing."""
    return Contact.Mode.SPOKEN if channel in SPOKEN else Contact.Mode.WRITTEN


def nobody_to_tell(ticket: Ticket) -> bool:
    """Anonymous, or the customer wishes no contact: replies go onto the file (CASES g, h)."""
    return ticket.customer is None or ticket.customer.do_not_contact == "no_contact"


def mode_problem(ticket: Ticket, mode: str) -> str:
    """Why the customer cannot be told in this way (CASES g, h); empty if so."""
    if mode not in Contact.Mode.values:
        return _("Choose how it was said.")
    if ticket.kind == Kind.TASK and ticket.customer is None:
        spoken = mode in (Contact.Mode.SPOKEN, Contact.Mode.WRITTEN)
        return "" if spoken else _("This task has no customer who could be told.")
    on_file = mode == Contact.Mode.ON_FILE
    if on_file and not nobody_to_tell(ticket):
        return _(
            "This customer can be told. A reply on the file is for anonymous matters and no-contact wishes."
        )
    if not on_file and nobody_to_tell(ticket):
        return _("Nobody is to be contacted here. Put the reply on the file; the manager reads it.")
    return ""


def add_contact(
    ticket: Ticket,
    *,
    words: str,
    direction: str,
    mode: str,
    purpose: str,
    channel: str,
    by: User,
    at: datetime,
    person: ContactPerson | None = None,
    chased: bool = False,
    accepted: bool = False,
    odd_hours: str = "",
    corrects: Contact | None = None,
) -> Contact:
    """Write one exchange down on a locked ticket, with its timeline entry."""
    kept = store(words)
    why_now = store(odd_hours) if odd_hours.strip() else None
    contact = ticket.contacts.create(
        direction=direction, mode=mode, purpose=purpose, channel=channel, person=person or ticket.contact_person, by=by,
        at=at, words=kept, chased=chased, accepted=accepted, odd_hours=why_now, corrects=corrects,
    )  # fmt: skip
    Ticket.objects.filter(pk=ticket.pk).update(touched_at=at, chased=F("chased") + int(chased))
    event = {"in": "heard", "out": "said"}[direction]
    record(
        ticket.key,
        event,
        by=by,
        at=at,
        contact=contact.pk,
        purpose=purpose,
        mode=mode,
        channel=channel,
        words=kept,
    )
    return contact


def hours_problem(ticket: Ticket, *, mode: str, channel: str, reason: str, at: datetime) -> str:
    """Why a live contact at this moment needs a reason: it falls outside the customer's hours (R5.10.3a, CASES t)."""
    customer = ticket.customer
    live = channel in LIVE_CHANNELS and mode in (Contact.Mode.SPOKEN, Contact.Mode.TRIED)
    if not customer or not live or reason.strip() or customer.is_reachable(at):
        return ""
    return _("This is outside the hours the customer prefers. Say why it could not wait.")


@transaction.atomic
def update_customer(
    ticket: Ticket, *, words: str, mode: str, channel: str, by: User, at: datetime, odd_hours: str = ""
) -> Contact:
    """Tell the customer of a step before they ask; the promise stays as it is (R1.4c)."""
    ticket = lock(ticket)
    if not words.strip():
        raise ValidationError({"words": _("Write down what was said.")})
    if problem := mode_problem(ticket, mode):
        raise ValidationError({"mode": problem})
    if problem := hours_problem(ticket, mode=mode, channel=channel, reason=odd_hours, at=at):
        raise ValidationError({"odd_hours": problem})
    return add_contact(
        ticket, words=words, direction="out", mode=mode, purpose=Contact.Purpose.UPDATE, channel=channel, by=by, at=at,
        odd_hours=odd_hours,
    )  # fmt: skip


@transaction.atomic
def hear_from_customer(
    ticket: Ticket, *, words: str, channel: str, by: User, at: datetime, asked: bool = False, person=None
) -> Contact:
    """Write down what the customer said about a matter; `asked` means they had to ask for news first (R1.4c).

    The owner is told where somebody else took it.
    """
    ticket = lock(ticket)
    if not words.strip():
        raise ValidationError({"words": _("Write down what the customer said.")})
    contact = add_contact(
        ticket, words=words, direction="in", mode=mode_of(channel),
        purpose=Contact.Purpose.INBOUND, channel=channel, person=person, chased=asked, by=by, at=at,
    )  # fmt: skip
    if ticket.owner_id != by.pk:
        post(
            "heard",
            key=f"heard:{contact.pk}",
            channel="in_app",
            recipient=ticket.owner,
            params={"label": ticket.label, "path": ticket.path, "by": by.display_name, "asked": asked},
            at=at,
        )
    return contact


@transaction.atomic
def correct_contact(contact: Contact, *, words: str, by: User, at: datetime) -> Contact:
    """Correct what was written down by a new contact; the old one stays as it is (CASES r)."""
    ticket = lock(contact.ticket)
    if not words.strip():
        raise ValidationError({"words": _("Write down how it should read.")})
    return add_contact(
        ticket, words=words, direction=contact.direction, mode=contact.mode, purpose=Contact.Purpose.CORRECTION,
        channel=contact.channel, person=contact.person, by=by, at=at, corrects=contact,
    )  # fmt: skip
