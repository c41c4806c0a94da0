"""Giving the customer a word, and keeping exactly one of them live (R1.1e-R1.1g, INV 3)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction

from servicedesk.audit.timeline import record
from servicedesk.audit.words import store
from servicedesk.clock.due import WISH, derive
from servicedesk.clock.models import Deadline, Ladder
from servicedesk.clock.owing import owe
from tickets.limits import TASK, Word, later_limit
from tickets.models import Kind, Mark, Promise, Ticket

if TYPE_CHECKING:
    from servicedesk.customers.models import ContactPerson
    from servicedesk.staff.models import User


def lock(ticket: Ticket) -> Ticket:
    """The ticket's row, locked: the first lock of every act on a ticket. Raises TransactionManagementError outside a
    transaction, where nothing would be locked.

    In two statements: one that waits for a lock joins the row as it then stands to what others had before it waited,
    and finds no owner or live deadline where these have just changed. Without the key: rows that name this one are
    checked when they are committed, and would wait for whoever waits for them.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a ticket is locked inside a transaction")
    if connection.features.has_select_for_update:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM tickets_ticket WHERE id = %s FOR NO KEY UPDATE", [ticket.pk])
    return Ticket.objects.select_related(
        "category", "department", "owner", "first_responder", "customer", "live_deadline", "open_check"
    ).get(pk=ticket.pk)


def ladder_for(ticket: Ticket) -> Ladder | None:
    """A marked ticket's promises climb the ladder of serious matters (CASES u); otherwise that of their kind."""
    serious = ticket.pk and Mark.objects.filter(ticket=ticket, lifted_at=None).exists()
    return Ladder.objects.active("serious") if serious else None


def give_word(
    ticket: Ticket,
    word: Word,
    *,
    by: User,
    at: datetime,
    person: ContactPerson | None = None,
    **changes,
) -> Promise:
    """Promise the customer of a locked ticket to be heard from by `word.due_at` (R1.1e, R1.1g).

    It becomes the ticket's live deadline; whoever calls has checked the limits, and settles the one before it
    afterwards in the same transaction. `changes` are what else changes in the ticket's row in the same statement.
    """
    deadline = owe(
        "promise",
        ticket,
        due_at=word.due_at,
        at=at,
        ladder=ladder_for(ticket),
        derivation=derive(WISH if word.wished else "S3", None, at, word.due_at, ticket.calendar),
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


def give_time(ticket: Ticket, word: Word, *, by: User, at: datetime, **changes) -> Deadline:
    """Give a locked task its next due time; `word.will_tell` is what is still to be done, `changes` as above."""
    number = Deadline.objects.filter(subject=ticket.key, kind="task").count() + 1
    deadline = owe("task", ticket, due_at=word.due_at, at=at, ladder=ladder_for(ticket))
    make_live(ticket, deadline, **changes)
    words = store(word.will_tell)
    record(ticket.key, "promised", by=by, at=at, due_at=word.due_at, words=words, number=number, wished=False)
    return deadline


def next_limit(ticket: Ticket, *, at: datetime) -> datetime:
    """How far ahead the next promise of a ticket may lie, or the next due time of a task."""
    return at + TASK if ticket.kind == Kind.TASK else later_limit(ticket.calendar, at=at)


def renew(
    ticket: Ticket, word: Word, *, by: User, at: datetime, person: ContactPerson | None = None, **changes
) -> None:
    """Give a locked ticket its next promise, or a task its next due time; limits are the caller's matter."""
    if ticket.kind == Kind.TASK:
        give_time(ticket, word, by=by, at=at, **changes)
    else:
        give_word(ticket, word, by=by, at=at, person=person, **changes)


def make_live(ticket: Ticket, deadline: Deadline | None, **changes) -> None:
    """Swap the ticket's live deadline, with what else changes in the same row."""
    ticket.live_deadline = deadline
    for name, value in changes.items():
        setattr(ticket, name, value)
    ticket.save(update_fields=["live_deadline", *changes])
