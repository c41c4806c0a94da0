"""Who is who, and who is away."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from servicedesk.staff.absences import people_of
from servicedesk.staff.models import User
from servicedesk.staff.people import entries
from servicedesk.staff.requests import StaffRequest

PER_PAGE = 50
LONGEST_SEARCH = 100  # characters


@login_required
def people(request: StaffRequest) -> HttpResponse:
    """Colleagues by name, with position, telephone, and until when they are away."""
    at = timezone.now()
    words = request.GET.get("q", "")[:LONGEST_SEARCH].strip()
    found = User.objects.visible_to(request.user).active().named(words)
    if request.GET.get("away") == "1":
        found = found.away_at(at)
    ordered = found.select_related("department").order_by("display_name", "pk")
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    led = set(people_of(request.user).filter(pk__in=[one.pk for one in page]).values_list("pk", flat=True))
    context = {
        "page": page,
        "entries": entries(page, at=at),
        "words": words,
        "away": request.GET.get("away"),
        "led": led,
    }
    return render(request, "staff/people.html", context)
