"""Logging a call: one page, its look-up of the caller, and the two parts that follow other fields."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from servicedesk.staff.requests import StaffRequest
from servicedesk.timewords import short_time
from tickets.callers import look_up
from tickets.calls import Logged, log_call, ticket_of_form
from tickets.forms.callers import LONGEST, CallerForm
from tickets.forms.intake import EndingForm, MatterForm
from tickets.forms.sheet import Sheet, form_key_in, kind_in, make_sheet, missing_key, offer_for
from tickets.models import Ticket

PREFILLED = ("who", "kind", "words")  # what the address may fill in; "phone" and "customer" stand for "who"


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: StaffRequest) -> HttpResponse:
    """Log a call (R1.1a-R1.1e). Any employee may (R5.2.7b); without a script "Find" looks the caller up."""
    now = timezone.now()
    if request.method == "POST" and "find" not in request.POST:
        return save(request)
    if request.method == "POST":
        typed = {**request.POST.dict(), "complained_about": request.POST.getlist("complained_about")}
        sheet = make_sheet(request.user, at=now, initial=typed)
    else:
        given = {name: request.GET[name] for name in PREFILLED if name in request.GET}
        who = request.GET.get("phone") or request.GET.get("customer")
        sheet = make_sheet(request.user, at=now, initial={"who": who or "", **given})
    return page(request, sheet)


def save(request: StaffRequest) -> HttpResponse:
    """Log the call, once for one form; a refusal shows the form again with everything in it."""
    now, key = timezone.now(), form_key_in(request.POST)
    if earlier := _saved_before(request, key):
        return done(request, earlier)
    sheet = make_sheet(request.user, at=now, data=request.POST)
    if not key:
        sheet.refuse(missing_key())
    if sheet.is_valid():
        try:
            logged = log_call(sheet.intake(), form_key=key, newcomer=sheet.newcomer, by=request.user, at=now)
            return done(request, logged)
        except ValidationError as refusal:
            sheet.refuse(refusal)
    # Its twin may have come in meanwhile, and with it the customer whom this one holds for new.
    if earlier := _saved_before(request, key):
        return done(request, earlier)
    return page(request, sheet, status=422)


def _saved_before(request: StaffRequest, key: str) -> Logged | None:
    ticket = ticket_of_form(key, by=request.user) if key else None
    return Logged(ticket, again=True) if ticket else None


def done(request: StaffRequest, logged: Logged) -> HttpResponse:
    """On to the ticket, saying what has been promised."""
    ticket = logged.ticket
    if logged.again:
        text = _("This form has been saved before, as %(number)s. Nothing was logged twice.")
        messages.warning(request, text % {"number": ticket.number})
    else:
        messages.success(request, said(ticket, request))
    return redirect("tickets:ticket", ticket.number)


def said(ticket: Ticket, request: StaffRequest) -> str:
    """What was logged, and what is owed now."""
    parts = {"number": ticket.number, "name": ticket.owner}
    if ticket.live_deadline is None:
        return _("%(number)s logged, answered and closed.") % parts
    parts["due"] = short_time(ticket.live_deadline.due_at, ticket.touched_at)
    if ticket.kind == "task":
        return _("%(number)s logged. It is due %(due)s.") % parts
    if ticket.owner_id == request.user.pk:
        return _("%(number)s logged. You promised the customer an answer by %(due)s.") % parts
    return _("%(number)s logged. %(name)s owes the customer an answer by %(due)s.") % parts


def page(request: StaffRequest, sheet: Sheet, *, status: int = 200) -> HttpResponse:
    caller, errors = sheet.caller.caller, list(sheet.errors()) if status == 422 else []
    if caller.customer and not errors:
        sheet.matter.fields["words"].widget.attrs["data-focus"] = True
    context = {"sheet": sheet, "caller": caller, "errors": errors, "now": sheet.at}
    return render(request, "tickets/new.html", context, status=status)


@login_required
@require_safe
def caller(request: StaffRequest) -> HttpResponse:
    """Who is meant by what is being typed, and what is known of them."""
    now = timezone.now()
    given = request.GET.dict()
    chosen = "" if "typed" in given else given.get("customer", "")  # typing on asks anew
    found = look_up(given.get("who", "")[:LONGEST], chosen=chosen, user=request.user, at=now)
    context = {"caller": found, "form": CallerForm(found, initial=given), "now": now}
    return render(request, "tickets/_intake_found.html", context)


@login_required
@require_safe
def categories(request: StaffRequest) -> HttpResponse:
    """The categories that are offered for a kind of matter."""
    form = MatterForm(kind_in(request.GET), [], initial={"category": request.GET.get("category", "")})
    return render(request, "tickets/_intake_category.html", {"form": form})


@login_required
@require_safe
def due(request: StaffRequest) -> HttpResponse:
    """The times on offer when receipt or first responder are stated otherwise; the chosen one stays chosen."""
    now = timezone.now()
    offer = offer_for(request.user, request.GET, at=now)
    form = EndingForm(kind_in(request.GET), offer, [], initial=request.GET.dict())
    return render(request, "tickets/_intake_due.html", {"form": form, "now": now})
