"""The obvious acts: the reply, the task done, the opinion check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from servicedesk.staff.requests import StaffRequest
from servicedesk.timewords import short_time
from tickets.checks import record_check
from tickets.forms.fields import LONGEST, TicketForm
from tickets.forms.reply import CheckForm, ReplyForm, TaskForm
from tickets.models import Contact, OpinionCheck, Promise, Ticket
from tickets.proposing import next_time
from tickets.replies import finish_task, reply_to_customer, writable
from tickets.telling.history import history
from tickets.views.acting import carry_out, seen_ticket
from tickets.views.page import STEP_FORMS, Unsent, step_for, ticket_page

if TYPE_CHECKING:
    from servicedesk.staff.models import User


METHODS = require_http_methods(
    ["GET", "HEAD", "POST"]
)  # a refused form stands at its address, and is looked at anew


@login_required
@METHODS
def reply(request: StaffRequest, number: str) -> HttpResponse:
    """Reply to the customer: settles the promise, and renews it or solves the matter in the same step."""

    def act(ticket: Ticket, form: ReplyForm, at: datetime) -> str:
        contact = reply_to_customer(ticket, form.reply(), by=request.user, at=at)
        return after_reply(ticket, contact, by=request.user, at=at)

    return _settle(request, number, ReplyForm, act)


@login_required
@METHODS
def task(request: StaffRequest, number: str) -> HttpResponse:
    """Report a task as done, or say until when it takes longer."""

    def act(ticket: Ticket, form: TaskForm, at: datetime) -> str:
        if form.cleaned_data["solved"] == "yes":
            done = finish_task(ticket, words=form.cleaned_data["words"], by=request.user, at=at)
            owed = done.deadline()
            asked = {"name": owed and owed.owner, "when": short_time(owed.due_at, at) if owed else ""}
            return _("Reported as done. %(name)s confirms by %(when)s.") % asked
        contact = reply_to_customer(ticket, form.reply(), by=request.user, at=at)
        return after_reply(ticket, contact, by=request.user, at=at)

    return _settle(request, number, TaskForm, act)


@login_required
@METHODS
def check(request: StaffRequest, number: str) -> HttpResponse:
    """Write down how the customer found the handling: closes, reopens, or tries again."""

    def act(ticket: Ticket, form: CheckForm, at: datetime) -> str:
        record_check(ticket, form.opinion(), by=request.user, at=at)
        return after_check(ticket, at=at)

    return _settle(request, number, CheckForm, act)


def _settle(
    request: StaffRequest, number: str, form_class: type[TicketForm], act: Callable[..., str]
) -> HttpResponse:
    """Carry out the form of the obvious act; where it is refused, the page comes back with all that was typed."""
    ticket, now = seen_ticket(request.user, number), timezone.now()
    if request.method != "POST":
        return ticket_page(request, ticket)
    form = form_class(request.POST, ticket=ticket, user=request.user, proposed=next_time(ticket, at=now))
    if form.is_valid():
        done = carry_out(
            form, lambda: act(ticket, form, now), ticket=ticket, words=form.cleaned_data["words"],
            by=request.user, at=now,
        )  # fmt: skip
        if done:
            messages.success(request, done)
            return redirect(ticket.path)
    return _refused(request, number, form)


def _refused(request: StaffRequest, number: str, form: TicketForm) -> HttpResponse:
    """The page as the ticket stands by now, with what was typed and what happened meanwhile.

    A stale form then answers what is owed now, so that it can be sent again after reading; where it no longer fits,
    its words are shown to be taken along.
    """
    ticket, now = seen_ticket(request.user, number), timezone.now()
    meanwhile = []
    if form.is_stale:
        meanwhile = history(ticket, now=now, after=form.cleaned_data.get("seen", 0)).happenings
    if not isinstance(form, STEP_FORMS.get(step_for(ticket, request.user, now=now), ())):
        refusals = " ".join(str(error) for error in form.non_field_errors())
        words = form.data.get("words", "")[:LONGEST]
        return ticket_page(request, ticket, unsent=Unsent(refusals, words), meanwhile=meanwhile)
    if form.is_stale:
        owed = ticket.deadline()
        data = request.POST.copy()
        data["answering"] = str(owed.pk) if owed else ""
        form.data = data
    return ticket_page(request, ticket, form=form, meanwhile=meanwhile)


def after_reply(ticket: Ticket, contact: Contact, *, by: User, at: datetime) -> str:
    """What follows from a reply, in words."""
    ticket = Ticket.objects.select_related("live_deadline", "open_check", "owner").get(pk=ticket.pk)
    owed = ticket.deadline()
    when = {"when": short_time(owed.due_at, at) if owed else "", "name": ticket.owner}
    if ticket.state == Ticket.State.CLOSED:
        return _("Reply on record. The matter is closed.")
    if ticket.state == Ticket.State.RESOLVED:
        return _after_solving(ticket, when, at=at)
    if contact.mode == Contact.Mode.TRIED and not Promise.objects.filter(reply=contact).exists():
        if writable(ticket):
            return _("Attempt on record. The promise still stands: write to the customer by %(when)s.") % when
        return (
            _(
                "Attempt on record. A second one, at least 30 minutes later and by %(when)s, keeps the promise."
            )
            % when
        )
    if ticket.owner_id == by.pk:
        return _("Reply on record. You will be reminded before %(when)s.") % when
    return _("Reply on record. %(name)s will be reminded before %(when)s.") % when


def _after_solving(ticket: Ticket, when: dict, *, at: datetime) -> str:
    if ticket.unopposed_at:
        closes = {"when": short_time(ticket.unopposed_at, at)}
        return _("Answer on record. The matter closes on %(when)s unless the customer objects.") % closes
    if ticket.checks.filter(outcome=None, form=OpinionCheck.Form.CONFIRMATION).exists():
        return _("Solved. A second person confirms by %(when)s.") % when
    return _("Solved. The customer is asked by %(when)s how it was handled.") % when


def after_check(ticket: Ticket, *, at: datetime) -> str:
    """What follows from an opinion check, in words."""
    ticket = Ticket.objects.select_related("live_deadline", "open_check").get(pk=ticket.pk)
    owed = ticket.deadline()
    if owed is None:
        return _("Satisfied: the matter is closed.")
    when = {"when": short_time(owed.due_at, at)}
    if ticket.state == Ticket.State.UNRESOLVED:
        return _("Taken up again. The customer hears from us by %(when)s.") % when
    return _("Attempt on record. Ask again by %(when)s.") % when
