"""Nobody handles or judges a complaint about themselves (INV 11; CASES n)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
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


def spare_named(subjects: Collection[str]) -> dict[str, set[int]]:
    """Whom the clock passes over: of each ticket the colleagues whom it is about, in one query."""
    numbers = [subject.partition(":")[2] for subject in subjects]
    found: dict[str, set[int]] = defaultdict(set)
    standing = ComplainedAbout.objects.standing().filter(ticket__number__in=numbers)
    for number, person in standing.values_list("ticket__number", "person"):
        found[f"ticket:{number}"].add(person)
    return found
