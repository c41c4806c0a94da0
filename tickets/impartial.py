"""Nobody handles or judges a complaint about themselves (INV 11; CASES n)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from tickets.models import ComplainedAbout, Ticket

if TYPE_CHECKING:
    from servicedesk.staff.models import User


def check_impartial(ticket: Ticket, by: User) -> None:
    """Refuse whom the ticket is about. Raises ValidationError."""
    if by.pk in ComplainedAbout.objects.people(ticket):
        raise ValidationError(_("This complaint is about you. Somebody else has to do this."))
