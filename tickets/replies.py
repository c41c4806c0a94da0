"""Answering the customer: the reply that settles a promise and renews it in one step (R1.1f, R1.1g; CASES c, d, e, g, h)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.audit.words import store
from servicedesk.clock.desk import covered_by
from servicedesk.clock.due import due_after
from servicedesk.clock.owing import settle
from servicedesk.regulations.span import Span
from servicedesk.staff.models import Department
from tickets.contacts import add_contact, hours_problem, mode_problem
from tickets.limits import UNREACHED_DAYS, Word, check_due
from tickets.models import ComplainedAbout, Contact, Kind, Promise, Reading, Ticket
from tickets.promises import lock, next_limit, renew
from tickets.readings import owe_reading
from tickets.resolving import closes_by_answer, resolve

if TYPE_CHECKING:
    from servicedesk.clock.models import Deadline
    from servicedesk.customers.models import ContactPerson
    from servicedesk.staff.models import User
    from tickets.models.contact import ContactQuerySet

APART = timedelta(minutes=30)  # between two attempts that count (CASES c)
HEARD = (Contact.Mode.SPOKEN, Contact.Mode.WRITTEN)  # the customer may have said something in turn


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What was said to the customer, how, and what comes next.

    `answering` is the live deadline that the form showed; a reply to another one is stale. `next_word` is demanded
    unless the matter is solved or nobody was reached for the first time.
    """

    words: str
    mode: str
    channel: str
    solved: bool = False
    accepted: bool = False
    next_word: Word | None = None
    person: ContactPerson | None = None
    chased: bool = False
    odd_hours: str = ""
    answering: int | None = None


@transaction.atomic
def reply_to_customer(ticket: Ticket, reply: Reply, *, by: User, at: datetime) -> Contact:
    """Reply on an unresolved ticket, under the replier's own name; whose ticket it is stays (CASES e).

    Spoken words or words in writing settle the promise, and so does a second attempt in time where only a telephone
    is known (CASES c). A spoken answer that nobody accepted solves no inquiry (CASES a). Not solved: the next promise is part of the same step. Solved: the ticket is resolved.
    Raises ValidationError if the ticket is not unresolved, somebody else answered meanwhile, or something is missing.
    """
    ticket = lock(ticket)
    _check_answerable(ticket, reply)
    _check_words(ticket, reply, at=at)
    contact = add_contact(
        ticket, words=reply.words, direction="out", mode=reply.mode, purpose=Contact.Purpose.REPLY, channel=reply.channel,
        person=reply.person, chased=reply.chased, accepted=reply.solved and reply.accepted, odd_hours=reply.odd_hours, by=by, at=at,
    )  # fmt: skip
    if reply.mode == Contact.Mode.TRIED and not settles_unreached(ticket, at=at):
        return contact
    if reply.mode == Contact.Mode.ON_FILE:
        owe_reading(ticket, contact, at=at)
    if ticket.kind != Kind.TASK:
        Promise.objects.filter(deadline=ticket.live_deadline, reply=None).update(reply=contact)
    if reply.solved:
        resolve(ticket, by=by, at=at, accepted=reply.accepted)
    else:
        _renew(ticket, reply, by=by, at=at)
    return contact


def _check_answerable(ticket: Ticket, reply: Reply) -> None:
    if ticket.state != Ticket.State.UNRESOLVED:
        raise ValidationError(
            _("This ticket is no longer open. Reopen it if the matter goes on."), code="stale"
        )
    if reply.answering is not None and reply.answering != ticket.live_deadline_id:
        raise ValidationError(
            _(
                "Somebody has replied meanwhile. Read what was said, then decide whether your words are still needed."
            ),
            code="stale",
        )


def _check_words(ticket: Ticket, reply: Reply, *, at: datetime) -> None:
    errors = {}
    if not reply.words.strip():
        errors["words"] = _("Write down what was said.")
    if reply.solved and reply.mode == Contact.Mode.TRIED:
        errors["solved"] = _("Nobody was reached, so the solution has not been told yet.")
    if reply.solved and reply.accepted and reply.mode not in HEARD:
        errors["accepted"] = _("Nobody was spoken with who could have accepted the answer.")
    if reply.solved and not reply.accepted and reply.mode == Contact.Mode.SPOKEN and closes_by_answer(ticket):
        errors["accepted"] = _(
            "Spoken words close the matter only if the customer accepted them. If not, put the answer in writing, or say "
            "when the customer hears from you next."
        )
    if problem := mode_problem(ticket, reply.mode):
        errors["mode"] = problem
    if reply.person and reply.person.customer_id != ticket.customer_id:
        errors["person"] = _("This person does not belong to the customer.")
    if reply.next_word and reply.next_word.wished and reply.mode not in HEARD:
        errors["due_at"] = _("Nobody was spoken with who could have asked for a later time.")
    if problem := hours_problem(
        ticket, mode=reply.mode, channel=reply.channel, reason=reply.odd_hours, at=at
    ):
        errors["odd_hours"] = problem
    if errors:
        raise ValidationError(errors)


