"""Giving the customer a word, and keeping exactly one of them live (R1.1e-R1.1g, INV 3)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from servicedesk.audit.timeline import record
from servicedesk.audit.words import store
from servicedesk.clock.due import derive
from servicedesk.clock.models import Deadline, Ladder
from servicedesk.clock.owing import owe
from tickets.limits import Word
from tickets.models import Mark, Promise, Ticket

if TYPE_CHECKING:
    from servicedesk.customers.models import ContactPerson
    from servicedesk.staff.models import User


def lock(ticket: Ticket) -> Ticket:
    """The ticket's row, locked: the first lock of every act on a ticket."""
    return (
        Ticket.objects.select_for_update(of=("self",))
        .select_related(
            "category", "department", "owner", "first_responder", "customer", "live_deadline", "open_check"
        )
        .get(pk=ticket.pk)
    )


def ladder_for(ticket: Ticket) -> Ladder | None:
    """A marked ticket's promises climb the ladder of serious matters (CASES u); otherwise that of their kind."""
    serious = ticket.pk and Mark.objects.filter(ticket=ticket, lifted_at=None).exists()
    return Ladder.objects.active("serious") if serious else None


def give_word(
    ticket: Ticket,
    word: Word,
    *,
    rule: str,
    by: User,
    at: datetime,
    person: ContactPerson | None = None,
    **changes,
) -> Promise:
    """Promise the customer of a locked ticket to be heard from by `word.due_at` (R1.1e, R1.1g).

    It becomes the ticket's live deadline; whoever calls has checked the limits, and settles the one before it
    afterwards in the same transaction. `rule` names the setting that limited the time; `changes` are what else
    changes in the ticket's row in the same statement.
    """
    deadline = owe(
        "promise",
        ticket,
        due_at=word.due_at,
        at=at,
        ladder=ladder_for(ticket),
        derivation=derive(rule, None, at, word.due_at, ticket.calendar),
    )
    words = store(word.will_tell)
    promise = ticket.promises.create(
        deadline=deadline,
        number=ticket.promises.count() + 1,
        words=words,
        channel=word.channel,
        person=person or ticket.contact_person,
        made_by=by,
        made_at=at,
        wished=word.wished,
    )
    make_live(ticket, deadline, **changes)
    record(
        ticket.key,
        "promised",
        by=by,
        at=at,
        due_at=word.due_at,
        words=words,
        number=promise.number,
        wished=word.wished,
    )
    return promise


def make_live(ticket: Ticket, deadline: Deadline | None, **changes) -> None:
    """Swap the ticket's live deadline, with what else changes in the same row."""
    ticket.live_deadline = deadline
    for name, value in changes.items():
        setattr(ticket, name, value)
    ticket.save(update_fields=["live_deadline", *changes])
