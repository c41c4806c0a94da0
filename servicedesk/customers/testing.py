"""Builders for tests."""

from datetime import UTC, datetime
from itertools import count

from servicedesk.customers.areas import create_area
from servicedesk.customers.creating import create_customer
from servicedesk.customers.models import Area, ContactPerson, Customer, Project, Site
from servicedesk.customers.persons import add_contact_person
from servicedesk.customers.projects import activate_project, add_project, add_site
from servicedesk.staff.testing import make_user

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)  # a Monday, 9:30 in Shanghai

_numbers = count(1)


def make_customer(name: str = "", *, by="setup", at: datetime = AT, **fields) -> Customer:
    """A person without any number; `phones`, `emails` and further fields of the profile by name."""
    return create_customer(name or f"Customer {next(_numbers)}", by=by, at=at, **fields)


def make_contact_person(
    customer: Customer | None = None, name: str = "", *, by="setup", at: datetime = AT, **fields
) -> ContactPerson:
    customer = customer or make_customer(kind="organisation")
    return add_contact_person(customer, name or f"Contact {next(_numbers)}", by=by, at=at, **fields)


def make_project(
    customer: Customer | None = None,
    name: str = "",
    *,
    active: bool = True,
    by="setup",
    at: datetime = AT,
    **fields,
) -> Project:
    """A project in service with people made up for it, or, with `active=False`, one in preparation without."""
    customer = customer or make_customer(kind="organisation")
    if active:
        fields.setdefault("salesperson", make_user())
        fields.setdefault("executive", make_user())
    project = add_project(customer, name or f"Project {next(_numbers)}", by=by, at=at, **fields)
    return activate_project(project, by=by, at=at) if active else project


def make_site(
    customer: Customer | None = None, name: str = "", *, by="setup", at: datetime = AT, **fields
) -> Site:
    customer = customer or make_customer(kind="organisation")
    return add_site(customer, name or f"Site {next(_numbers)}", by=by, at=at, **fields)


def make_area(name: str = "", *, officer=None, by="setup", at: datetime = AT) -> Area:
    """An area with an officer made up for it unless one is named."""
    return create_area(name or f"Area {next(_numbers)}", officer=officer or make_user(), by=by, at=at)
