"""Deliveries to a customer, who answers for them, and the places where we serve."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from .changing import add, change, lock_customer
from .models import Customer, Project, Site
from .numbering import draw_keys, project_number

PEOPLE = ("salesperson", "executive")


@transaction.atomic
def add_project(customer: Customer, name: str, *, by, at: datetime, **values) -> Project:
    """Add a project in preparation. Raises ValidationError, by field, for what cannot be kept."""
    (key,) = draw_keys(Project, 1)
    project = Project(pk=key, number=project_number(key), customer=customer, name=name.strip(), **values)
    return add(project, event="project_added", by=by, at=at)


@transaction.atomic
def change_project(project: Project, *, by, at: datetime, seen: int | None = None, **values) -> Project:
    """Change name, people or dates; not the state. A project in service keeps its two people (R5.7b).

    Raises ValidationError, by field; StaleEdit where somebody else changed the same field meanwhile.
    """
    if "state" in values:
        raise TypeError("the state changes by activate_project and end_project")
    return change(project, values, event="project_changed", by=by, at=at, seen=seen)


@transaction.atomic
def activate_project(project: Project, *, by, at: datetime) -> Project:
    """Take a project into service. Raises ValidationError while it lacks salesperson or executive (R5.7b)."""
    lock_customer(project.customer)
    project = Project.objects.get(pk=project.pk)
    if project.state == Project.State.ENDED:
        raise ValidationError(_("The service of this project has ended. Please make a new project."))
    lacking = [name for name in PEOPLE if getattr(project, f"{name}_id") is None]
    if lacking:
        raise ValidationError(
            {
                name: _(
                    "Needed before the project goes into service: this person is told of every fault (R5.7b)."
                )
                for name in lacking
            }
        )
    return change(project, {"state": Project.State.ACTIVE}, event="project_activated", by=by, at=at)


@transaction.atomic
def end_project(project: Project, *, on: date, by, at: datetime) -> Project:
    """The service of a project ends on that day. Raises ValidationError if that is not after its delivery."""
    values = {"state": Project.State.ENDED, "service_ends_on": on}
    return change(project, values, event="project_ended", by=by, at=at)


@transaction.atomic
def add_site(customer: Customer, name: str, *, by, at: datetime, **values) -> Site:
    """Add a place where we serve the customer. Raises ValidationError, by field."""
    return add(Site(customer=customer, name=name.strip(), **values), event="site_added", by=by, at=at)


@transaction.atomic
def change_site(site: Site, *, by, at: datetime, seen: int | None = None, **values) -> Site:
    """Change a place. Raises ValidationError, by field; StaleEdit where somebody else changed it meanwhile."""
    return change(site, values, event="site_changed", by=by, at=at, seen=seen)
