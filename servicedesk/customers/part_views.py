"""Pages for the parts of a customer: contact persons, projects, sites."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from .forms import ChangePersonForm, EndForm, PersonForm, ProjectForm, SiteForm
from .models import Project
from .pages import edit_page, seen_customer
from .persons import add_contact_person, change_contact_person
from .projects import activate_project, add_project, add_site, change_project, change_site, end_project
from .reaching import reach_of


@require_http_methods(["GET", "POST"])
@login_required
def person_new(request: HttpRequest, number: str) -> HttpResponse:
    customer = seen_customer(request, number)
    first = not customer.persons.filter(is_main=True).exists()
    form = PersonForm(request.POST or None, initial={"is_main": first})

    def act(version: None, **values) -> None:
        add_contact_person(customer, **values, by=request.user, at=timezone.now())

    return edit_page(
        request,
        form,
        act,
        customer=customer,
        heading=_("New contact person"),
        done=_("The contact person is added."),
    )


@require_http_methods(["GET", "POST"])
@login_required
def person(request: HttpRequest, number: str, key: int) -> HttpResponse:
    """Change a contact person."""
    customer = seen_customer(request, number)
    shown = get_object_or_404(customer.persons, pk=key)
    initial = {name: reach_of(shown, name) for name in ("phones", "emails")}
    form = ChangePersonForm(request.POST or None, instance=shown, initial=initial)

    def act(version: int | None, **values) -> None:
        change_contact_person(shown, seen=version, **values, by=request.user, at=timezone.now())

    return edit_page(
        request,
        form,
        act,
        customer=customer,
        heading=_("Change the contact person"),
        done=_("The contact person is saved."),
    )


@require_http_methods(["GET", "POST"])
@login_required
def project_new(request: HttpRequest, number: str) -> HttpResponse:
    customer = seen_customer(request, number)
    form = ProjectForm(request.POST or None)

    def act(version: None, **values) -> None:
        add_project(customer, **values, by=request.user, at=timezone.now())

    return edit_page(
        request, form, act, customer=customer, heading=_("New project"), done=_("The project is added.")
    )


@require_http_methods(["GET", "POST"])
@login_required
def project(request: HttpRequest, number: str) -> HttpResponse:
    """Change a project's name, people and dates."""
    shown = seen_project(request, number)
    form = ProjectForm(request.POST or None, instance=shown)

    def act(version: int | None, **values) -> None:
        change_project(shown, seen=version, **values, by=request.user, at=timezone.now())

    return edit_page(
        request,
        form,
        act,
        customer=shown.customer,
        heading=_("Change the project"),
        done=_("The project is saved."),
    )


@require_POST
@login_required
def project_activate(request: HttpRequest, number: str) -> HttpResponse:
    """Take a project into service; what it lacks is told on the customer's page (R5.7b)."""
    shown = seen_project(request, number)
    try:
        activate_project(shown, by=request.user, at=timezone.now())
    except ValidationError as refusal:
        messages.error(request, refusal_text(refusal))
    else:
        messages.success(request, _("%(number)s is in service now.") % {"number": shown.number})
    return redirect(shown.customer)


def refusal_text(refusal: ValidationError) -> str:
    """A refusal in one line, each field named."""
    if not hasattr(refusal, "error_dict"):
        return " ".join(refusal.messages)
    fields: Any = {field.name: field for field in Project._meta.concrete_fields}
    labels = {name: fields[name].verbose_name for name in refusal.error_dict}
    return " ".join(f"{labels[name]}: {' '.join(texts)}" for name, texts in refusal.message_dict.items())


@require_http_methods(["GET", "POST"])
@login_required
def project_end(request: HttpRequest, number: str) -> HttpResponse:
    """The service of a project ends."""
    shown = seen_project(request, number)
    form = EndForm(request.POST or None)

    def act(on: date) -> None:
        end_project(shown, on=on, by=request.user, at=timezone.now())

    return edit_page(
        request, form, act, customer=shown.customer, heading=_("End the service"),
        done=_("The end of the service is recorded."), button=_("End the service"),
    )  # fmt: skip


def seen_project(request: HttpRequest, number: str) -> Project:
    """The project this person may see, else 404."""
    projects = Project.objects.visible_to(request.user).select_related("customer")
    return get_object_or_404(projects, number=number)


@require_http_methods(["GET", "POST"])
@login_required
def site_new(request: HttpRequest, number: str) -> HttpResponse:
    customer = seen_customer(request, number)
    form = SiteForm(request.POST or None, customer=customer)

    def act(version: None, **values) -> None:
        add_site(customer, **values, by=request.user, at=timezone.now())

    return edit_page(
        request, form, act, customer=customer, heading=_("New site"), done=_("The site is added.")
    )


@require_http_methods(["GET", "POST"])
@login_required
def site(request: HttpRequest, number: str, key: int) -> HttpResponse:
    """Change a site."""
    customer = seen_customer(request, number)
    shown = get_object_or_404(customer.sites, pk=key)
    form = SiteForm(request.POST or None, instance=shown, customer=customer)

    def act(version: int | None, **values) -> None:
        change_site(shown, seen=version, **values, by=request.user, at=timezone.now())

    return edit_page(
        request, form, act, customer=customer, heading=_("Change the site"), done=_("The site is saved.")
    )
