"""Entering one's own absences, and those of the people one leads."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from servicedesk.staff.absences import end_absence, enter_absence, people_of
from servicedesk.staff.away.days import day_in
from servicedesk.staff.away.meanwhile import foresee
from servicedesk.staff.forms import AbsenceForm, TodayForm
from servicedesk.staff.models import Absence, User
from servicedesk.staff.requests import StaffRequest

SHOWN_BACK = timedelta(days=90)


@login_required
def absences(request: StaffRequest) -> HttpResponse:
    """My absences and those of my people, with the form for a new one."""
    at = timezone.now()
    person = _person(request)
    first_day = day_in(request.GET.get("first_day", "")) or timezone.localdate(at)
    form = AbsenceForm(
        request.POST or None,
        by=request.user,
        person=person,
        at=at,
        initial={"person": person.pk, "first_day": first_day},
    )
    looks = "look" in request.POST
    if (
        request.method == "POST"
        and not looks
        and _enter(request, form, at=at, said=_("The absence is entered."))
    ):
        return redirect("staff:absences")
    shown = _with_people(request.user).not_over(at - SHOWN_BACK).order_by("-starts_at", "-pk")[:100]
    context = {
        "form": form,
        "mine": [each for each in shown if each.person_id == request.user.pk],
        "others": [each for each in shown if each.person_id != request.user.pk and not each.is_over(at)],
        "now": at,
        "foreseen": foresee(form.instance, at=at) if looks and form.is_valid() else None,
    }
    return render(request, "staff/absences.html", context, status=422 if form.errors else 200)


@login_required
def change(request: StaffRequest, pk: int) -> HttpResponse:
    """One absence, to change, to end or to withdraw; one that is over is shown and stays."""
    at = timezone.now()
    absence = get_object_or_404(_with_people(request.user), pk=pk)
    over = absence.is_over(at)
    form = None if over else AbsenceForm(
        request.POST or None, by=request.user, person=absence.person, at=at, instance=absence
    )  # fmt: skip
    looks = "look" in request.POST
    said = _("The absence is changed.")
    if form and request.method == "POST" and not looks and _enter(request, form, at=at, said=said):
        return redirect("staff:absence", pk=absence.pk)
    standing = _with_people(request.user).filter(pk=pk).first()
    if standing is None:  # while it was looked at
        messages.error(request, _("This absence has been withdrawn meanwhile."))
        return redirect("staff:absences")
    planned = form.instance if form and looks and form.is_valid() else standing
    foreseen = None if over else foresee(planned, at=at)
    context = {"absence": standing, "form": form, "now": at, "foreseen": foreseen}
    return render(request, "staff/absence.html", context, status=422 if form and form.errors else 200)


@login_required
def today(request: StaffRequest) -> HttpResponse:
    """Away for the rest of today: the key that leads here and Enter are enough (CASES y)."""
    at = timezone.now()
    form = TodayForm(request.POST or None, person=request.user, at=at)
    if request.method == "POST" and _enter(request, form, at=at, said=_("You are signed out for today.")):
        return redirect("staff:absences")
    away = Absence.objects.filter(person=request.user).at(at).select_related("deputy").first()
    context = {"form": form, "away": away, "now": at, "foreseen": foresee(form.instance, at=at)}
    return render(request, "staff/today.html", context, status=422 if form.errors else 200)


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


def _with_people(user: User):
    return Absence.objects.visible_to(user).of_active().select_related("person", "deputy")


def _enter(request: StaffRequest, form: AbsenceForm | TodayForm, *, at: datetime, said: str) -> bool:
    """Enter what the form says and tell so; False where it is refused."""
    if not form.is_valid():
        return False
    try:
        absence = enter_absence(form.instance, by=request.user, at=at)
    except ValidationError as refusal:
        form.add_error(None, refusal.messages)
        return False
    messages.success(request, said)
    _warn(request, absence)
    return True


def _person(request: StaffRequest) -> User:
    """Whose absence it is: oneself, or whoever of one's people the form names."""
    asked = request.POST.get("person") or request.GET.get("person") or ""
    if not asked.isascii() or not asked.isdigit() or len(asked) > 18:
        return request.user
    return get_object_or_404(people_of(request.user), pk=int(asked))


def _warn(request: StaffRequest, absence: Absence) -> None:
    """A deputy who is away at that time is allowed, for deputies of deputies are followed, and so is an absence
    for another reason at the same time; but it is said."""
    other = Absence.objects.filter(person=absence.person).exclude(pk=absence.pk)
    if met := other.overlapping(absence.starts_at, absence.ends_at).first():
        text = _(
            "%(name)s is away for another reason too: %(days)s. Until the last of them ends, deputies are asked."
        )
        messages.warning(request, text % {"name": absence.person, "days": met.period})
    if absence.deputy and absence.deputy.absences.overlapping(absence.starts_at, absence.ends_at).exists():
        text = _("%(name)s is away too during this time. The deputy of %(name)s will be asked then.")
        messages.warning(request, text % {"name": absence.deputy})
