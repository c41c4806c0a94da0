"""Pages of the areas of an estate: who looks after whom (R7.2.2.2)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from servicedesk.audit.timeline import Entry
from servicedesk.staff.models import User

from .areas import change_area, create_area, households_of
from .forms import AreaForm
from .history import who_did
from .listing import page_of
from .models import Area, Customer
from .pages import add_refusal
from .views import key as key_of

MOST_TOLD = 20  # officers of the past on the page


@require_GET
@login_required
def areas(request: HttpRequest) -> HttpResponse:
    """All areas with their officers and how many households they have."""
    shown = list(Area.objects.visible_to(request.user).select_related("officer"))
    counted = households_of(shown)
    rows = [(area, counted.get(area.pk, 0)) for area in shown]
    return render(
        request,
        "customers/areas.html",
        {"rows": rows, "may_add": request.user.has_perm("customers.add_area")},
    )


@require_GET
@login_required
def area(request: HttpRequest, key: int) -> HttpResponse:
    """One area: its officer, those before, and its households."""
    shown = _seen(request, key)
    found = Customer.objects.visible_to(request.user).living_in([shown])
    context = {
        "area": shown,
        "page": page_of(found, before=key_of(request, "before"), after=key_of(request, "after")),
        "count": households_of([shown]).get(shown.pk, 0),
        "officers": _officers(shown),
        "may_change": request.user.has_perm("customers.change_area"),
    }
    return render(request, "customers/area.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("customers.add_area", raise_exception=True)
def new(request: HttpRequest) -> HttpResponse:
    """Draw an area."""
    form = AreaForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            made = create_area(values["name"], officer=values["officer"], by=request.user, at=timezone.now())
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The area is added."))
            return redirect(made)
    return _form(request, form, heading=_("New area"))


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("customers.change_area", raise_exception=True)
def change(request: HttpRequest, key: int) -> HttpResponse:
    """Give an area another name or another officer."""
    shown = _seen(request, key)
    form = AreaForm(request.POST or None, instance=shown)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            change_area(
                shown,
                name=values["name"],
                officer=values["officer"],
                seen=values["version"],
                by=request.user,
                at=timezone.now(),
            )
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The area is saved."))
            return redirect(shown)
    return _form(request, form, heading=_("Change the area"), area=shown)


def _seen(request: HttpRequest, key: int) -> Area:
    return get_object_or_404(Area.objects.visible_to(request.user).select_related("officer"), pk=key)


def _form(request: HttpRequest, form: AreaForm, **context: Any) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "customers/area_edit.html", {"form": form, **context}, status=status)


def _officers(area: Area) -> list[dict[str, Any]]:
    """Who looked after the area since when, the latest first, and who said so."""
    entries = list(Entry.objects.of(area.key).select_related("by").order_by("-number")[:MOST_TOLD])
    changed = [
        (entry, facts["officer"])
        for entry in entries
        if (facts := entry.facts).get("officer") != facts.get("officer_old")
    ]
    people = User.objects.in_bulk({officer for _entry, officer in changed})
    return [
        {"person": people.get(officer), "since": entry.at, "who": who_did(entry)}
        for entry, officer in changed
    ]
