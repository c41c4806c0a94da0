"""What a ticket's page says at one glance: what is owed and why then, what comes next, and what stands out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.audit.timeline import Head
from servicedesk.clock.due import due_after
from servicedesk.regulations.standing import setting_at
from tickets.confirmations import may_confirm
from tickets.models import ComplainedAbout, Kind, OpinionCheck, Reading, Ticket
from tickets.repeats import matters_of

if TYPE_CHECKING:
    from servicedesk.staff.models import User
    from tickets.models.ticket import TicketQuerySet

MATTERS = 8  # other matters of the customer that are named


class Step(StrEnum):
    """The one obvious thing to do next on a ticket."""

    REPLY = "reply"  # tell the customer, or put it on the file where nobody is to be told
    TASK = "task"  # do it and report it
    CHECK = "check"  # ask the customer how it was handled
    CONFIRM = "confirm"  # as the second person, confirm that it is solved
    SECOND = "second"  # wait for a second person
    OTHERS = "others"  # it is about this person: somebody else asks or confirms
    OBJECTION = "objection"  # wait whether the customer objects to a written answer
    REQUESTER = "requester"  # as the requester, or in their place, confirm that the task is done
    WAIT = "wait"  # wait for who confirms
    CLOSED = "closed"


@dataclass(frozen=True)
class Flag:
    """Something about a ticket that stands out, in a word or two, with what it means and the clause that says so."""

    text: str
    meaning: str
    clause: str
    tone: str = ""


def next_step(ticket: Ticket, check: OpinionCheck | None, user: User, *, at: datetime) -> Step:
    """What this person does next on the ticket at that moment; `check` is its open one."""
    match ticket.state:
        case Ticket.State.CLOSED:
            return Step.CLOSED
        case Ticket.State.UNRESOLVED:
            return Step.TASK if ticket.kind == Kind.TASK else Step.REPLY
    if check is not None:
        if check.form == OpinionCheck.Form.REQUESTER:
            return Step.REQUESTER if may_confirm(check, user, at=at) else Step.WAIT
        if user.pk in ComplainedAbout.objects.people(ticket):
            return Step.OTHERS
        if check.form == OpinionCheck.Form.CUSTOMER:
            return Step.CHECK
        return Step.SECOND if check.solver_id == user.pk else Step.CONFIRM
    return Step.OBJECTION


def flags(ticket: Ticket, *, at: datetime) -> list[Flag]:
    """Chased, silent, untouched, overdue hours (R1.4b, R1.4c, R3.2.2); silence counts from S6 after the promise on."""
    found = []
    if ticket.chased:
        text = ngettext("chased once", "chased %(n)s times", ticket.chased) % {"n": ticket.chased}
        found.append(Flag(text, _("The customer had to ask for news first."), "R1.4c", "is-soon"))
    live = ticket.live_deadline
    if live is None:
        return found
    promptly, work = setting_at("S6", at), ticket.calendar.work_calendar()
    said = ticket.contacts.told().filter(at__gt=live.made_at)
    if due_after(promptly, live.made_at, work) < at and ticket.customer_id and not said.exists():
        meaning = _("Nothing has been said to the customer since the promise was made.")
        found.append(Flag(_("silent"), meaning, "R1.4b", "is-soon"))
    if due_after(promptly, ticket.touched_at, work) < at:
        meaning = _("Nobody has touched this ticket for longer than %(span)s.") % {"span": promptly}
        found.append(Flag(_("untouched"), meaning, "R3.2.2", "is-soon"))
    return found


def last_entry(ticket: Ticket) -> int:
    """The number of the last entry on its timeline."""
    return Head.objects.filter(subject=ticket.key).values_list("number", flat=True).first() or 0


def version(ticket: Ticket, *, last: int, at: datetime) -> str:
    """Another version means that the page no longer shows how the ticket stands after its entry number `last`.

    Whether it is overdue is derived, stamped or not.
    """
    owed = ticket.deadline()
    overdue = owed is not None and owed.is_overdue(at)
    return f"{last}-{owed.pk if owed else 0}-{int(overdue)}"


def other_matters(ticket: Ticket) -> TicketQuerySet | list[Ticket]:
    """The customer's other open matters, as anybody at intake may see them."""
    if ticket.customer is None:
        return []
    return matters_of(ticket.customer).exclude(pk=ticket.pk)[:MATTERS]


def repeats_of(ticket: Ticket) -> TicketQuerySet:
    """Later matters by which the customer came back to this one (R5.2.7d)."""
    repeats = Ticket.objects.filter(repeat_of=ticket).select_related("category", "owner", "live_deadline")
    return repeats.order_by("-received_at")[:MATTERS]


def unread(ticket: Ticket) -> Reading | None:
    """The reply on the file that the manager has still to read."""
    waiting = Reading.objects.filter(contact__ticket=ticket, deadline__settled_at=None)
    return (
        waiting.select_related("contact__by", "contact__words", "contact__ticket", "deadline__owner")
        .order_by("pk")
        .first()
    )
