"""Replies that no customer can be told: the manager reads them by the promised time instead (CASES g, h; INV 11)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from servicedesk.audit.timeline import record
from servicedesk.clock.due import due_after
from servicedesk.clock.owing import owe, pass_on, withdraw
from servicedesk.regulations.span import Span
from servicedesk.staff.directory import Directory
from tickets.models import Contact, Reading, Ticket
from tickets.ownership import successor
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


def pass_on_readings(user: User, *, by: User | str, at: datetime, ticket: Ticket | None = None) -> int:
    """Pass what a leaver still had to read to the next manager, in the caller's transaction. Returns how many.

    With a `ticket`, what somebody who stays had to read on that one.
    """
    directory = Directory.at(at)
    passed = 0
    unread = _unread().filter(deadline__owner=user)
    if ticket:
        unread = unread.filter(contact__ticket=ticket)
    for reading in unread.order_by("pk"):
        read_on = lock(reading.contact.ticket)
        reader, department = successor(read_on, directory, besides={user.pk, *_writers(reading.contact)})
        record(read_on.key, "reading_passed_on", by=by, at=at, owner=reader.pk, was=user.pk)
        passed += pass_on(reading.deadline, owner=reader, department=department)
    return passed


def _unread():
    return Reading.objects.filter(deadline__settled_at=None).select_related("deadline", "contact__ticket")


def _writers(contact: Contact) -> set[int]:
    return {contact.by_id} if contact.by_id else set()
