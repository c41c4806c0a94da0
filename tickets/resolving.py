"""From solved to closed, and back: what each kind demands, and the proof (INV 6; CASES a, b, g, h, p)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.audit.words import store
from servicedesk.clock.due import derive, due_after
from servicedesk.clock.owing import owe, settle, withdraw
from servicedesk.outbox.posting import post
from servicedesk.regulations.standing import setting_at
from tickets.contacts import nobody_to_tell
from tickets.limits import Word, check_due, later_limit
from tickets.models import OpinionCheck, Process, Ticket
from tickets.ownership import begin_period, end_period, owner_after_closing
from tickets.promises import give_word, lock, make_live
from tickets.readings import withdraw_readings
from tickets.signals import tickets_closed

if TYPE_CHECKING:
    from servicedesk.staff.models import User


def resolve(ticket: Ticket, *, by: User, at: datetime, accepted: bool = False) -> None:
    """End the promises of a locked ticket whose solution the customer has just been told.

    Depending on its kind it then owes the opinion check (S15), waits for an objection (S36), or closes. The deadline
    that was live is settled last, when nothing points to it any more.
    """
    was = ticket.live
    process = Process.objects.get(kind=ticket.kind)
    record(ticket.key, "resolved", by=by, at=at, accepted=accepted)
    if ticket.demands_check:
        owe_check(ticket, solver=by, at=at, live_deadline=None, state=Ticket.State.RESOLVED, resolved_at=at)
    elif process.closes_by == Process.Closing.DECISION:
        _close(ticket, Ticket.Ended.DECIDED, by=by, at=at, live_deadline=None, resolved_at=at)
    elif process.closes_by == Process.Closing.ANSWER and accepted:
        _close(ticket, Ticket.Ended.ACCEPTED, by=by, at=at, live_deadline=None, resolved_at=at)
    elif process.closes_by == Process.Closing.ANSWER:
        unopposed_at = due_after(setting_at("S36", at), at, ticket.calendar.work_calendar())
        make_live(ticket, None, state=Ticket.State.RESOLVED, resolved_at=at, unopposed_at=unopposed_at)
    else:
        make_live(ticket, None, state=Ticket.State.RESOLVED, resolved_at=at)
        _tell_requester(ticket, at=at)
    settle(was, by=by, at=at)


def owe_check(
    ticket: Ticket, *, solver: User, at: datetime, again_after: datetime | None = None, **changes
) -> OpinionCheck:
    """Owe the opinion check of a ticket, or the second person's confirmation where the customer cannot be asked.

    First attempt within S15; after nobody was reached, completion within S15a more of the time that the attempt had,
    `again_after` (CASES w).
    """
    calendar = ticket.calendar
    work = calendar.work_calendar()
    rule = "S15a" if again_after else "S15"
    due_at = due_after(setting_at(rule, at), max(at, again_after or at), work)
    if not work.is_working_day(due_at.astimezone(work.timezone).date()):
        due_at = work.add_days(due_at, 1)  # a date that ends on a closed day moves (CASES w)
    deadline = owe("check", ticket, due_at=due_at, at=at, derivation=derive(rule, None, at, due_at, calendar))
    check = ticket.checks.create(
        deadline=deadline, number=ticket.checks.count() + 1, form=check_form(ticket), solver=solver
    )
    ticket.open_check = deadline
    for name, value in changes.items():
        setattr(ticket, name, value)
    ticket.save(update_fields=["open_check", *changes])
    record(ticket.key, "check_owed", by="clock", at=at, due_at=due_at, number=check.number, form=check.form)
    return check


def check_form(ticket: Ticket) -> str:
    """Whether the customer is asked, or a second person confirms in their place (CASES g, h)."""
    return OpinionCheck.Form.CONFIRMATION if nobody_to_tell(ticket) else OpinionCheck.Form.CUSTOMER


def _close(ticket: Ticket, ended: str, *, by: User | str, at: datetime, **changes) -> None:
    end_period(ticket, at=at)
    make_live(
        ticket,
        None,
        **(
            changes
            | {
                "state": Ticket.State.CLOSED,
                "ended": ended,
                "closed_at": at,
                "open_check": None,
                "unopposed_at": None,
            }
        ),
    )
    record(ticket.key, "closed", by=by, at=at, ended=ended)
    tickets_closed.send(Ticket, tickets=[ticket.pk], at=at)


def close_checked(ticket: Ticket, ended: str, *, by: User, at: datetime) -> None:
    """Close a locked, resolved ticket whose check has just been answered; settles the check's deadline."""
    owed = ticket.open_check
    _close(ticket, ended, by=by, at=at)
    if owed:
        settle(owed, by=by, at=at)


