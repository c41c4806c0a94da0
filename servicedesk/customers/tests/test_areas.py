"""Areas: one officer each, on record who it was when, and nobody's when the officer goes (R7.2.2.2)."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from servicedesk.audit.timeline import Entry
from servicedesk.customers import areas
from servicedesk.customers.areas import areas_left_by, change_area, create_area
from servicedesk.customers.editing import change_customer
from servicedesk.customers.models import Area, Customer
from servicedesk.customers.testing import AT, make_area, make_customer
from servicedesk.staff.leaving import block, deactivate
from servicedesk.staff.models import User
from servicedesk.staff.testing import make_department, make_organisation, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.clause("R7.2.2.2")
def test_an_area_has_one_officer_and_the_timeline_says_who_it_was_when():
    first, second = make_user(), make_user()
    area = create_area("Riverside", officer=first, by="setup", at=AT)
    change_area(area, name="Riverside", officer=second, by=first, at=AT)
    assert Area.objects.get().officer == second
    assert [(entry.event, entry.facts["officer"]) for entry in Entry.objects.of(area.key)] == [
        ("area_created", first.pk),
        ("area_changed", second.pk),
    ]
    assert change_area(area, name="Riverside", officer=second, by=first, at=AT).version == 2
    with pytest.raises(ValidationError):
        create_area("Riverside", officer=first, by="setup", at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Area.objects.filter(pk=area.pk).update(officer=None)


def test_an_area_changed_meanwhile_is_not_overwritten():
    area, other = make_area(), make_user()
    change_area(area, name="East", officer=area.officer, seen=1, by="setup", at=AT)
    with pytest.raises(ValidationError):
        change_area(area, name="West", officer=other, seen=1, by="setup", at=AT)
    assert Area.objects.get().name == "East"


def test_who_has_left_looks_after_nothing():
    gone = make_user()
    block(gone, by="setup", at=AT)
    with pytest.raises(ValidationError):
        create_area("Riverside", officer=gone, by="setup", at=AT)
    with pytest.raises(ValidationError):
        change_area(make_area(), name="East", officer=gone, by="setup", at=AT)


@pytest.mark.parametrize("act", [block, deactivate])
def test_the_areas_of_who_goes_pass_to_the_department_manager(act):
    people = make_organisation()
    officer = people.agents[2]
    area = make_area(officer=officer)
    left = areas_left_by(officer, at=AT)
    assert (left.count, left.heirs, left.stays) == (1, {people.manager.display_name: 1}, 0)
    act(officer, by="setup", at=AT)
    assert Area.objects.get(pk=area.pk).officer == people.manager
    assert areas_left_by(officer, at=AT) is None


def test_an_area_that_changed_before_its_turn_is_handed_on_as_it_stands(monkeypatch):
    """Between reading whose areas pass on and locking them, one is renamed and one given to somebody else."""
    people = make_organisation()
    officer, other = people.agents[1:]
    renamed, given = make_area("Old", officer=officer), make_area(officer=officer)
    held = areas.hold

    def meanwhile(pk):
        Area.objects.filter(pk=renamed.pk).update(name="New")
        Area.objects.filter(pk=given.pk).update(officer=other)
        return held(pk)

    monkeypatch.setattr(areas, "hold", meanwhile)
    assert areas.hand_areas_on(officer, by="setup", at=AT) == 0
    for area in (renamed, given):
        area.refresh_from_db()
    assert (renamed.name, renamed.officer) == ("New", people.manager)
    assert (given.officer, given.version) == (other, 1)


def test_many_areas_pass_on_without_looking_for_the_heir_again(django_assert_max_num_queries):
    people = make_organisation()
    for _ in range(8):
        make_area(officer=people.agents[2])
    with django_assert_max_num_queries(70):
        areas.hand_areas_on(people.agents[2], by="setup", at=AT)
    assert Area.objects.filter(officer=people.manager).count() == 8


def test_the_database_lets_nobody_who_has_left_look_after_an_area():
    area, gone = make_area(), make_user()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=area.officer_id).update(is_active=False)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Area.objects.filter(pk=area.pk).update(officer=gone)
    with pytest.raises(IntegrityError), transaction.atomic():
        Area.objects.create(name="West", officer=gone)
    Area.objects.filter(pk=area.pk).update(name="East")


def test_a_household_that_is_served_no_more_is_neither_counted_nor_listed(client):
    area = make_area()
    make_customer("The Wangs", kind="household", area=area)
    make_customer("The Gones", kind="household", area=area, active=False)
    client.force_login(make_user())
    assert areas.households_of([area]) == {area.pk: 1}
    page = client.get(area.get_absolute_url()).content.decode()
    assert "The Wangs" in page and "The Gones" not in page


def test_only_a_household_belongs_to_an_area():
    area = make_area()
    household = make_customer("Home", kind="household", area=area, unit="3-1203")
    assert Customer.objects.search("3-1203").get() == household
    with pytest.raises(ValidationError):
        make_customer("Firm", kind="organisation", area=area)
    with pytest.raises(ValidationError):
        change_customer(household, by="setup", at=AT, kind="person")
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.filter(pk=household.pk).update(kind="person")
    change_customer(household, by="setup", at=AT, area=None, unit="")
    assert Entry.objects.of(household.key).last().facts["area_old"] == area.pk


def test_the_pages_show_who_looks_after_whom(client):
    area = make_area("Riverside", officer=make_user(display_name="Officer Ou"))
    household = make_customer("The Wangs", kind="household", area=area, unit="3-1203")
    client.force_login(make_user())
    listed = client.get(reverse("customers:areas")).content.decode()
    assert "Riverside" in listed and "Officer Ou" in listed and "1 household" in listed
    page = client.get(area.get_absolute_url()).content.decode()
    assert "The Wangs" in page and "3-1203" in page and "Officer Ou" in page
    customer = client.get(household.get_absolute_url()).content.decode()
    assert "Riverside" in customer and "Officer Ou" in customer
    assert client.get(reverse("customers:area_new")).status_code == 403
    assert client.post(reverse("customers:area_change", args=[area.pk])).status_code == 403


def test_who_leads_draws_areas_and_names_their_officers(client):
    manager, officer = make_user(), make_user()
    make_department(manager=manager)
    client.force_login(manager)
    made = client.post(reverse("customers:area_new"), {"name": "Riverside", "officer": officer.pk})
    area = Area.objects.get()
    assert made.url == area.get_absolute_url()
    again = client.post(reverse("customers:area_new"), {"name": "Riverside", "officer": officer.pk})
    assert again.status_code == 422
    form = {"name": "Riverside East", "officer": manager.pk, "version": 1}
    client.post(reverse("customers:area_change", args=[area.pk]), form)
    assert Area.objects.get().officer == manager
    assert Entry.objects.of(area.key).last().by == manager


def test_a_household_is_given_its_area_on_its_own_page(client):
    area, household = make_area(), make_customer("The Wangs", kind="household")
    client.force_login(make_user())
    form = {"kind": "household", "name": "The Wangs", "area": area.pk, "unit": "3-1203", "active": "on"}
    form |= {"version": 1, "reported_as": "customer"}
    assert client.post(reverse("customers:change", args=[household.number]), form).status_code == 302
    assert Customer.objects.get().area == area
    wrong = client.post(
        reverse("customers:change", args=[household.number]), {**form, "kind": "person", "version": 2}
    )
    assert wrong.status_code == 422
    assert "Only a household" in wrong.content.decode()


def test_the_list_of_areas_takes_no_statement_for_each(client, django_assert_max_num_queries):
    for _ in range(12):
        make_customer(kind="household", area=make_area())
    client.force_login(make_user())
    client.get(reverse("customers:areas"))
    with django_assert_max_num_queries(14):
        client.get(reverse("customers:areas"))