def settles_unreached(ticket: Ticket, *, at: datetime) -> bool:
    """Whether the attempts so far settle the live promise as kept, nobody reached (CASES c).

    Two attempts at least half an hour apart, both before the due time, where only a telephone is known.
    """
    live = ticket.live
    if at > live.due_at or writable(ticket):
        return False
    moments = sorted(_attempts(ticket, live).values_list("at", flat=True))
    return len(moments) >= 2 and moments[-1] - moments[0] >= APART


def _attempts(ticket: Ticket, live: Deadline) -> ContactQuerySet:
    """The attempts to reach the customer that count for the live promise."""
    tried = ticket.contacts.filter(mode=Contact.Mode.TRIED, corrects=None)
    return tried.filter(at__gte=live.made_at, at__lte=live.due_at)


def next_attempt_settles(ticket: Ticket, *, at: datetime) -> bool:
    """Whether nobody answering an attempt at `at` would settle the live promise (CASES c)."""
    live = ticket.live_deadline
    if live is None or at > live.due_at or writable(ticket):
        return False
    first = _attempts(ticket, live).order_by("at").first()
    return first is not None and at - first.at >= APART


def writable(ticket: Ticket) -> bool:
    """Whether words can be left with the customer in writing: an e-mail or postal address is known."""
    customer = ticket.customer
    return bool(customer and (customer.address or customer.emails.exists()))


def unreached_due(ticket: Ticket, *, at: datetime) -> datetime:
    """The latest next promise after nobody was reached twice: one working day (CASES c)."""
    return due_after(Span(UNREACHED_DAYS, "working_days"), at, ticket.calendar.work_calendar())


def _renew(ticket: Ticket, reply: Reply, *, by: User, at: datetime) -> None:
    """New deadline, promise, swap; then the old deadline is settled (INV 3)."""
    if reply.next_word is None:
        raise ValidationError({"due_at": _("Not solved yet: say when the customer hears from you next.")})
    unreached = reply.mode == Contact.Mode.TRIED
    limit = unreached_due(ticket, at=at) if unreached else next_limit(ticket, at=at)
    check_due(reply.next_word, limit=limit, at=at)
    was = ticket.live
    renew(ticket, reply.next_word, by=by, at=at, person=reply.person)
    settle(was, by=by, at=at)


@transaction.atomic
def confirm_reading(reading: Reading, *, by: User, at: datetime) -> Reading:
    """The manager has read the reply that no customer could be told; the person who wrote it cannot (INV 11).

    Raises ValidationError if `by` may not, or somebody has read it before.
    """
    ticket = lock(reading.contact.ticket)
    if reading.contact.by_id == by.pk:
        raise ValidationError(_("Somebody other than the person who wrote the reply has to read it."))
    if not may_read(reading, by, at=at):
        raise ValidationError(_("The manager reads this reply, or whoever leads the unit."))
    read = Reading.objects.filter(pk=reading.pk, read_at=None).update(read_at=at, read_by=by)
    if not read:
        raise ValidationError(_("This reply has been read already."))
    record(ticket.key, "file_read", by=by, at=at, contact=reading.contact_id)
    settle(reading.deadline, by=by, at=at)
    reading.refresh_from_db()
    return reading


def may_read(reading: Reading, user: User, *, at: datetime) -> bool:
    """The manager who owes the reading, their deputy, whoever leads the unit or sees all; never its author nor whom it is about."""
    owed, ticket = reading.deadline, reading.contact.ticket
    if user.pk in {reading.contact.by_id, *ComplainedAbout.objects.people(ticket)}:
        return False
    if user.has_perm("tickets.view_all_tickets") or owed.owner_id in {user.pk, *covered_by(user, at=at)}:
        return True
    return Department.objects.led_by(user).filter(pk=owed.department_id).exists()


@transaction.atomic
def finish_task(ticket: Ticket, *, words: str, by: User, at: datetime) -> Ticket:
    """Report a task as done to its requester, whose confirmation closes it (CASES a)."""
    ticket = lock(ticket)
    if ticket.kind != Kind.TASK or ticket.state != Ticket.State.UNRESOLVED:
        raise ValidationError(_("Only an open task can be finished."))
    if not words.strip():
        raise ValidationError({"words": _("Write down what was done.")})
    record(ticket.key, "task_finished", by=by, at=at, words=store(words))
    resolve(ticket, by=by, at=at)
    return ticket