def close_void(ticket: Ticket, *, by: User, at: datetime) -> None:
    """End a locked ticket as void; what was owed is withdrawn, a breach stays (CASES j)."""
    owed = ticket.deadline()
    OpinionCheck.objects.filter(ticket=ticket, outcome=None).update(
        outcome="withdrawn", asked_at=at, asked_by=by
    )
    _close(ticket, Ticket.Ended.VOID, by=by, at=at)
    if owed:
        withdraw(owed, by=by, at=at, reason="void")
    withdraw_readings(ticket, by=by, at=at, reason="void")


@transaction.atomic
def reopen(ticket: Ticket, *, promise: Word, reason: str, by: User, at: datetime) -> Ticket:
    """Take a resolved or closed matter up again, with a new promise in the same act (CASES p).

    The last owner has it again, else the department manager. Raises ValidationError for an unresolved or void ticket,
    or a promise outside the limits.
    """
    ticket = lock(ticket)
    if ticket.state == Ticket.State.UNRESOLVED:
        raise ValidationError(_("This ticket is open already. Reload the page to see what was promised."))
    if ticket.ended == Ticket.Ended.VOID:
        raise ValidationError(_("A void ticket stays void. Log the matter anew and name this number."))
    check_due(promise, limit=later_limit(ticket.calendar, at=at), at=at)
    owed = ticket.open_check
    OpinionCheck.objects.filter(ticket=ticket, outcome=None).update(
        outcome="withdrawn", asked_at=at, asked_by=by
    )
    take_up_again(ticket, promise=promise, by=by, at=at, reason=reason)
    if owed:
        withdraw(owed, by=by, at=at, reason="reopened")
    return ticket


def take_up_again(ticket: Ticket, *, promise: Word, by: User, at: datetime, reason: str) -> None:
    """Make a locked ticket unresolved again under a new promise; whoever calls ends the check that was open."""
    was_closed = ticket.state == Ticket.State.CLOSED
    words = store(reason) if reason else None
    record(ticket.key, "reopened", by=by, at=at, words=words)
    if was_closed:
        ticket.owner, ticket.department = owner_after_closing(ticket, at=at)
        begin_period(ticket, "reopened", at=at)
    give_word(
        ticket, promise, rule="S3", by=by, at=at, state=Ticket.State.UNRESOLVED, ended=None, closed_at=None,
        resolved_at=None, open_check=None, unopposed_at=None, is_history=False, touched_at=at, owner=ticket.owner,
        department=ticket.department,
    )  # fmt: skip


def _tell_requester(ticket: Ticket, *, at: datetime) -> None:
    post(
        "task_done",
        key=f"task_done:{ticket.number}:{at.isoformat()}",
        channel="in_app",
        recipient=ticket.requester,
        params={"label": ticket.label, "path": ticket.path},
        at=at,
    )


@transaction.atomic
def confirm_task(ticket: Ticket, *, by: User, at: datetime) -> Ticket:
    """The requester confirms that the task is done, and so closes it (CASES a)."""
    ticket = lock(ticket)
    if ticket.state != Ticket.State.RESOLVED or ticket.requester_id != by.pk:
        raise ValidationError(_("Only the person who asked for the task can confirm that it is done."))
    _close(ticket, Ticket.Ended.CONFIRMED, by=by, at=at)
    return ticket


@transaction.atomic
def close_unopposed(at: datetime, *, most: int = 500) -> int:
    """Close inquiries whose written answer met no objection within S36 (CASES a). Returns how many."""
    due = Ticket.objects.filter(unopposed_at__lte=at, state=Ticket.State.RESOLVED).order_by("unopposed_at")
    count = 0
    for ticket in due.select_for_update(skip_locked=True, of=("self",)).select_related(
        "category", "department"
    )[:most]:
        _close(ticket, Ticket.Ended.UNOPPOSED, by="clock", at=at)
        count += 1
    return count
