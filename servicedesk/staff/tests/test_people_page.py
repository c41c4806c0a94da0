"""Who is who, and who is away."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from servicedesk.staff.models import User
from servicedesk.staff.testing import make_absence, make_organisation, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(client):
    one = make_organisation()
    client.force_login(one.agents[1])
    return one


def names(response) -> set[str]:
    return {str(entry.person) for entry in response.context["entries"]}


def test_every_employee_sees_who_is_who(client, one):
    response = client.get("/people/")

    assert names(response) == {str(person) for person in one.people}
    assert "Manager of Customer Service" in response.content.decode()


def test_who_has_left_is_not_listed(client, one):
    User.objects.filter(pk=one.office.pk).update(is_active=False)

    assert str(one.office) not in names(client.get("/people/"))


def test_the_page_says_until_when_and_who_stands_in_but_not_why(client, one):
    until = timezone.now() + timedelta(days=3)
    make_absence(one.manager, ends_at=until, reason="sick")
    make_absence(one.agents[2], deputy=one.second, reason="sick")

    page = client.get("/people/").content.decode()

    assert "Away until" in page
    assert page.count(f"{one.second} stands in") == 2
    assert "sick" not in page.lower()


def test_one_can_ask_for_those_who_are_away(client, one):
    make_absence(one.manager)
    make_absence(one.agents[2], ends_at=datetime(2026, 1, 2, tzinfo=UTC))
    User.objects.filter(pk=one.office.pk).update(blocked_at=timezone.now(), blocked_why="meanwhile")

    assert names(client.get("/people/?away=1")) == {"Manager Li", "Office Wu"}


@pytest.mark.parametrize("words", ["manager li", "MANAGER LI", "  Manager Li "])
def test_one_can_search(client, one, words):
    assert names(client.get("/people/", {"q": words})) == {"Manager Li"}


@pytest.mark.parametrize("query", ["q=%00", "q=" + "x" * 5000, "page=abc", "page=-1", "page=99", "away=x"])
def test_strange_questions_get_an_answer(client, one, query):
    assert client.get(f"/people/?{query}").status_code == 200


def test_nobody_found_is_said(client, one):
    assert "Nobody found" in client.get("/people/?q=zzz").content.decode()


def test_the_number_of_queries_does_not_grow(client, one, django_assert_max_num_queries):
    for _ in range(40):
        make_absence(make_user(department=one.service), deputy=one.second)

    with django_assert_max_num_queries(14):
        client.get("/people/")
