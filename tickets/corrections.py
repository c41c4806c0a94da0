"""Slips put right by a new entry, the old value kept (CASES r; R4.5a, R3.3.2b)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.audit.words import store
from servicedesk.clock.owing import relabel
from servicedesk.outbox.posting import post
from tickets.models import Category, Ticket
from tickets.promises import lock
from tickets.resolving import fit_check
from tickets.searching import held_tokens, ticket_tokens

if TYPE_CHECKING:
    from servicedesk.customers.models import ContactPerson, Customer
    from servicedesk.staff.models import User


@transaction.atomic
def correct_customer(
    ticket: Ticket, *, customer: Customer, contact_person: ContactPerson | None = None, by: User, at: datetime
) -> Ticket:
    """Put the right customer or contact person on a ticket; the owner is told, so that the right person hears.

    A project, and a matter that it was said to repeat, stay only if they are the right customer's, too, and so does its
    being repeated by others; what is lost stays on the timelines.
    """
    # Customers are locked before tickets; the wrong one too, so that no repeat of this ticket comes in meanwhile.
    found_by = held_tokens(key for key in (customer.pk, ticket.customer_id) if key)
    ticket = lock(ticket)
    if contact_person and contact_person.customer_id != customer.pk:
        raise ValidationError({"contact_person": _("This person does not belong to the customer.")})
    was = {"was": ticket.customer_id, "was_person": ticket.contact_person_id}
    if was == {"was": customer.pk, "was_person": contact_person and contact_person.pk}:
        raise ValidationError(
            {"customer": _("These are the customer and contact person on the ticket already.")}
        )
    changes: dict[str, Any] = {
        "customer": customer,
        "contact_person": contact_person,
        "anonymous": False,
        "touched_at": at,
    }
    for name, code in (("project", "was_project"), ("repeat_of", "was_repeat_of")):
        others = getattr(ticket, name)
        if others and others.customer_id != customer.pk:
            was[code], changes[name] = others.pk, None
    _let_go_of_repeats(ticket, customer, by=by, at=at)
    changes["tokens"] = ticket_tokens(ticket, ticket.first_words.text or "", found_by[customer.pk])
    for name, value in changes.items():
        setattr(ticket, name, value)
    ticket.save(update_fields=list(changes))
    person = contact_person.pk if contact_person else None
    record(ticket.key, "customer_corrected", by=by, at=at, customer=customer.pk, person=person, **was)
    fit_check(ticket, by=by, at=at)
    if ticket.owner_id != by.pk:
        post(
            "customer_corrected",
            key=f"customer_corrected:{ticket.number}:{at.isoformat()}",
            channel="in_app",
            recipient=ticket.owner,
            params={"label": ticket.label, "path": ticket.path, "by": by.display_name},
            at=at,
        )
    return ticket


def _let_go_of_repeats(ticket: Ticket, customer: Customer, *, by: User, at: datetime) -> None:
    """Other customers' matters repeat this one no longer. They came in later, so their keys keep the order of locks."""
    others = ticket.repeats.exclude(customer=customer).select_for_update(no_key=True).order_by("pk")
    for other in others:
        other.repeat_of = None
        other.save(update_fields=["repeat_of"])
        record(other.key, "repeat_undone", by=by, at=at, was_repeat_of=ticket.pk)


@transaction.atomic
def reclassify(
    ticket: Ticket, *, category: Category, severity: str, reason: str, by: User, at: datetime
) -> Ticket:
    """Change category or severity; old value, author and reason stay on the timeline (R4.5a).

    What is owed on it bears the new category from now on.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the classification changes.")})
    if severity not in Ticket.Severity.values:
        raise ValidationError({"severity": _("Choose how severe it is.")})
    ticket = lock(ticket)
    if category.kind not in ("", ticket.kind):
        raise ValidationError({"category": _("Choose a category that is offered for this kind of matter.")})
    was = {"was_category": ticket.category_id, "was_severity": ticket.severity}
    if was == {"was_category": category.pk, "was_severity": severity}:
        raise ValidationError(_("Nothing has changed: the ticket is classified so already."))
    ticket.category, ticket.severity, ticket.touched_at = category, severity, at
    ticket.save(update_fields=["category", "severity", "touched_at"])
    record(
        ticket.key,
        "reclassified",
        by=by,
        at=at,
        category=category.pk,
        severity=severity,
        words=store(reason),
        **was,
    )
    relabel(ticket.key, ticket.label)
    return ticket


@transaction.atomic
def establish(ticket: Ticket, *, cause: str = "", wanted: str = "", by: User, at: datetime) -> Ticket:
    """Write down the true cause or the outcome the customer wants most, as known now; earlier words stay (R3.3.2b)."""
    found = {name: text for name, text in (("cause", cause), ("wanted", wanted)) if text.strip()}
    if not found:
        raise ValidationError({"cause": _("Write down the cause, or what the customer wants most.")})
    ticket = lock(ticket)
    words = {name: store(text) for name, text in found.items() if text != _standing(ticket, name)}
    if not words:
        raise ValidationError(_("Nothing has changed: this stands on the ticket already."))
    for name, kept in words.items():
        setattr(ticket, name, kept)
    ticket.touched_at = at
    ticket.save(update_fields=[*words, "touched_at"])
    record(ticket.key, "established", by=by, at=at, **words)
    return ticket


def _standing(ticket: Ticket, name: str) -> str | None:
    words = getattr(ticket, name)
    return words and words.text
