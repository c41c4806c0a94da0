"""Read-only screens over the measures, for those who lead, supervise or rule."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from servicedesk.dashboards import rows as behind
from servicedesk.dashboards.asking import KINDS, Asked
from servicedesk.dashboards.overview import overview_of
from servicedesk.dashboards.tables import FORMS, TABLES
from servicedesk.dashboards.wording import days_of, period_name
from servicedesk.keyset import Place
from servicedesk.reports.measures import MEASURES
from servicedesk.reports.period import Against, today
from servicedesk.reports.reach import reach_of
from servicedesk.staff.requests import StaffRequest

ON_THE_PAGE = ("broken", "today", "kept", "unreached", "chased", "open")  # measures explained below it


@login_required
@require_safe
def overview(request: StaffRequest) -> HttpResponse:
    """What is broken, what breaks today, which words were kept and what is open, within the reader's reach."""
    asked = _asked(request)
    following = asked.period.after()
    previous = asked.period.compared(Against.BEFORE)
    context = {
        "asked": asked,
        "form": asked.form(),
        "now": asked.at,
        "found": overview_of(asked),
        "empty": not asked.units.by_id,
        "period_name": period_name(asked.period),
        "period_days": days_of(asked.period),
        "kinds": [(label, asked.around(kind), kind == asked.period.kind) for kind, label in KINDS],
        "previous_url": asked.moved(previous) if previous else "",
        "next_url": asked.moved(following) if following.first <= today(asked.at) else "",
        "measures": [MEASURES[code] for code in ON_THE_PAGE],
        "forms": list(FORMS),
    }
    return render(request, "dashboards/overview.html", context)


@login_required
@require_safe
def rows(request: StaffRequest, code: str) -> HttpResponse:
    """The rows behind one figure; as many as the figure says at the same moment."""
    asked = _asked(request)
    measure = MEASURES.get(code)
    if measure is None:
        raise Http404
    page = behind.page_of(measure, asked, user=request.user, after=Place.read(request.GET.get("after", "")))
    cut = {name: asked.given.get(name) for name in ("unit", "owner", "band")}
    context = {
        "asked": asked,
        "now": asked.at,
        "measure": measure,
        "page": page,
        "chips": behind.chips(asked),
        "period_days": days_of(asked.period),
        "first_url": asked.rows(code, **cut) if request.GET.get("after") else "",
        "next_url": asked.rows(code, **cut, after=page.after) if page.after else "",
    }
    return render(request, "dashboards/rows.html", context)


@login_required
@require_safe
def table(request: StaffRequest, name: str, form: str) -> HttpResponse:
    """One table of the dashboard as a file, with everybody in it."""
    asked = _asked(request)
    if name not in TABLES or form not in FORMS:
        raise Http404
    content_type, written = FORMS[form]
    file = written(TABLES[name](overview_of(asked, shown=None)))
    response = HttpResponse(file, content_type=content_type)
    days = f"{asked.period.first:%Y%m%d}-{asked.period.last:%Y%m%d}"
    response["Content-Disposition"] = f'attachment; filename="{name}-{days}.{form}"'
    return response


def _asked(request: StaffRequest) -> Asked:
    """What the address asks for; for those who may see no figures there is no such page."""
    reach = reach_of(request.user)
    if reach is None:
        raise Http404
    return Asked(request.GET, reach, at=timezone.now())
