"""Mistake, test, spam: void by two people, with number, words and timeline kept (CASES j)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.audit.words import store
from tickets.impartial import check_impartial
from tickets.models import Ticket, VoidRequest
from tickets.promises import lock
from tickets.resolving import close_void

if TYPE_CHECKING:
    from servicedesk.staff.models import User


@transaction.atomic
def ask_to_void(ticket: Ticket, *, reason: str, by: User, at: datetime) -> VoidRequest:
    """Ask that an open ticket be void. Refused while a customer was promised something and not told."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why this is no real matter.")})
    ticket = lock(ticket)
    _check_voidable(ticket)
    if ticket.void_requests.filter(confirmed=None).exists():
        raise ValidationError(_("Somebody has asked for this already; a second person has to confirm."))
    request = ticket.void_requests.create(reason=store(reason), asked_by=by, asked_at=at)
    record(ticket.key, "void_asked", by=by, at=at, words=request.reason)
    return request


@transaction.atomic
def decide_void(request: VoidRequest, *, confirmed: bool, by: User, at: datetime) -> VoidRequest:
    """Confirm or refuse a request to void, by somebody else whom it is not about; a breach that stands already stays."""
    ticket = lock(request.ticket)
    if request.asked_by_id == by.pk:
        raise ValidationError(_("Somebody other than the person who asked has to confirm."))
    check_impartial(ticket, by)
    if confirmed:
        _check_voidable(ticket)
    decided = VoidRequest.objects.filter(pk=request.pk, confirmed=None).update(
        confirmed=confirmed, decided_by=by, decided_at=at
    )
    if not decided:
        raise ValidationError(_("This request has been decided already."))
    record(ticket.key, "void_decided", by=by, at=at, confirmed=confirmed)
    if confirmed:
        close_void(ticket, by=by, at=at)
    request.refresh_from_db()
    return request


def _check_voidable(ticket: Ticket) -> None:
    if ticket.state == Ticket.State.CLOSED:
        raise ValidationError(_("This ticket is closed already."))
    promise = ticket.promises.live().first()
    if promise is None or ticket.customer is None:
        return
    if not ticket.contacts.told().filter(at__gt=promise.made_at).exists():
        raise ValidationError(
            _("A customer waits for the promised answer. Tell them first that nothing will follow.")
        )
