"""Closing somebody's log-in: what they owe and hold is shown first, with who has it next (CASES f)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from servicedesk.staff.forms import PLANNED, STAYS, CloseForm
from servicedesk.staff.leaving import block, plan_leaving, positions_held, unblock
from servicedesk.staff.models import User
from servicedesk.staff.passing_on import Left, left_by
from servicedesk.staff.requests import StaffRequest

MOST = 50  # people at once
BACK = {"admin": "admin:staff_user_changelist"}  # where one came from, else the people


@dataclass(frozen=True)
class Goer:
    """Somebody whose log-in is about to be closed, with what they owe and the positions they hold."""

    person: User
    left: list[Left]
    positions: list[str]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("staff.change_user", raise_exception=True)
def close(request: StaffRequest) -> HttpResponse:
    """Ask why, show what passes on to whom, then block these log-ins."""
    at = timezone.now()
    people = list(_asked_for(request))
    planned = max((one.leaves_on for one in people if one.leaves_on), default=None)
    initial = {"why": PLANNED if planned else User.Blocked.LEAVING}
    form = CloseForm(request.POST or None, planned=planned, initial=initial)
    back = BACK.get(request.GET.get("from", ""), "staff:people")
    if request.method == "POST" and form.is_valid():
        for person in people:
            _answer(request, person, form.cleaned_data, at=at)
        return redirect(back)
    goers = [Goer(one, left_by(one, at=at), positions_held(one, at=at)) for one in people]
    context = {"goers": goers, "form": form, "back": back}
    return render(request, "staff/close.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@permission_required("staff.change_user", raise_exception=True)
def reopen(request: StaffRequest, pk: int) -> HttpResponse:
    """Open one log-in again."""
    person = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    if _done(request, person, lambda: unblock(person, by=request.user, at=timezone.now())):
        messages.success(request, _("%(name)s can log in again.") % {"name": person})
    return redirect("staff:people")


def closing_query(people: Any, **more: str) -> str:
    """The query by which the page asks about these people."""
    return urlencode([*(("who", person) for person in people), *more.items()])


def _asked_for(request: StaffRequest) -> Any:
    numbers = [who for who in request.GET.getlist("who")[:MOST] if who.isascii() and who.isdigit()]
    found = User.objects.visible_to(request.user).active().filter(pk__in=[int(who[:18]) for who in numbers])
    if not found:
        raise Http404
    return found.select_related("department").order_by("display_name", "pk")


def _answer(request: StaffRequest, person: User, said: dict[str, Any], *, at: datetime) -> None:
    """Close the log-in now, or plan or take back the last day."""
    why, last_day = said["why"], said["last_day"] if said["why"] == PLANNED else None
    if why not in (PLANNED, STAYS):
        _close(request, person, why, at=at)
    elif _done(request, person, lambda: plan_leaving(person, last_day, by=request.user, at=at)):
        text = _("%(name)s leaves; the last day is %(day)s.") if last_day else _("%(name)s stays.")
        day = date_format(last_day, "DATE_FORMAT") if last_day else ""
        messages.success(request, text % {"name": person, "day": day})


def _close(request: StaffRequest, person: User, why: str, *, at: datetime) -> None:
    if not _done(request, person, lambda: block(person, by=request.user, at=at, why=why)):
        return
    if why == User.Blocked.MEANWHILE:
        text = _("%(name)s cannot log in any more and counts as absent; deputies stand in.")
        messages.success(request, text % {"name": person})
    elif left := left_by(person, at=at):
        stays = ", ".join(f"{one.what}: {one.count}" for one in left)
        text = _("%(name)s cannot log in any more, but nobody else could take this on: %(stays)s")
        messages.warning(request, text % {"name": person, "stays": stays})
    else:
        text = _("%(name)s cannot log in any more. What they owed has passed on.")
        messages.success(request, text % {"name": person})


def _done(request: StaffRequest, person: User, act: Any) -> bool:
    try:
        act()
    except PermissionDenied:
        text = _("%(name)s: only a superuser may change this account.") % {"name": person}
        messages.error(request, text)
    except ValidationError as refusal:
        messages.error(request, f"{person}: {' '.join(refusal.messages)}")
    else:
        return True
    return False
