"""One form, one effect: a form that was sent twice is recognised by what its author said since it was drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from servicedesk.audit.line import Kept
from servicedesk.audit.models import Words
from servicedesk.audit.timeline import Entry

if TYPE_CHECKING:
    from servicedesk.staff.models import User
    from tickets.models import Ticket

LOOKED_AT = 50  # entries of one author since a form was drawn


def said_already(ticket: Ticket, words: str, *, seen: int, by: User) -> bool:
    """Whether `by` has put these very words on the ticket's timeline after entry number `seen`.

    Whoever calls holds the ticket's lock, so that of two equal forms sent at once the second finds the first.
    """
    if not words.strip():
        return False
    since = Entry.objects.of(ticket.key).filter(number__gt=seen, by=by).order_by("-number")[:LOOKED_AT]
    kept = {value.words for entry in since for value in entry.facts.values() if isinstance(value, Kept)}
    return Words.objects.filter(pk__in=kept, text=words).exists()
