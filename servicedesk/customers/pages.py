"""What the pages about customers have in common."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from .changing import Conflict, StaleEdit
from .models import Customer


def seen_customer(request: HttpRequest, number: str) -> Customer:
    """The customer this person may see, else 404."""
    customers = Customer.objects.visible_to(request.user).select_related("area__officer").defer("tokens")
    return get_object_or_404(customers, number=number)


def edit_page(
    request: HttpRequest,
    form: Any,
    act: Callable[..., Any],
    *,
    customer: Customer,
    heading: str,
    done: str,
    button: str = "",
) -> HttpResponse:
    """Show a form of its own page; on POST carry out `act` and go back to the customer.

    What is refused is said beside the input, which stays. A stale edit also shows what stands there now; saving
    again then builds on that.
    """
    conflicts: list[Conflict] = []
    if request.method == "POST" and form.is_valid():
        try:
            act(**form.cleaned_data)
        except StaleEdit as stale:
            conflicts = stale.conflicts
            form.base_on(stale.version)
            form.add_error(None, stale.message)
        except ValidationError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, done)
            return redirect(customer)
    context = {
        "form": form,
        "customer": customer,
        "heading": heading,
        "button": button or _("Save"),
        "conflicts": conflicts,
    }
    return render(request, "customers/edit.html", context, status=422 if form.errors else 200)


def add_refusal(form: Any, refusal: ValidationError) -> None:
    """Say each part beside its field, and what belongs to none of this form at its head."""
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for name, errors in refusal.error_dict.items():
        form.add_error(name if name in form.fields and name != NON_FIELD_ERRORS else None, errors)
