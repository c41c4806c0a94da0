"""Pages on which a wish, a consent, a restriction or a mark is recorded."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from .editing import (
    lift_restriction,
    mark_for_safety,
    may_restrict,
    record_consent,
    record_wish,
    remove_safety_mark,
    restrict_to_writing,
)
from .forms import ConsentForm, SafetyForm, WishForm, WritingForm
from .models import Consent
from .pages import edit_page, seen_customer


@require_http_methods(["GET", "POST"])
@login_required
def wish(request: HttpRequest, number: str) -> HttpResponse:
    """How far the customer wishes to be left alone (CASES g)."""
    customer = seen_customer(request, number)
    form = WishForm(
        request.POST or None, initial={"do_not_contact": customer.do_not_contact, "wish": customer.wish}
    )

    def act(do_not_contact: str, wish: str) -> None:
        record_wish(customer, do_not_contact, words=wish, by=request.user, at=timezone.now())

    return edit_page(
        request,
        form,
        act,
        customer=customer,
        heading=_("Wish about contact"),
        done=_("The wish is recorded."),
    )


@require_http_methods(["GET", "POST"])
@login_required
def restrict(request: HttpRequest, number: str) -> HttpResponse:
    """Serve the customer in writing only for some days (CASES i)."""
    customer = seen_customer(request, number)
    if not may_restrict(request.user):
        raise PermissionDenied
    form = WritingForm(request.POST or None)

    def act(days: int, reason: str) -> None:
        at = timezone.now()
        restrict_to_writing(customer, until=at + timedelta(days=days), reason=reason, by=request.user, at=at)

    return edit_page(
        request, form, act, customer=customer, heading=_("In writing only"), done=_("The restriction is recorded."),
        button=_("Restrict to writing"),
    )  # fmt: skip


@require_POST
@login_required
def lift(request: HttpRequest, number: str) -> HttpResponse:
    """Open every channel again."""
    customer = seen_customer(request, number)
    lift_restriction(customer, by=request.user, at=timezone.now())
    messages.success(request, _("Every channel is open again."))
    return redirect(customer)


@require_http_methods(["GET", "POST"])
@login_required
def safety(request: HttpRequest, number: str) -> HttpResponse:
    """Warn whoever visits this customer (R1.5.F)."""
    customer = seen_customer(request, number)
    form = SafetyForm(request.POST or None, initial={"note": customer.safety_note})

    def act(note: str) -> None:
        mark_for_safety(customer, note=note, by=request.user, at=timezone.now())

    return edit_page(
        request, form, act, customer=customer, heading=_("Safety mark"), done=_("The safety mark is set.")
    )


@require_POST
@login_required
def safe(request: HttpRequest, number: str) -> HttpResponse:
    """Take the safety mark off."""
    customer = seen_customer(request, number)
    remove_safety_mark(customer, by=request.user, at=timezone.now())
    messages.success(request, _("The safety mark is removed."))
    return redirect(customer)


@require_http_methods(["GET", "POST"])
@login_required
def consent(request: HttpRequest, number: str) -> HttpResponse:
    """What the customer said about news of services (R3.3.5)."""
    customer = seen_customer(request, number)
    form = ConsentForm(request.POST or None)

    def act(**values) -> None:
        record_consent(customer, Consent.Topic.NEWS, **values, by=request.user, at=timezone.now())

    return edit_page(
        request,
        form,
        act,
        customer=customer,
        heading=_("News of services"),
        done=_("The answer is recorded."),
    )
