"""From solved to closed, and back: what each kind demands, and the proof (INV 6; CASES a, b, g, h, p)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.audit.words import store
from servicedesk.clock.due import derive, due_after
from servicedesk.clock.owing import Matter, owe, settle, withdraw
from servicedesk.outbox.posting import post
from servicedesk.regulations.standing import setting_at
from tickets.confirmations import may_confirm, to_confirm
from tickets.contacts import nobody_to_tell
from tickets.limits import Word, check_due
from tickets.models import CONFIRMATION, Contact, Kind, OpinionCheck, Process, Ticket
from tickets.ownership import begin_period, end_period, owner_after_closing
from tickets.promises import lock, make_live, next_limit, renew
from tickets.readings import withdraw_readings
from tickets.signals import tickets_closed

if TYPE_CHECKING:
    from servicedesk.calendars.models import Calendar
    from servicedesk.calendars.worktime import WorkCalendar
    from servicedesk.clock.models import Deadline
    from servicedesk.regulations.span import Span
    from servicedesk.staff.models import User

logger = logging.getLogger(__name__)


def resolve(ticket: Ticket, *, by: User, at: datetime, accepted: bool = False) -> None:
    """End the promises of a locked ticket whose solution the customer has just been told, or of a task that is done.

    Depending on its kind it then owes the opinion check or the requester's confirmation (S15), waits for an objection
    (S36), or closes. The deadline that was live is settled last, when nothing points to it any more.
    """
    was = ticket.live
    process = _process(ticket)
    record(ticket.key, "resolved", by=by, at=at, accepted=accepted)
    if process.closes_by == Process.Closing.REQUESTER:
        check = owe_check(
            ticket, solver=by, at=at, live_deadline=None, state=Ticket.State.RESOLVED, resolved_at=at
        )
        _ask_to_confirm(ticket, check.owed, at=at)
    elif ticket.demands_check or process.demands_check:
        owe_check(
            ticket, solver=by, at=at, live_deadline=None, state=Ticket.State.RESOLVED, resolved_at=at,
            demands_check=True,
        )  # fmt: skip
    elif process.closes_by == Process.Closing.DECISION:
        _close(ticket, Ticket.Ended.DECIDED, by=by, at=at, live_deadline=None, resolved_at=at)
    elif process.closes_by == Process.Closing.ANSWER and accepted:
        _close(ticket, Ticket.Ended.ACCEPTED, by=by, at=at, live_deadline=None, resolved_at=at)
    else:
        unopposed_at = due_after(setting_at("S36", at), at, ticket.calendar.work_calendar())
        make_live(ticket, None, state=Ticket.State.RESOLVED, resolved_at=at, unopposed_at=unopposed_at)
    settle(was, by=by, at=at)


def _process(ticket: Ticket) -> Process:
    return Process.objects.get(kind=ticket.kind)


def closes_by_answer(ticket: Ticket) -> bool:
    """Whether an accepted answer closes it, and a written one to which nobody objects (CASES a)."""
    process = _process(ticket)
    return process.closes_by == Process.Closing.ANSWER and not (ticket.demands_check or process.demands_check)


@dataclass(frozen=True)
class Due:
    """When a check is owed, and the setting that says so."""

    at: datetime
    rule: str


def owe_check(
    ticket: Ticket, *, solver: User, at: datetime, due: Due | None = None, **changes
) -> OpinionCheck:
    """Owe the opinion check of a ticket, the second person's confirmation where the customer cannot be asked, or the
    requester's that a task is done.

    Without `due` it is the first attempt, within S15.
    """
    form = check_form(ticket)
    is_task = form == OpinionCheck.Form.REQUESTER
    matter: Matter = to_confirm(ticket, solver=solver, at=at) if is_task else ticket
    due = due or _due("S15", at, matter.calendar, at=at)
    derivation = derive(due.rule, None, at, due.at, matter.calendar)
    kind = CONFIRMATION if is_task else "check"
    deadline = owe(kind, matter, due_at=due.at, at=at, derivation=derivation)
    check = ticket.checks.create(
        deadline=deadline, number=ticket.checks.count() + 1, form=form, solver=solver
    )
    ticket.open_check = deadline
    for name, value in changes.items():
        setattr(ticket, name, value)
    ticket.save(update_fields=["open_check", *changes])
    record(
        ticket.key, "check_owed", by="clock", at=at, due_at=due.at, number=check.number, form=form,
        owner=deadline.owner_id,
    )  # fmt: skip
    return check


def _due(rule: str, start: datetime, calendar: Calendar, *, at: datetime) -> Due:
    return Due(end_of(setting_at(rule, at), start, calendar.work_calendar()), rule)


def end_of(span: Span, start: datetime, work: WorkCalendar) -> datetime:
    """When a time for a check ends; one that ends on a closed day moves to the next working day (CASES w)."""
    due_at = due_after(span, start, work)
    if work.is_working_day(due_at.astimezone(work.timezone).date()):
        return due_at
    return work.add_days(due_at, 1)


def completion_due(check: OpinionCheck, *, at: datetime) -> Due:
    """By when a check whose attempt reached nobody is to be completed: S15a after the time that the first one had.

    Further attempts do not move that time; one that comes after it owes the next within S15a of now (CASES w).
    """
    owed = check.owed
    if owed.derivation.get("rule") == "S15a" and owed.due_at > at:
        return Due(owed.due_at, "S15a")
    return _due("S15a", max(at, owed.due_at), check.ticket.calendar, at=at)


def fit_check(ticket: Ticket, *, by: User, at: datetime) -> OpinionCheck | None:
    """Owe the open check of a locked ticket in its other form, where the customer can now be asked or no longer.

    It keeps its time, unless that has passed. Returns the new check, None where the old one fits.
    """
    check = ticket.checks.filter(outcome=None).select_related("deadline").first()
    if check is None or check.form == check_form(ticket):
        return None
    was = check.owed
    OpinionCheck.objects.filter(pk=check.pk).update(outcome="withdrawn", asked_at=at, asked_by=by)
    due = Due(was.due_at, was.derivation.get("rule", "S15")) if was.due_at > at else None
    fitting = owe_check(ticket, solver=check.solver, at=at, due=due)
    withdraw(was, by=by, at=at, reason="form")
    return fitting


def fit_checks_of(customers: Iterable[int], *, by: User, at: datetime, **news) -> None:
    """Receiver of `wishes_changed`: whoever may no longer be asked is not asked, on every resolved matter of theirs."""
    resolved = Ticket.objects.filter(customer__in=customers, state=Ticket.State.RESOLVED).order_by("pk")
    for pk in list(resolved.values_list("pk", flat=True)):
        fit_check(lock(Ticket(pk=pk)), by=by, at=at)


def check_form(ticket: Ticket) -> str:
    """Whether the customer is asked, a second person confirms in their place (CASES g, h), or who asked for the task."""
    if ticket.kind == Kind.TASK:
        return OpinionCheck.Form.REQUESTER
    return OpinionCheck.Form.CONFIRMATION if nobody_to_tell(ticket) else OpinionCheck.Form.CUSTOMER


def _close(ticket: Ticket, ended: str, *, by: User | str, at: datetime, **changes) -> None:
    """The entry comes first: it is part of the proof that the database wants to see."""
    record(ticket.key, "closed", by=by, at=at, ended=ended)
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

    The last owner has it again, else the department manager. Who owes the confirmation of a task answers it so: not
    done. Raises ValidationError for an unresolved or void ticket, or a promise outside the limits.
    """
    ticket = lock(ticket)
    if ticket.state == Ticket.State.UNRESOLVED:
        raise ValidationError(_("This ticket is open already. Reload the page to see what was promised."))
    if ticket.ended == Ticket.Ended.VOID:
        raise ValidationError(_("A void ticket stays void. Log the matter anew and name this number."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the matter is taken up again.")})
    check_due(promise, limit=next_limit(ticket, at=at), at=at)
    owed, refused = ticket.open_check, _refuse(ticket, by=by, at=at)
    OpinionCheck.objects.filter(ticket=ticket, outcome=None).update(
        outcome="withdrawn", asked_at=at, asked_by=by
    )
    take_up_again(ticket, promise=promise, by=by, at=at, reason=reason)
    if owed and refused:
        settle(owed, by=by, at=at)
    elif owed:
        withdraw(owed, by=by, at=at, reason="reopened")
    return ticket


def _refuse(ticket: Ticket, *, by: User, at: datetime) -> bool:
    """Answer the open confirmation of a locked task: not done; False where it is not theirs to answer."""
    check = ticket.checks.of_requesters().filter(outcome=None).select_related("deadline", "ticket").first()
    if check is None or not may_confirm(check, by, at=at):
        return False
    end_check(check, OpinionCheck.Outcome.DISSATISFIED, contact=None, by=by, at=at)
    return True


def end_check(check: OpinionCheck, outcome: str, *, contact: Contact | None, by: User, at: datetime) -> None:
    """Write the answer of an open check; whoever calls then closes its ticket, or takes it up again."""
    check.outcome, check.asked_by, check.asked_at, check.contact = outcome, by, at, contact
    check.full_clean(exclude=["ticket", "deadline", "solver", "contact", "asked_by"])
    check.save(update_fields=["outcome", "asked_by", "asked_at", "contact"])
    record(check.ticket.key, "checked", by=by, at=at, outcome=outcome, number=check.number, form=check.form)


def take_up_again(ticket: Ticket, *, promise: Word, by: User, at: datetime, reason: str) -> None:
    """Make a locked ticket unresolved again under a new promise; whoever calls ends the check that was open."""
    was_closed = ticket.state == Ticket.State.CLOSED
    record(ticket.key, "reopened", by=by, at=at, words=store(reason))
    if was_closed:
        ticket.owner, ticket.department = owner_after_closing(ticket, at=at)
        begin_period(ticket, "reopened", at=at)
    renew(
        ticket, promise, by=by, at=at, state=Ticket.State.UNRESOLVED, ended=None, closed_at=None,
        resolved_at=None, open_check=None, unopposed_at=None, is_history=False, touched_at=at, owner=ticket.owner,
        department=ticket.department,
    )  # fmt: skip


def _ask_to_confirm(ticket: Ticket, owed: Deadline, *, at: datetime) -> None:
    """Tell who confirms; `requester` is named to those who have it in the requester's place."""
    params = {"label": ticket.label, "path": ticket.path}
    if owed.owner_id != ticket.requester_id:
        params["requester"] = str(ticket.requester)
    post(
        "task_done", key=f"task_done:{ticket.number}:{at.isoformat()}", channel="in_app", recipient=owed.owner,
        params=params, at=at,
    )  # fmt: skip


def close_unopposed(at: datetime, *, most: int = 500) -> int:
    """Close inquiries whose written answer met no objection within S36 (CASES a). Returns how many.

    Each in a transaction of its own, so that one that cannot be closed does not hold up the rest.
    """
    due = Ticket.objects.filter(unopposed_at__lte=at, state=Ticket.State.RESOLVED).order_by("unopposed_at")
    count = 0
    for pk in list(due.values_list("pk", flat=True)[:most]):
        try:
            count += _close_if_unopposed(pk, at=at)
        except Exception:
            logger.exception("inquiry not closed", extra={"ticket": pk})
    return count


@transaction.atomic
def _close_if_unopposed(pk: int, *, at: datetime) -> bool:
    ticket = lock(Ticket(pk=pk))
    if ticket.state != Ticket.State.RESOLVED or ticket.unopposed_at is None or ticket.unopposed_at > at:
        return False
    _close(ticket, Ticket.Ended.UNOPPOSED, by="clock", at=at)
    return True
