"""Where a number leads straight away: somebody who types one wants that very matter or customer."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from servicedesk.customers.models import Customer, PhoneNumber
from servicedesk.customers.normal import LAST_DIGITS, line_digits, normalise_phone
from tickets.models import Ticket

if TYPE_CHECKING:
    from servicedesk.staff.models import User


def straight_to(text: str, user: User) -> str:
    """The page of the one ticket or customer whose number this is, of those that the person sees; else nothing.

    A ticket's number or the one it bears elsewhere, a customer's number or a telephone number. What two bear leads
    nowhere: the list then shows both.
    """
    number = unicodedata.normalize("NFKC", text).strip()
    if not any(character.isdigit() for character in number):
        return ""
    tickets = Ticket.objects.visible_to(user)
    if ticket := tickets.filter(number=number).first():
        return ticket.path
    external = tickets.search(number).filter(external_number=number)
    customers = Customer.objects.visible_to(user)
    meant = [
        *(ticket.path for ticket in external.only("number")[:2]),
        *(customer.get_absolute_url() for customer in customers.filter(number=number.upper()).only("number")),
        *(
            customer.get_absolute_url()
            for customer in customers.filter(pk__in=_called(number)).only("number")[:2]
        ),
    ]
    return meant[0] if len(meant) == 1 else ""


def _called(text: str) -> list[int]:
    """The customers who have exactly this telephone number; short ones are words like others."""
    try:
        number = normalise_phone(text)
    except ValidationError:
        return []
    if len(line_digits(number)) < LAST_DIGITS:
        return []
    return list(PhoneNumber.objects.filter(number=number).values_list("customer", flat=True)[:2])
