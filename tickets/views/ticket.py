"""The page of one ticket, and the fragments that keep it up to date."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from servicedesk.staff.requests import StaffRequest
from tickets import overview
from tickets.forms.promise import PromiseFields
from tickets.forms.reply import TaskForm
from tickets.models import Kind
from tickets.proposing import next_time
from tickets.telling.history import history
from tickets.views.acting import ACT_IDS, seen_ticket
from tickets.views.page import standing, ticket_page, whole_number


@login_required
@require_safe
def ticket(request: StaffRequest, number: str) -> HttpResponse:
    """One matter with everything said about it and the one obvious thing to do next."""
    return ticket_page(request, seen_ticket(request.user, number))


@login_required
@require_safe
def ticket_standing(request: StaffRequest, number: str) -> HttpResponse:
    """How the ticket stands now, polled: 204 while nothing changed, else the head with what is new since `seen`."""
    shown, now = seen_ticket(request.user, number), timezone.now()
    seen = whole_number(request.GET.get("seen", ""))
    last = overview.last_entry(shown)
    if request.GET.get("version") == overview.version(shown, last=last, at=now):
        return HttpResponse(status=204)
    context = standing(shown, request.user, now=now)
    news = history(shown, now=now, after=seen).happenings if seen else []
    return render(request, "tickets/_standing.html", context | {"page_seen": seen, "news": news})


@login_required
@require_safe
def ticket_history(request: StaffRequest, number: str) -> HttpResponse:
    """The timeline from its newest entry, or continued behind `before`."""
    shown, now = seen_ticket(request.user, number), timezone.now()
    page = history(shown, now=now, before=whole_number(request.GET.get("before", "")))
    template = "tickets/_happenings.html" if request.GET.get("before") else "tickets/_history.html"
    return render(request, template, {"ticket": shown, "history": page, "now": now})


@login_required
@require_safe
def ticket_next_time(request: StaffRequest, number: str) -> HttpResponse:
    """A proposed next time with its reasons, for the part of a form that gives the next promise."""
    shown, now = seen_ticket(request.user, number), timezone.now()
    proposed = next_time(shown, at=now, pick=request.GET.get("pick", ""))
    form_class = TaskForm if shown.kind == Kind.TASK else PromiseFields
    ids = ACT_IDS if request.GET.get("in") == "act" else "id_%s"
    form = form_class(ticket=shown, user=request.user, proposed=proposed, auto_id=ids)
    context = {
        "ticket": shown,
        "form": form,
        "proposed": proposed,
        "place": request.GET.get("in"),
        "now": now,
    }
    return render(request, "tickets/_next_time.html", context)
