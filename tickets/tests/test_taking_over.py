"""Who may take a ticket over, and that the page offers it to exactly these (CASES e)."""

import pytest
import time_machine
from django.core.exceptions import ValidationError

from servicedesk.clock.models import Deadline
from servicedesk.staff.models import User
from servicedesk.staff.testing import make_absence, make_post, make_user
from tickets.models import Ticket
from tickets.ownership import may_take_over, take_over
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket

pytestmark = pytest.mark.django_db
AT = MONDAY + HOUR


def general_manager(ticket):
    make_post("general_manager", user := make_user())
    return user


def general_managers_stand_in(ticket):
    make_post("general_manager", make_user(), stand_in=(user := make_user()))
    return user


def manager(ticket):
    return ticket.department.manager


def executive(ticket):
    return ticket.department.executive


def managers_stand_in(ticket):
    ticket.department.deputy_manager = user = make_user(roles=["agent"])
    ticket.department.save(update_fields=["deputy_manager"])
    return user


def deputy_for_the_category(ticket):
    ticket.category.deputies.add(user := make_user(department=ticket.department, roles=["agent"]))
    return user


def deputy_of_the_absent_owner(ticket):
    make_absence(ticket.owner, deputy=(user := make_agent(roles=["agent"])))
    return user


def deputy_of_the_absent_manager(ticket):
    make_absence(ticket.department.manager, deputy=(user := make_agent(roles=["agent"])))
    return user


def deputy_of_the_absent_executives_deputy(ticket):
    between = make_agent()
    make_absence(ticket.department.executive, deputy=between)
    make_absence(between, deputy=(user := make_agent(roles=["agent"])))
    return user


def colleague(ticket):
    return make_user(department=ticket.department, roles=["agent"])


def supervision(ticket):
    make_post("supervision", user := make_user())
    return user


def manager_of_another_unit(ticket):
    return make_agent().department.manager


def deputy_of_who_is_back(ticket):
    make_absence(ticket.owner, deputy=(user := colleague(ticket)), ends_at=AT)
    return user


def deputy_of_an_absent_colleague(ticket):
    make_absence(colleague(ticket), deputy=(user := colleague(ticket)))
    return user


MAY = [
    *(
        general_manager,
        general_managers_stand_in,
        manager,
        executive,
        managers_stand_in,
        deputy_for_the_category,
    ),
    *(deputy_of_the_absent_owner, deputy_of_the_absent_manager, deputy_of_the_absent_executives_deputy),
]
MAY_NOT = [
    *(colleague, supervision, manager_of_another_unit, deputy_of_who_is_back, deputy_of_an_absent_colleague),
]


@pytest.fixture
def ticket():
    return make_ticket()


@pytest.mark.parametrize("who", MAY, ids=lambda who: who.__name__)
def test_who_leads_or_stands_in_may_and_sees_the_button(ticket, who, client):
    user = User.objects.get(pk=who(ticket).pk)
    assert may_take_over(ticket, user, at=AT)
    client.force_login(user)
    with time_machine.travel(AT, tick=False):
        assert f"{ticket.path}take-over/" in client.get(ticket.path).content.decode()
        client.post(f"{ticket.path}take-over/")
    assert Ticket.objects.get().owner == user
    assert Deadline.objects.live().get().owner == user


@pytest.mark.parametrize("who", MAY_NOT, ids=lambda who: who.__name__)
def test_who_has_no_part_cannot_and_sees_none(ticket, who, client):
    user = User.objects.get(pk=who(ticket).pk)
    with pytest.raises(ValidationError):
        take_over(ticket, by=user, at=AT)
    client.force_login(user)
    with time_machine.travel(AT, tick=False):
        assert "take-over" not in client.get(ticket.path).content.decode()
        client.post(f"{ticket.path}take-over/")
    assert Ticket.objects.get().owner == ticket.owner


def test_whoever_stands_in_for_a_manager_sees_what_the_unit_owes(ticket):
    user = deputy_of_the_absent_manager(ticket)
    assert ticket in Ticket.objects.visible_to(user)
    assert ticket.live_deadline in Deadline.objects.visible_to(user)
    assert make_ticket() not in Ticket.objects.visible_to(user)
