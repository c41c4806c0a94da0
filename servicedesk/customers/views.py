"""The pages about one customer and the list of all."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from .creating import create_customer
from .editing import change_customer, confirm_customer, may_restrict
from .finding import likely_duplicates
from .forms import ChangeCustomerForm, CustomerForm
from .history import history
from .listing import FILTERS, filtered, page_of, suggestions
from .models import Customer
from .models.customer import Kind
from .normal import normalise_email, normalise_phone
from .pages import add_refusal, edit_page, seen_customer
from .profile import Held, completeness
from .reaching import reach_of

LONGEST_QUERY = 200  # characters read of what is searched for


@require_GET
@login_required
def customer_list(request: HttpRequest) -> HttpResponse:
    """All customers, newest first, found by words and narrowed by filters."""
    text, kind, show = (request.GET.get(name, "")[:LONGEST_QUERY] for name in ("q", "kind", "show"))
    at = timezone.now()
    customers = filtered(Customer.objects.visible_to(request.user), text=text, kind=kind, show=show, at=at)
    page = page_of(customers, before=key(request, "before"), after=key(request, "after"))
    context = {
        "page": page,
        "text": text,
        "kind": kind if kind in Kind.values else "",
        "show": show if show in FILTERS else "",
        "kinds": Kind.choices,
        "filters": [(code, label) for code, (label, _narrow) in FILTERS.items()],
        "now": at,
    }
    return render(request, "customers/list.html", context)


def key(request: HttpRequest, name: str) -> int | None:
    """A key from the address; what is none counts as not given."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


@require_GET
@login_required
def suggest(request: HttpRequest) -> HttpResponse:
    """Customers who may be meant by `q`: rows of a list for htmx, else JSON."""
    found = suggestions(Customer.objects.visible_to(request.user), request.GET.get("q", "")[:LONGEST_QUERY])
    if request.headers.get("HX-Request"):
        return render(request, "customers/_suggestions.html", {"customers": found})
    rows = [
        {
            "number": customer.number,
            "name": customer.name,
            "kind": customer.kind,
            "phones": [str(phone) for phone in customer.phones.all()],
            "do_not_contact": customer.do_not_contact,
            "safety_mark": customer.safety_mark,
            "url": customer.get_absolute_url(),
        }
        for customer in found
    ]
    return JsonResponse({"customers": rows})


@require_http_methods(["GET", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Take in a customer; somebody with the same number or name is shown first, and taken in only on second saving."""
    initial = {name: request.GET.get(name, "")[:LONGEST_QUERY] for name in ("name", "phones")}
    form = CustomerForm(request.POST or None, initial=initial)
    duplicates: list[Customer] = []
    if request.method == "POST" and form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        if not request.POST.get("anyway"):
            duplicates = list(
                likely_duplicates(
                    name=values["name"],
                    phones=[normalise_phone(phone) for phone in values["phones"]],
                    emails=[normalise_email(email) for email in values["emails"]],
                )
            )
        if not duplicates and (taken_in := take_in(request, form, values)):
            return redirect(taken_in)
    context = {"form": form, "duplicates": duplicates, "heading": _("New customer")}
    return render(request, "customers/new.html", context, status=422 if form.errors or duplicates else 200)


def take_in(request: HttpRequest, form: CustomerForm, values: dict[str, Any]) -> Customer | None:
    """The new customer, or None after a refusal, which the form then tells."""
    try:
        taken_in = create_customer(**values, by=request.user, at=timezone.now())
    except ValidationError as refusal:
        add_refusal(form, refusal)
        return None
    messages.success(request, _("%(number)s has been taken in.") % {"number": taken_in.number})
    return taken_in


@require_GET
@login_required
def customer(request: HttpRequest, number: str) -> HttpResponse:
    """Everything about one customer on one page."""
    shown = seen_customer(request, number)
    at = timezone.now()
    phones, emails = list(shown.phones.all()), list(shown.emails.all())
    context = {
        "customer": shown,
        "phones": [phone for phone in phones if phone.person_id is None],
        "emails": [email for email in emails if email.person_id is None],
        "persons": shown.persons.prefetch_related("phones", "emails").order_by("-active", "-is_main", "pk"),
        "projects": shown.projects.select_related("salesperson", "executive", "project_manager"),
        "sites": shown.sites.select_related("project").order_by("-active", "pk"),
        "consent": shown.consents.filter(topic="news").first(),
        "completeness": completeness(Held.of(shown)),
        "duplicates": likely_duplicates(
            phones=[phone.number for phone in phones],
            emails=[email.address for email in emails],
            besides=shown,
        ),
        "happenings": history(shown),
        "written_only": shown.is_written_only(at),
        "reachable": shown.is_reachable(at),
        "stale": shown.is_stale(at),
        "may_restrict": may_restrict(request.user),
        "now": at,
    }
    return render(request, "customers/customer.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def change(request: HttpRequest, number: str) -> HttpResponse:
    """Change the profile."""
    shown = seen_customer(request, number)
    initial = {name: reach_of(shown, name) for name in ("phones", "emails")}
    form = ChangeCustomerForm(request.POST or None, instance=shown, initial=initial)

    def act(version: int | None, **values) -> None:
        change_customer(shown, seen=version, by=request.user, at=timezone.now(), **values)

    return edit_page(
        request, form, act, customer=shown, heading=_("Change the profile"), done=_("The profile is saved.")
    )


@require_POST
@login_required
def confirm(request: HttpRequest, number: str) -> HttpResponse:
    """The customer said today that the profile is still right (R4.3a)."""
    shown = seen_customer(request, number)
    confirm_customer(shown, by=request.user, at=timezone.now())
    messages.success(request, _("Confirmed today."))
    return redirect(shown)
