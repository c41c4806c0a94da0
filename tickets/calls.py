"""A call is logged once, however often its form is sent, and with it a customer met for the first time (R5.2.7b)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from servicedesk.customers.creating import create_customer
from tickets.intake import Intake, open_ticket
from tickets.models import Submission, Ticket

if TYPE_CHECKING:
    from servicedesk.staff.models import User


@dataclass(frozen=True)
class Newcomer:
    """A customer whom the desk meets in this call; numbers and addresses as given."""

    name: str
    kind: str
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()


@dataclass(frozen=True)
class Logged:
    """The ticket that a form made; `again` if an earlier sending of the same form made it."""

    ticket: Ticket
    again: bool = False


def log_call(
    intake: Intake, *, form_key: str, newcomer: Newcomer | None = None, by: User, at: datetime
) -> Logged:
    """Take a matter in, and its customer where that is a newcomer, both or neither.

    The same form of the same person, sent twice in a row or twice at once, makes one ticket. Raises ValidationError
    by field: those of `Intake`, and `name`, `phones`, `emails` of the newcomer.
    """
    earlier = ticket_of_form(form_key, by=by)
    if earlier:
        return Logged(earlier, again=True)
    try:
        return Logged(_log(intake, form_key, newcomer, by=by, at=at))
    except IntegrityError:
        earlier = ticket_of_form(form_key, by=by)  # the other sending came first
        if earlier is None:
            raise
        return Logged(earlier, again=True)


@transaction.atomic
def _log(intake: Intake, form_key: str, newcomer: Newcomer | None, *, by: User, at: datetime) -> Ticket:
    if newcomer:
        customer = create_customer(
            newcomer.name,
            kind=newcomer.kind,
            phones=newcomer.phones,
            emails=newcomer.emails,
            by=by,
            at=at,
        )
        intake = replace(intake, customer=customer)
    ticket = open_ticket(intake, by=by, at=at)
    Submission.objects.create(by=by, key=form_key, ticket=ticket)
    return ticket


def ticket_of_form(form_key: str, *, by: User) -> Ticket | None:
    """The ticket that this person's form has made already."""
    sent = Submission.objects.filter(by=by, key=form_key).select_related("ticket").first()
    return sent.ticket if sent else None
