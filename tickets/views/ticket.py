"""The page of one ticket."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from servicedesk.staff.requests import StaffRequest
from tickets.models import Ticket


@login_required
@require_safe
def ticket(request: StaffRequest, number: str) -> HttpResponse:
    """One matter with everything said about it."""
    shown = get_object_or_404(
        Ticket.objects.visible_to(request.user).select_related("category", "owner"), number=number
    )
    return render(request, "tickets/ticket.html", {"ticket": shown})
