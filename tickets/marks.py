"""The four kinds of 'serious' as data: set with a reason, lifted with one (REGULATIONS 0.9)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.audit.words import store
from tickets.models import Mark, Ticket
from tickets.promises import lock

if TYPE_CHECKING:
    from servicedesk.staff.models import User


@transaction.atomic
def set_mark(ticket: Ticket, code: str, *, reason: str, by: User, at: datetime) -> Mark:
    """Mark an open ticket; a ticket may bear several marks, each once. Promises made from now on climb faster."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say what makes it so.")})
    if code not in Mark.Code.values:
        raise ValidationError({"mark": _("Choose one of the four marks.")})
    ticket = lock(ticket)
    if ticket.state == Ticket.State.CLOSED:
        raise ValidationError(_("This ticket is closed. Reopen it first."))
    if ticket.marks.filter(code=code, lifted_at=None).exists():
        raise ValidationError(_("The ticket bears this mark already."))
    mark = ticket.marks.create(code=code, reason=store(reason), set_by=by, set_at=at)
    record(ticket.key, "marked", by=by, at=at, mark=code, words=mark.reason)
    return mark


@transaction.atomic
def lift_mark(mark: Mark, *, reason: str, by: User, at: datetime) -> Mark:
    """Lift a mark, with a reason; a significant matter only by the general manager or the stand-in (R5.2.5)."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the mark no longer holds.")})
    if mark.code == Mark.Code.SIGNIFICANT and not by.has_perm("tickets.lift_significant"):
        raise ValidationError(_("Only the general manager can lift this mark."))
    ticket = lock(mark.ticket)
    lifted = Mark.objects.filter(pk=mark.pk, lifted_at=None).update(lifted_at=at, lifted_by=by)
    if not lifted:
        raise ValidationError(_("This mark has been lifted already."))
    record(ticket.key, "mark_lifted", by=by, at=at, mark=mark.code, words=store(reason))
    mark.refresh_from_db()
    return mark
