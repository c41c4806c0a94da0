"""The question after the remedy: was the customer satisfied? (R1.2g, S15; CASES a, g, h, w)"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.clock.owing import settle
from tickets.confirmations import may_confirm
from tickets.contacts import add_contact, hours_problem
from tickets.impartial import check_impartial
from tickets.limits import Word, check_due
from tickets.models import Contact, OpinionCheck, Ticket
from tickets.promises import lock, next_limit
from tickets.resolving import close_checked, completion_due, end_check, fit_check, owe_check, take_up_again

if TYPE_CHECKING:
    from servicedesk.staff.models import User


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """How one asking went; dissatisfied needs the next promise."""

    outcome: str
    words: str
    channel: str
    next_word: Word | None = None
    odd_hours: str = ""
    answering: int | None = None  # the open check that the form showed


@transaction.atomic
def record_check(ticket: Ticket, opinion: Opinion, *, by: User, at: datetime) -> OpinionCheck:
    """Settle the open check of a resolved ticket: satisfied closes it, dissatisfied reopens it with a new promise.

    Nobody reached: an attempt is made, and the check is still to be completed within S15a of the first (CASES w).
    Raises ValidationError if there is no open check, another was answered meanwhile, something is missing, or the
    complaint is about `by` (CASES n).
    """
    ticket = lock(ticket)
    check = _open_check(ticket, opinion.answering, by=by, at=at)
    check_impartial(ticket, by)
    if check.form == OpinionCheck.Form.REQUESTER:
        raise ValidationError(_("A task is confirmed by who asked for it; no customer is asked."))
    if check.form == OpinionCheck.Form.CONFIRMATION:
        raise ValidationError(_("The customer is not to be asked here. A second person confirms instead."))
    _check_opinion(ticket, opinion, at=at)
    reached = opinion.outcome != OpinionCheck.Outcome.NOT_REACHED
    contact = add_contact(
        ticket, words=opinion.words, direction="out", mode=Contact.Mode.SPOKEN if reached else Contact.Mode.TRIED,
        purpose=Contact.Purpose.CHECK, channel=opinion.channel, odd_hours=opinion.odd_hours, by=by, at=at,
    )  # fmt: skip
    end_check(check, opinion.outcome, contact=contact, by=by, at=at)
    if opinion.outcome == OpinionCheck.Outcome.SATISFIED:
        close_checked(ticket, Ticket.Ended.CHECKED, by=by, at=at)
        return check
    if opinion.next_word and opinion.outcome == OpinionCheck.Outcome.DISSATISFIED:
        take_up_again(ticket, promise=opinion.next_word, by=by, at=at, reason=opinion.words)
    else:
        owe_check(ticket, solver=check.solver, at=at, due=completion_due(check, at=at))
    settle(check.owed, by=by, at=at)
    return check


@transaction.atomic
def confirm_solved(ticket: Ticket, *, by: User, at: datetime, answering: int | None = None) -> OpinionCheck:
    """A second person confirms in place of a customer who cannot or will not be asked, and so closes it (CASES g, h).

    Raises ValidationError if `by` solved it or it is about them, or the customer can be asked.
    """
    ticket = lock(ticket)
    check = _open_check(ticket, answering, by=by, at=at)
    if check.form == OpinionCheck.Form.REQUESTER:
        raise ValidationError(_("Only the person who asked for the task can confirm that it is done."))
    if check.form == OpinionCheck.Form.CUSTOMER:
        raise ValidationError(_("This customer can be asked. Ask how the matter was handled."))
    check_impartial(ticket, by)
    if check.solver_id == by.pk:
        raise ValidationError(_("Somebody other than the person who solved it has to confirm."))
    end_check(check, OpinionCheck.Outcome.SATISFIED, contact=None, by=by, at=at)
    close_checked(ticket, Ticket.Ended.CONFIRMED, by=by, at=at)
    return check


@transaction.atomic
def confirm_task(ticket: Ticket, *, by: User, at: datetime, answering: int | None = None) -> OpinionCheck:
    """The requester confirms that the task is done, and so closes it (CASES a).

    So does who has it from a requester who left, or stands in for one who is absent. Raises ValidationError for anybody
    else, or if somebody was faster.
    """
    ticket = lock(ticket)
    check = _open_check(ticket, answering, by=by, at=at)
    if check.form != OpinionCheck.Form.REQUESTER or not may_confirm(check, by, at=at):
        raise ValidationError(_("Only the person who asked for the task can confirm that it is done."))
    end_check(check, OpinionCheck.Outcome.SATISFIED, contact=None, by=by, at=at)
    close_checked(ticket, Ticket.Ended.CONFIRMED, by=by, at=at)
    return check


def _open_check(ticket: Ticket, answering: int | None, *, by: User, at: datetime) -> OpinionCheck:
    """The check that is owed, in the form that the customer as they stand now asks for."""
    check = ticket.checks.filter(outcome=None).select_related("deadline", "ticket").first()
    if check is None:
        raise ValidationError(_("Nothing is to be asked or confirmed on this ticket now."), code="stale")
    if answering is not None and answering != check.deadline_id:
        raise ValidationError(
            _("Somebody has asked the customer meanwhile. Read what was said."), code="stale"
        )
    return fit_check(ticket, by=by, at=at) or check


def _check_opinion(ticket: Ticket, opinion: Opinion, *, at: datetime) -> None:
    errors = {}
    if (
        opinion.outcome not in OpinionCheck.Outcome.values
        or opinion.outcome == OpinionCheck.Outcome.WITHDRAWN
    ):
        errors["outcome"] = _("Choose how it went.")
    if not opinion.words.strip():
        errors["words"] = _("Write down what the customer said.")
    if problem := hours_problem(
        ticket, mode=Contact.Mode.SPOKEN, channel=opinion.channel, reason=opinion.odd_hours, at=at
    ):
        errors["odd_hours"] = problem
    if opinion.outcome == OpinionCheck.Outcome.DISSATISFIED and opinion.next_word is None:
        errors["due_at"] = _("Not satisfied: say when the customer hears from you next.")
    if errors:
        raise ValidationError(errors)
    if opinion.next_word and opinion.outcome == OpinionCheck.Outcome.DISSATISFIED:
        check_due(opinion.next_word, limit=next_limit(ticket, at=at), at=at)
