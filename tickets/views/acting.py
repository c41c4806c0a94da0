"""How every act on a ticket is carried out: fetched through the one door, done once, refused on the form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from tickets.forms.fields import TicketForm, put_on
from tickets.models import Ticket
from tickets.once import said_already
from tickets.promises import lock

if TYPE_CHECKING:
    from servicedesk.staff.models import User

SHOWN_WITH = (
    "category", "customer", "contact_person", "project", "department", "owner", "first_responder", "requester",
    "recorder", "live_deadline", "open_check", "first_words", "wanted", "cause",
    "repeat_of__category", "repeat_of__owner", "repeat_of__live_deadline",
)  # fmt: skip
ACT_IDS = "act_%s"  # of the fields in a dialogue, which stands on the same page as the obvious form


def seen_ticket(user: User, number: str) -> Ticket:
    """The ticket as this person may see it, with what its page shows; to a stranger there is none (404)."""
    tickets = Ticket.objects.visible_to(user).select_related(*SHOWN_WITH)
    return get_object_or_404(tickets, number=number)


def carry_out(
    form: TicketForm, act: Callable[[], str], *, ticket: Ticket, words: str, by: User, at: datetime
) -> str:
    """Carry out one act on a valid form; what to say afterwards, or nothing where it was refused.

    `words` recognise a form that was sent twice: the second has no effect and is told so kindly. A refusal stands on
    the form; `form.is_stale` tells that something else happened meanwhile.
    """
    try:
        with transaction.atomic():
            lock(ticket)
            if said_already(ticket, words, seen=form.cleaned_data.get("seen", 0), by=by):
                return _("This was saved already; nothing was done twice.")
            return act()
    except ValidationError as refusal:
        put_on(form, refusal)
        form.is_stale = is_stale(refusal)
    except IntegrityError:
        form.add_error(
            None, _("Somebody else did this at the same moment. Look at what happened, then try again.")
        )
        form.is_stale = True
    return ""


def is_stale(refusal: ValidationError) -> bool:
    """Whether the act came too late, because somebody else was faster."""
    codes = {getattr(error, "code", None) for error in getattr(refusal, "error_list", [])}
    return bool(codes & {"stale", "settled"})
