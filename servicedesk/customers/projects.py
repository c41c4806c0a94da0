"""Deliveries to a customer, who answers for them, and the places where we serve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import Record, record_many
from servicedesk.bulk import insert_rows

from .changing import add, change, lock_customer
from .facts import keep, plain, put
from .models import Customer, Project, Site
from .numbering import draw_keys, project_number

PEOPLE = ("salesperson", "executive")


@dataclass(frozen=True)
class ProjectDraft:
    """A project to be, in the state it enters in; people and days by name in `values`."""

    customer: Customer
    name: str
    state: str = Project.State.DRAFT
    values: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""
    external_number: str | None = None


@transaction.atomic
def add_project(customer: Customer, name: str, *, by, at: datetime, **values) -> Project:
    """Add a project in preparation. Raises ValidationError, by field, for what cannot be kept."""
    (key,) = draw_keys(Project, 1)
    project = Project(pk=key, number=project_number(key), customer=customer, name=name.strip(), **values)
    return add(project, event="project_added", by=by, at=at)


def prepare_project(draft: ProjectDraft) -> Project:
    """Check a project to be; writes nothing. Raises ValidationError, by field, for what cannot be kept (R5.7b)."""
    project = Project(
        customer=draft.customer,
        state=draft.state,
        origin=draft.origin,
        external_number=draft.external_number,
    )
    put(project, {"name": draft.name.strip(), **draft.values})
    if draft.state == Project.State.ACTIVE:
        check_people(project)
    _check_days(project)
    return project


@transaction.atomic
def write_projects(projects: Sequence[Project], *, by, at: datetime) -> list[Project]:
    """Take in projects that are checked already, in their order; statements do not grow with them.

    `by` is a person or a system actor.
    """
    customers = {project.customer_id for project in projects}
    list(
        Customer.objects.select_for_update(no_key=True)
        .filter(pk__in=customers)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for project, key in zip(projects, draw_keys(Project, len(projects)), strict=True):
        project.pk, project.number = key, project_number(key)
    insert_rows(Project, projects)
    facts = keep([(project, _told(project)) for project in projects])
    record_many(
        [
            Record(
                project.customer.key,
                "project_added",
                by,
                at,
                {"what": "project", "row": project.pk, "version": 1, **kept},
            )
            for project, kept in zip(projects, facts, strict=True)
        ]
    )
    return list(projects)


def _told(project: Project) -> dict[str, Any]:
    names = (
        *("name", "state", "salesperson_id", "executive_id", "project_manager_id"),
        *("delivered_on", "service_ends_on", "origin", "external_number"),
    )
    told = {name.removesuffix("_id"): getattr(project, name) for name in names}
    return {name: value for name, value in told.items() if plain(value) is not None}


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
    check_people(project)
    return change(project, {"state": Project.State.ACTIVE}, event="project_activated", by=by, at=at)


def check_people(project: Project) -> None:
    """Raises ValidationError, by field, while salesperson or executive are lacking (R5.7b)."""
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


def _check_days(project: Project) -> None:
    """What constraints would refuse, without asking the database for each row."""
    delivered, ends = project.delivered_on, project.service_ends_on
    if project.state == Project.State.ENDED and ends is None:
        raise ValidationError({"service_ends_on": _("Say when the service of this project ended.")})
    if delivered and ends and ends <= delivered:
        raise ValidationError({"service_ends_on": _("Service ends after the day of delivery.")})


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
