"""My desk, and the page that explains one deadline."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from servicedesk.clock.acknowledging import acknowledge
from servicedesk.clock.course import course_of
from servicedesk.clock.describing import descriptions
from servicedesk.clock.desk import ASKED, COVERED, TOLD, desk_continued, desk_of, with_words
from servicedesk.clock.explaining import explain
from servicedesk.clock.models import Deadline, Ring
from servicedesk.clock.owes import owes, shown_to
from servicedesk.keyset import Place
from servicedesk.staff.leaving import positions_held
from servicedesk.staff.models import User
from servicedesk.staff.passing_on import left_by
from servicedesk.staff.requests import StaffRequest
from servicedesk.ways import local_path


@login_required
@require_safe
def desk(request: StaffRequest) -> HttpResponse:
    """Everything I owe. htmx polls the lists; while nothing changed the answer is 204."""
    context = _context(request.user, request.GET, at=timezone.now())
    if request.htmx and request.GET.get("version") == context["desk"].version:
        return HttpResponse(status=204)
    return _shown(request, context)


def _context(user: User, asked: QueryDict, *, at: datetime) -> dict[str, Any]:
    """The desk, or the further page of one of its lists that the address asks for."""
    after, continues = Place.read(asked.get("after", "")), asked.get("list", "")
    found = desk_continued(user, at=at, after=after, part=continues) if after else desk_of(user, at=at)
    poll_url = _address(after, continues) if after else reverse("home")
    return {"desk": found, "now": at, "poll_url": poll_url, "continued": bool(after)}


def _shown(request: StaffRequest, context: dict[str, Any]) -> HttpResponse:
    words = {"desk": with_words(context["desk"], request.user)}
    return render(request, "clock/_desk.html" if request.htmx else "clock/desk.html", context | words)


def _address(after: Place, continues: str) -> str:
    kept = {"list": continues} if continues in (COVERED, ASKED, TOLD) else {}
    return f"{reverse('home')}?{urlencode({**kept, 'after': str(after)})}"


@login_required
@require_safe
def deadline(request: StaffRequest, pk: int) -> HttpResponse:
    """Why something is due when it is, what its ladder has rung, and what comes next."""
    related = ("owner", "first_responder", "department", "ladder", "calendar")
    owed = get_object_or_404(Deadline.objects.visible_to(request.user).select_related(*related), pk=pk)
    rings = list(owed.rings.select_related("person", "rung", "acknowledged_by").order_by("pk"))
    rungs = list(owed.ladder.rungs.all()) if owed.ladder else []
    now = timezone.now()
    context = {
        "deadline": owed,
        "about": descriptions([owed.subject], request.user).get(owed.subject),
        "reasons": explain(owed.derivation),
        "course": course_of(owed, rings, rungs, at=now),
        "asked": [ring for ring in rings if _asks(ring, request.user.pk)] if owed.settled_at is None else [],
        "now": now,
    }
    return render(request, "clock/deadline.html", context)


def _asks(ring: Ring, reader: int) -> bool:
    return ring.person_id == reader and ring.rung.acknowledge and ring.acknowledged_at is None


@login_required
@require_safe
def owed_by_person(request: StaffRequest, pk: int) -> HttpResponse:
    """All that one person owes and holds, with who would have it next: before they go, or are away."""
    person = get_object_or_404(shown_to(request.user).select_related("department"), pk=pk)
    at = timezone.now()
    kind = request.GET.get("kind", "")
    found = owes(
        person, reader=request.user, kind=kind, at=at, after=Place.read(request.GET.get("after", ""))
    )
    about = descriptions([row.deadline.subject for row in found.page.rows], request.user)
    context = {
        "person": person,
        "owes": found,
        "rows": [(row, about.get(row.deadline.subject)) for row in found.page.rows],
        "kind": kind if kind in {one.kind for one in found.kinds} else "",
        "left": left_by(person, at=at),
        "positions": positions_held(person, at=at),
        "now": at,
    }
    return render(request, "clock/owes.html", context)


@login_required
@require_POST
def acknowledge_ring(request: StaffRequest, pk: int) -> HttpResponse:
    """Acknowledge a notice that reached me."""
    ring = get_object_or_404(Ring.objects.filter(person=request.user).select_related("deadline"), pk=pk)
    now = timezone.now()
    acknowledge(ring, by=request.user, at=now)
    if request.htmx:
        page = QueryDict(urlsplit(request.htmx.current_url_abs_path or "").query)
        return _shown(request, _context(request.user, page, at=now))
    messages.success(request, _("Acknowledged."))
    return redirect(
        local_path(request.POST.get("next", "")) or reverse("clock:deadline", args=[ring.deadline_id])
    )
