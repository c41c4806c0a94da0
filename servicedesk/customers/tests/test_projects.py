"""Projects and sites."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from servicedesk.audit.timeline import Entry
from servicedesk.customers.invariants import projects_have_people
from servicedesk.customers.models import Project, Site
from servicedesk.customers.projects import activate_project, change_project, change_site, end_project
from servicedesk.customers.testing import AT, make_customer, make_project, make_site
from servicedesk.staff.testing import make_user

pytestmark = pytest.mark.django_db


@pytest.mark.clause("R5.7b")
@pytest.mark.parametrize("lacking", [["salesperson"], ["executive"], ["salesperson", "executive"]])
def test_a_project_goes_into_service_only_with_its_people(lacking):
    people = {name: make_user() for name in ("salesperson", "executive") if name not in lacking}
    project = make_project(active=False, **people)
    with pytest.raises(ValidationError) as refusal:
        activate_project(project, by="setup", at=AT)
    assert list(refusal.value.message_dict) == lacking
    project.refresh_from_db()
    assert project.state == "draft"

    change_project(project, by="setup", at=AT, **{name: make_user() for name in lacking})
    assert activate_project(project, by="setup", at=AT).state == "active"
    assert Entry.objects.of(project.customer.key).last().event == "project_activated"


@pytest.mark.clause("R5.7b")
def test_a_project_in_service_keeps_its_people():
    project = make_project()
    with pytest.raises(ValidationError):
        change_project(project, salesperson=None, by="setup", at=AT)


@pytest.mark.clause("R5.7b")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE customers_project SET state = 'active'",
        "UPDATE customers_project SET state = 'active', salesperson_id = executive_id",
        "INSERT INTO customers_project (customer_id, number, name, state, version)"
        " SELECT customer_id, 'P-x', 'x', 'active', 1 FROM customers_project",
    ],
)
def test_the_database_itself_refuses_a_project_without_people(statement):
    make_project(active=False)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert not Project.objects.active()
    assert not list(projects_have_people())


def test_the_people_of_a_project_in_service_cannot_be_taken_away_in_sql():
    project = make_project()
    with pytest.raises(IntegrityError), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(executive=None)


def test_service_ends_after_delivery():
    project = make_project(delivered_on=date(2026, 1, 31))
    with pytest.raises(ValidationError):
        end_project(project, on=date(2026, 1, 31), by="setup", at=AT)
    project = end_project(project, on=date(2026, 2, 1), by="setup", at=AT)
    assert (project.state, project.service_ends_on) == ("ended", date(2026, 2, 1))
    with pytest.raises(ValidationError):
        activate_project(project, by="setup", at=AT)


def test_a_site_and_its_project_belong_to_the_same_customer():
    project = make_project()
    site = make_site(project.customer, project=project)
    assert change_site(site, name="North gate", by="setup", at=AT).name == "North gate"
    with pytest.raises(ValidationError):
        make_site(make_customer(), project=project)
    with pytest.raises(IntegrityError), transaction.atomic():
        Site.objects.filter(pk=site.pk).update(customer=make_customer())


def test_project_numbers_are_drawn_once():
    customer = make_customer()
    numbers = {make_project(customer, active=False, at=AT + timedelta(days=n)).number for n in range(3)}
    assert len(numbers) == 3
