"""What a ticket is about in two lines, for My desk and other places that know tickets only by their key."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db.models.functions import Coalesce, Left
from django.utils.translation import gettext as _

from servicedesk.clock.describing import Description
from tickets.models import Ticket

if TYPE_CHECKING:
    from servicedesk.staff.models import User

LINE = 200  # characters of somebody's words


def describe_tickets(subjects: Collection[str], user: User) -> dict[str, Description]:
    """Whose each ticket is and what is wanted most, else how it began; for those that the person sees, in one query."""
    numbers = [subject.partition(":")[2] for subject in subjects]
    line = Left(Coalesce("wanted__text", "first_words__text"), LINE)
    seen = Ticket.objects.visible_to(user).filter(number__in=numbers)
    rows = seen.values_list("number", "customer__name", "anonymous", line)
    return {
        f"ticket:{number}": Description(name or (_("anonymous") if anonymous else ""), said or "")
        for number, name, anonymous, said in rows
    }
