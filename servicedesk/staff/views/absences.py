"""Entering one's own absences, and those of the people one leads."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from servicedesk.staff.absences import end_absence, enter_absence, people_of
from servicedesk.staff.forms import AbsenceForm
from servicedesk.staff.models import Absence, User
from servicedesk.staff.requests import StaffRequest

SHOWN_BACK = timedelta(days=90)


@login_required
def absences(request: StaffRequest) -> HttpResponse:
    """My absences and those of my people, with the form for a new one."""
    at = timezone.now()
    person = _person(request)
    form = AbsenceForm(
        request.POST or None,
        by=request.user,
        person=person,
        initial={"person": person.pk, "first_day": timezone.localdate(at)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            absence = enter_absence(form.instance, by=request.user, at=at)
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
        else:
            messages.success(request, _("The absence is entered."))
            _warn(request, absence)
            return redirect("staff:absences")
    shown = Absence.objects.visible_to(request.user).not_over(at - SHOWN_BACK).of_active()
    shown = shown.select_related("person", "deputy").order_by("-starts_at", "-pk")[:100]
    context = {
        "form": form,
        "mine": [each for each in shown if each.person_id == request.user.pk],
        "others": [each for each in shown if each.person_id != request.user.pk and not each.is_over(at)],
        "now": at,
    }
    return render(request, "staff/absences.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def end(request: StaffRequest, pk: int) -> HttpResponse:
    """Back already, or not going after all."""
    absence = get_object_or_404(Absence.objects.visible_to(request.user).select_related("person"), pk=pk)
    end_absence(absence, by=request.user, at=timezone.now())
    messages.success(
        request, _("Noted. What is addressed to %(name)s goes there again.") % {"name": absence.person}
    )
    return redirect("staff:absences")


def _person(request: StaffRequest) -> User:
    """Whose absence it is: oneself, or whoever of one's people the form names."""
    asked = request.POST.get("person") or request.GET.get("person") or ""
    if not asked.isascii() or not asked.isdigit() or len(asked) > 18:
        return request.user
    return get_object_or_404(people_of(request.user), pk=int(asked))


def _warn(request: StaffRequest, absence: Absence) -> None:
    """A deputy who is away at that time is allowed, for deputies of deputies are followed; but it is said."""
    if absence.deputy is None:
        return
    clash = absence.deputy.absences.overlapping(absence.starts_at, absence.ends_at).first()
    if clash:
        messages.warning(
            request,
            _("%(name)s is away too during this time. The deputy of %(name)s will be asked then.")
            % {"name": absence.deputy},
        )
