"""Employees: one person, one account; roles by group and by position."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from servicedesk.staff.models import Absence, User
from servicedesk.staff.roles import Role, role_name
from servicedesk.staff.testing import make_absence, make_department, make_organisation, make_post, make_user

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)


def test_a_person_is_called_by_the_name_customers_see():
    assert str(make_user(display_name="Li Na")) == "Li Na"


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("email", "li@example.org", "LI@example.org"),
        ("username", "li.na", "Li.Na"),
        ("employee_number", "7", "7"),
    ],
)
def test_two_people_never_share_an_account(field, one, other):
    make_user(**{field: one})

    with pytest.raises(IntegrityError), transaction.atomic():
        make_user(**{"email": "", field: other})


def test_many_people_may_have_no_address_and_no_number():
    make_user(email="", employee_number=None)
    make_user(email="", employee_number=None)


def test_a_zone_must_be_one():
    with pytest.raises(ValidationError) as refusal:
        make_user(timezone="Mars/Olympus").full_clean()
    assert "timezone" in refusal.value.message_dict


def test_who_has_left_cannot_be_active():
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=make_user().pk).update(left_at=AT)


def test_the_blocked_still_work_here_but_cannot_log_in():
    blocked, gone, there = make_user(blocked_at=AT), make_user(is_active=False), make_user()

    assert set(User.objects.active()) == {blocked, there}
    assert set(User.objects.with_log_in()) == {there}
    assert [person.may_log_in for person in (blocked, gone, there)] == [False, False, True]


def test_every_employee_sees_colleagues_and_administrators_also_those_who_left():
    gone, agent = make_user(is_active=False), make_user(roles=["agent"])
    administrator = make_user(roles=["administrator"])

    assert set(User.objects.visible_to(agent)) == {agent, administrator}
    assert set(User.objects.visible_to(administrator)) == {gone, agent, administrator}
    assert not User.objects.visible_to(gone).exists()


def test_people_are_found_by_name_number_and_department():
    found = make_user(display_name="李娜", employee_number="K-17", department=make_department(name="客服部"))
    make_user()

    for text in ("李", "k-17", "客服"):
        assert list(User.objects.named(text)) == [found]
    assert User.objects.named("  ").count() == 2


@pytest.mark.clause("R5.2.7b", "R7.1.2a")
@pytest.mark.parametrize("roles", [[], *([code] for code in Role.values)])
def test_any_active_employee_may_open_a_ticket(roles):
    assert make_user(roles=roles).may_open_tickets
    assert not make_user(roles=roles, is_active=False).may_open_tickets


# Roles


def test_every_role_ships_as_a_group():
    assert set(Role.values) <= set(Group.objects.values_list("name", flat=True))


def test_a_group_gives_its_role():
    agent = make_user(roles=["agent"])

    assert agent.has_role("agent")
    assert not agent.has_role("administrator")


def test_a_position_gives_the_role_of_the_same_name():
    one = make_organisation()

    assert one.manager.has_role("department_manager")
    assert one.second.roles == {"agent", "department_manager"}
    assert one.executive.has_role("executive")
    assert one.general_manager.has_role("general_manager")
    assert one.office.has_role("office")
    assert one.supervisor.has_role("supervision")
    make_post("office", one.office, stand_in=one.agents[2])
    assert one.agents[2].has_role("office")


def test_who_holds_a_position_may_do_what_its_role_may(django_assert_num_queries):
    permission = Permission.objects.get(codename="view_absence")
    for code in ("general_manager", "executive", "department_manager"):
        Group.objects.get(name=code).permissions.add(permission)
    one = make_organisation()

    with django_assert_num_queries(4):
        holders = (one.general_manager, one.executive, one.manager, one.second)
        assert all(person.has_perm("staff.view_absence") for person in holders)
    assert not one.agents[2].has_perm("staff.view_absence")
    make_post("general_manager")
    assert not User.objects.get(pk=one.general_manager.pk).has_perm("staff.view_absence")


def test_own_permissions_count_and_those_who_left_have_none():
    person = make_user()
    person.user_permissions.add(Permission.objects.get(codename="view_absence"))

    assert User.objects.get(pk=person.pk).has_perm("staff.view_absence")
    assert not User.objects.get(pk=person.pk).has_perm("staff.view_absence", person)
    assert make_user(is_superuser=True).has_perm("staff.delete_absence")
    assert not make_user(is_superuser=True, is_active=False).has_perm("staff.view_absence")


def test_who_has_left_has_no_role():
    assert make_user(roles=["agent"], is_active=False).roles == frozenset()


def test_a_superuser_counts_as_administrator():
    assert make_user(is_superuser=True).roles == {"administrator"}


def test_roles_are_read_by_one_query_and_once(django_assert_num_queries):
    agent = make_user(roles=["agent"])

    with django_assert_num_queries(1):
        agent.has_role("agent")
        agent.has_role("office")


def test_an_administrator_may_manage_people_but_delete_nobody():
    administrator = User.objects.get(pk=make_user(roles=["administrator"]).pk)

    assert administrator.has_perm("staff.change_user")
    assert administrator.has_perm("staff.use_administration")
    assert administrator.has_perm("calendars.change_calendar")
    assert not administrator.has_perm("staff.delete_user")
    assert not make_user(roles=["agent"]).has_perm("staff.use_administration")


def test_roles_are_named_in_the_readers_language_and_others_as_they_are():
    assert role_name("general_manager") == "General manager"
    assert role_name("Night watch") == "Night watch"


# Absences


def test_an_absence_ends_after_it_starts():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_absence(make_user(), starts_at=AT, ends_at=AT)


def test_nobody_is_their_own_deputy():
    person = make_user()
    with pytest.raises(ValidationError, match="somebody else"):
        Absence(person=person, starts_at=AT, deputy=person).full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_absence(person, deputy=person)


# On record


def test_a_change_of_rights_is_on_record_and_the_password_never():
    person = make_user()
    person.set_password("another long password")
    person.save(update_fields=["password"])
    person.groups.add(Group.objects.get(name="agent"))

    latest = person.history.first()
    assert [row.group.name for row in latest.groups.all()] == ["agent"]
    assert not hasattr(latest, "password")


def test_a_log_in_is_no_change_of_rights(client):
    person = make_user()
    before = person.history.count()
    client.force_login(person)

    assert person.history.count() == before
