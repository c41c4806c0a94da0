"""My desk, and the page that explains one deadline."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.clock.acknowledging import acknowledge
from servicedesk.clock.desk import desk_of
from servicedesk.clock.explaining import explain
from servicedesk.clock.models import Deadline, Ring
from servicedesk.outbox.rendering import local_path
from servicedesk.staff.requests import StaffRequest


@login_required
@require_safe
def desk(request: StaffRequest) -> HttpResponse:
    """Everything I owe. htmx polls the lists; while nothing changed the answer is 204."""
    now = timezone.now()
    mine = desk_of(request.user, at=now, after=_after(request.GET.get("after", "")))
    if request.htmx and request.GET.get("version") == mine.version:
        return HttpResponse(status=204)
    template = "clock/_desk.html" if request.htmx else "clock/desk.html"
    return render(request, template, {"desk": mine, "now": now})


def _after(text: str) -> tuple[datetime, int] | None:
    """The key of the last row on the page before, as the link states it; anything else is the first page."""
    moment, _comma, pk = text.partition(",")
    try:
        stated = datetime.fromisoformat(moment)
        return (stated, int(pk)) if stated.tzinfo and 0 < int(pk) < 2**63 else None
    except ValueError:
        return None


@login_required
@require_safe
def deadline(request: StaffRequest, pk: int) -> HttpResponse:
    """Why something is due when it is, what its ladder has rung, and what comes next."""
    owed = get_object_or_404(
        Deadline.objects.visible_to(request.user).select_related("owner", "ladder", "calendar"), pk=pk
    )
    rings = owed.rings.select_related("person", "rung", "acknowledged_by").order_by("pk")
    context = {"deadline": owed, "rings": rings, "reasons": explain(owed.derivation), "now": timezone.now()}
    return render(request, "clock/deadline.html", context)


@login_required
@require_POST
def acknowledge_ring(request: StaffRequest, pk: int) -> HttpResponse:
    """Acknowledge a notice that reached me."""
    ring = get_object_or_404(Ring.objects.filter(person=request.user).select_related("deadline"), pk=pk)
    now = timezone.now()
    acknowledge(ring, by=request.user, at=now)
    if request.htmx:
        return render(request, "clock/_desk.html", {"desk": desk_of(request.user, at=now), "now": now})
    messages.success(request, _("Acknowledged."))
    return redirect(
        local_path(request.POST.get("next", "")) or reverse("clock:deadline", args=[ring.deadline_id])
    )
