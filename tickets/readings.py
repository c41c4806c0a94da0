"""Replies that no customer can be told: the manager reads them by the promised time instead (CASES g, h; INV 11)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.clock.due import due_after
from servicedesk.clock.owing import owe, pass_on, withdraw
from servicedesk.regulations.span import Span
from servicedesk.staff.directory import Directory
from servicedesk.staff.passing_on import Left
from tickets.models import ComplainedAbout, Contact, Reading, Ticket
from tickets.ownership import heir, successor
from tickets.promises import lock

if TYPE_CHECKING:
    from servicedesk.staff.models import Department, User


def owe_reading(ticket: Ticket, contact: Contact, *, at: datetime) -> Reading:
    """Owe the manager's reading of a reply on the file, by the promised time; never to who wrote it."""
    due_at = ticket.live.due_at
    if due_at <= at:
        due_at = due_after(Span(1, "working_days"), at, ticket.calendar.work_calendar())
    reader, department = successor(ticket, Directory.at(at), besides=_writers(contact))
    deadline = owe("reading", _ReadBy(ticket, reader, department), due_at=due_at, at=at)
    return Reading.objects.create(contact=contact, deadline=deadline)


class _ReadBy:
    """The ticket as the matter of its reader: what is owed here is owed by the manager."""

    def __init__(self, ticket: Ticket, owner: User, department: Department) -> None:
        self.key, self.path, self.label = ticket.key, ticket.path, ticket.label
        self.first_responder, self.calendar = ticket.first_responder, ticket.calendar
        self.owner, self.department = owner, department


def withdraw_readings(ticket: Ticket, *, by: User, at: datetime, reason: str) -> None:
    """End what is still to be read on a locked ticket that turned out to be no matter (CASES j)."""
    for reading in _unread().filter(contact__ticket=ticket):
        withdraw(reading.deadline, by=by, at=at, reason=reason)


def pass_on_readings(user: User, *, by: User | str, at: datetime) -> int:
    """Pass what a leaver still had to read to the next manager, in the caller's transaction. Returns how many stay."""
    directory = Directory.at(at)
    stay = 0
    for reading in _unread().filter(deadline__owner=user).order_by("pk"):
        try:
            _pass_on(reading, user, directory, by=by, at=at)
        except ValidationError:
            stay += 1
    return stay


def pass_on_readings_of(ticket: Ticket, user: User, *, by: User | str, at: datetime) -> None:
    """The same on one ticket, for somebody who stays. Raises ValidationError if nobody else could read."""
    directory = Directory.at(at)
    for reading in _unread().filter(deadline__owner=user, contact__ticket=ticket).order_by("pk"):
        _pass_on(reading, user, directory, by=by, at=at)


def _pass_on(reading: Reading, user: User, directory: Directory, *, by: User | str, at: datetime) -> None:
    ticket = lock(reading.contact.ticket)
    reader, department = successor(ticket, directory, besides={user.pk, *_writers(reading.contact)})
    record(ticket.key, "reading_passed_on", by=by, at=at, owner=reader.pk, was=user.pk)
    pass_on(reading.deadline, owner=reader, department=department)


def readings_left_by(user: User, *, at: datetime) -> Left | None:
    """How many replies on the file somebody would leave unread, and who would read them."""
    directory = Directory.at(at)
    heirs: Counter[int | None] = Counter()
    for reading in _unread().filter(deadline__owner=user):
        ticket = reading.contact.ticket
        exclude = {
            user.pk,
            ticket.owner_id,
            *_writers(reading.contact),
            *ComplainedAbout.objects.people(ticket),
        }
        heirs[heir(ticket, directory, exclude=exclude)] += 1
    return Left.to(heirs, directory.organisation, what=_("Replies on the file to be read"))


def _unread():
    return Reading.objects.filter(deadline__settled_at=None).select_related("deadline", "contact__ticket")


def _writers(contact: Contact) -> set[int]:
    return {contact.by_id} if contact.by_id else set()
