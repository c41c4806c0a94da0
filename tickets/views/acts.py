"""The other acts on a ticket: those with a form, in a dialogue or on a page of their own, and those of one click."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from servicedesk.staff.requests import StaffRequest
from tickets.checks import confirm_solved, confirm_task
from tickets.forms.fields import TicketForm
from tickets.models import Reading, Ticket
from tickets.overview import last_entry
from tickets.ownership import take_over
from tickets.proposing import next_time
from tickets.replies import confirm_reading
from tickets.views.acting import ACT_IDS, carry_out, seen_ticket
from tickets.views.offered import ACTS, Act, usual_channel
from tickets.views.page import outside_hours, whole_number
from tickets.voiding import decide_void


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: StaffRequest, number: str, code: str, pk: int | None = None) -> HttpResponse:
    """One act with a form: for htmx a dialogue, else a page of its own; what was refused stays typed in (422)."""
    chosen = ACTS.get(code)
    if chosen is None or (chosen.on is None) != (pk is None):
        raise Http404
    ticket, now = seen_ticket(request.user, number), timezone.now()
    target = get_object_or_404(chosen.on(ticket), pk=pk) if chosen.on else None
    if request.method != "POST":
        return _draw(request, ticket, chosen, _form(request, ticket, chosen, target, now=now), target)
    form = _form(request, ticket, chosen, target, now=now, data=request.POST)
    if form.is_valid():
        done = carry_out(
            form, lambda: chosen.do(ticket, form, request.user, now), ticket=ticket, words=form.said(),
            by=request.user, at=now,
        )  # fmt: skip
        if done:
            messages.success(request, done)
            return HttpResponseClientRedirect(ticket.path) if request.htmx else redirect(ticket.path)
    return _draw(request, ticket, chosen, form, target, status=422)


def _form(
    request: StaffRequest, ticket: Ticket, chosen: Act, target, *, now: datetime, data=None
) -> TicketForm:
    options = {"ticket": ticket, "user": request.user, "target": target}
    if "due_at" in chosen.form.base_fields:
        options["proposed"] = next_time(ticket, at=now)
    channel = usual_channel(ticket)
    initial = {"seen": last_entry(ticket), "channel": channel, "next_channel": channel}
    initial["q"] = request.GET.get("q", "")
    return chosen.form(data, initial=initial, auto_id=ACT_IDS, **options)


def _draw(
    request: StaffRequest, ticket: Ticket, chosen: Act, form: TicketForm, target, *, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    context = {
        "ticket": ticket,
        "act": chosen,
        "form": form,
        "target": target,
        "address": request.path,
        "now": now,
    }
    context |= {"proposed": getattr(form, "proposed", None), "place": "act"}
    context["odd_hours"] = outside_hours(ticket, now)
    template = "tickets/_act_dialogue.html" if request.htmx else "tickets/act.html"
    return render(request, template, context, status=status)


def _at_once(
    request: StaffRequest, ticket: Ticket, act: Callable[[datetime], object], done: str
) -> HttpResponse:
    """An act of one click: back on the page it says what was done, or why not."""
    try:
        act(timezone.now())
        messages.success(request, done)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect(ticket.path)


@login_required
@require_POST
def take(request: StaffRequest, number: str) -> HttpResponse:
    """Take the ticket over; taking is acceptance (CASES e)."""
    ticket = seen_ticket(request.user, number)
    done = _("The ticket is yours. %(name)s has been told; the promise keeps its time.") % {
        "name": ticket.owner
    }
    return _at_once(request, ticket, lambda at: take_over(ticket, by=request.user, at=at), done)


@login_required
@require_POST
def confirm(request: StaffRequest, number: str) -> HttpResponse:
    """As a second person, confirm that a matter is solved whose customer cannot be asked (CASES g, h)."""
    ticket = seen_ticket(request.user, number)
    answering = whole_number(request.POST.get("answering", ""))
    return _at_once(
        request, ticket, lambda at: confirm_solved(ticket, by=request.user, at=at, answering=answering),
        _("Confirmed: the matter is closed."),
    )  # fmt: skip


@login_required
@require_POST
def confirm_done(request: StaffRequest, number: str) -> HttpResponse:
    """As the requester, or in their place, confirm that a task is done (CASES a)."""
    ticket = seen_ticket(request.user, number)
    answering = whole_number(request.POST.get("answering", ""))
    return _at_once(
        request, ticket, lambda at: confirm_task(ticket, by=request.user, at=at, answering=answering),
        _("Confirmed: the task is closed."),
    )  # fmt: skip


@login_required
@require_POST
def read(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Confirm that a reply on the file has been read (CASES g, h)."""
    ticket = seen_ticket(request.user, number)
    reading = get_object_or_404(
        Reading.objects.select_related("contact__ticket", "deadline"), contact__ticket=ticket, pk=pk
    )
    return _at_once(
        request, ticket, lambda at: confirm_reading(reading, by=request.user, at=at), _("Read and confirmed.")
    )


@login_required
@require_POST
def decide(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Confirm or refuse a request to void the ticket, by somebody else than who asked (CASES j)."""
    ticket = seen_ticket(request.user, number)
    asked = get_object_or_404(ticket.void_requests.select_related("ticket"), pk=pk)
    decision = request.POST.get("decision")
    if decision not in ("confirm", "refuse"):
        messages.error(request, _("Choose whether the ticket is void or stands."))
        return redirect(ticket.path)
    confirmed = decision == "confirm"
    done = _("The ticket is void.") if confirmed else _("Refused: the ticket stands.")
    return _at_once(
        request, ticket, lambda at: decide_void(asked, confirmed=confirmed, by=request.user, at=at), done
    )
