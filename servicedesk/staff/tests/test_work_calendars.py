"""Calendars per department: inherited from the unit above, else the organisation's; only ones that open."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from servicedesk.calendars.models import Calendar
from servicedesk.calendars.testing import make_calendar
from servicedesk.calendars.uses import uses_of
from servicedesk.staff.directory import Directory
from servicedesk.staff.models import Department
from servicedesk.staff.testing import make_department, make_user
from servicedesk.staff.work_calendars import calendars_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def nights():
    return make_calendar(name="Nights")


@pytest.fixture
def tree(nights):
    """A unit with a calendar of its own, one below it, and one beside."""
    above = make_department(name="Plant", calendar=nights)
    return above, make_department(name="Shift", parent=above), make_department(name="Shop")


def test_every_way_of_asking_gives_the_same_calendar(tree, nights, django_assert_num_queries):
    directory = Directory.at(nights.versions.get().at)
    with django_assert_num_queries(2):
        found = calendars_in_force()
    for unit in tree:
        fresh = Department.objects.get(pk=unit.pk)
        assert found[unit.pk].calendar == fresh.effective_calendar() == directory.calendar_of(unit.pk)
    above, below, beside = (found[unit.pk] for unit in tree)
    assert [one.calendar for one in (above, below, beside)] == [nights, nights, Calendar.objects.default()]
    assert [one.whence for one in (above, below, beside)] == [
        "its own",
        "of Plant above",
        "the organisation's",
    ]


def test_a_calendar_knows_who_works_by_it(tree, nights):
    assert [(use.name, use.inherited) for use in uses_of(nights)] == [("Plant", False), ("Shift", True)]


def test_the_administration_says_where_a_calendar_comes_from(client, tree, nights):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    page = client.get(reverse("admin:staff_department_change", args=[tree[1].pk])).content.decode()
    assert "Nights" in page and "of Plant above" in page
    assert f"/admin/clock/ladder/try/?try-department={tree[1].pk}" in page
    listed = client.get(reverse("admin:staff_department_changelist")).content.decode()
    assert "the organisation&#x27;s" in listed
    page = client.get(reverse("admin:calendars_calendar_change", args=[nights.pk])).content.decode()
    assert "Shift" in page and "inherits it" in page


def test_no_department_works_by_a_calendar_without_hours(tree):
    empty = Calendar.objects.create(name="Empty")
    for statement in (
        lambda: make_department(calendar=empty),
        lambda: Department.objects.filter(pk=tree[2].pk).update(calendar=empty),
    ):
        with pytest.raises(IntegrityError, match="a calendar that opens"), transaction.atomic():
            statement()


def test_a_calendar_without_hours_is_never_the_organisations():
    empty = Calendar.objects.create(name="Empty")
    Calendar.objects.filter(is_default=True).update(is_default=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Calendar.objects.filter(pk=empty.pk).update(is_default=True)
    make_calendar(is_default=True)


@pytest.mark.postgresql
def test_the_organisation_always_has_a_calendar():
    with pytest.raises(IntegrityError, match="always has a calendar"), transaction.atomic():
        Calendar.objects.filter(is_default=True).update(is_default=False)
        connection.check_constraints()
