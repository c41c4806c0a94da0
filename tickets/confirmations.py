"""A task reported as done: its requester confirms that, or whoever has it from them or stands in (CASES a, f, o, y)."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import Record, record_many
from servicedesk.clock.owing import pass_on
from servicedesk.staff.covering import covered_by
from servicedesk.staff.directory import Directory
from servicedesk.staff.leaving import hold
from servicedesk.staff.passing_on import Left
from tickets.leavers import hold_tickets
from tickets.models import OpinionCheck, Ticket
from tickets.ownership import heir, successor

if TYPE_CHECKING:
    from servicedesk.staff.models import Department, User
    from tickets.models.promise import OpinionCheckQuerySet


class ToConfirm:
    """The task as the matter of who confirms it: what is owed here is not owed by the task's owner."""

    def __init__(self, ticket: Ticket, owner: User, department: Department) -> None:
        self.key, self.path, self.label = ticket.key, ticket.path, ticket.label
        self.first_responder = ticket.first_responder
        self.owner, self.department = owner, department
        self.calendar = department.effective_calendar()


def to_confirm(ticket: Ticket, *, solver: User, at: datetime) -> ToConfirm:
    """A locked task as the matter of its requester; of one who leaves or has left, of the manager or the next one up.

    Where nobody else is left it waits with the requester (CASES o).
    """
    if ticket.requester_id is None:
        raise LookupError(f"nobody asked for {ticket.number}")
    requester = hold(ticket.requester_id)
    unit = requester.department or ticket.department
    if requester.is_leaving:
        with suppress(ValidationError):
            theirs = _of(requester, unit, ticket)
            return ToConfirm(ticket, *successor(theirs, Directory.at(at), besides={solver.pk}))
    return ToConfirm(ticket, requester, unit)


def _of(owner: User, unit: Department, ticket: Ticket) -> Ticket:
    """The task as if it were this person's, to ask who has next what is theirs."""
    return Ticket(
        kind=ticket.kind, owner=owner, department=unit, first_responder_id=ticket.first_responder_id
    )


def may_confirm(check: OpinionCheck, user: User, *, at: datetime) -> bool:
    """Who asked for the task, who owes its confirmation now, and the deputy of who is absent.

    No deputy who reported it as done: then the requester's word is all the proof there is.
    """
    owed = check.owed
    if user.pk in (check.ticket.requester_id, owed.owner_id):
        return True
    return user.pk != check.solver_id and owed.owner_id in covered_by(user, at=at)


def pass_on_confirmations(user: User, *, by: User | str, at: datetime) -> int:
    """Pass what a leaver still had to confirm to their manager, in the caller's transaction. Returns how many stay.

    The number of statements grows with the people who did the tasks and have their confirmation next, not with the tasks.
    """
    if not (waiting := _held(user)):
        return 0
    directory = Directory.at(at)
    alike: dict[tuple[int, int], list[OpinionCheck]] = defaultdict(list)
    for check in waiting:
        alike[check.owed.department_id, check.solver_id].append(check)
    given: dict[tuple[User, Department], list[OpinionCheck]] = defaultdict(list)
    stay = 0
    for checks in alike.values():
        theirs = _of(user, checks[0].owed.department, checks[0].ticket)
        try:
            given[successor(theirs, directory, besides={checks[0].solver_id})] += checks
        except ValidationError:
            stay += len(checks)
    for (person, unit), checks in given.items():
        facts = {"owner": person.pk, "was": user.pk}
        record_many([Record(check.ticket.key, "check_passed_on", by, at, facts) for check in checks])
        pass_on(*(check.owed for check in checks), owner=person, department=unit)
    return stay


def _held(user: User) -> list[OpinionCheck]:
    """What the person still has to confirm, on tickets that are locked: some may have been confirmed meanwhile."""
    tickets = set(_waiting(user).values_list("ticket", flat=True))
    hold_tickets(tickets)
    return [check for check in _waiting(user).order_by("ticket") if check.ticket_id in tickets]


def confirmations_left_by(user: User, *, at: datetime) -> Left | None:
    """How many tasks somebody would leave unconfirmed, and who would confirm them."""
    if not (waiting := list(_waiting(user))):
        return None
    directory = Directory.at(at)
    heirs: Counter[int | None] = Counter()
    for check in waiting:
        theirs = _of(user, check.owed.department, check.ticket)
        heirs[heir(theirs, directory, exclude={user.pk, check.solver_id})] += 1
    return Left.to(heirs, directory.organisation, what=_("Tasks to be confirmed as done"))


def _waiting(user: User) -> OpinionCheckQuerySet:
    """The confirmations that a person owes, their own tasks or passed on to them."""
    owed = OpinionCheck.objects.of_requesters().filter(outcome=None, deadline__owner=user)
    return owed.select_related("deadline__department", "ticket")
