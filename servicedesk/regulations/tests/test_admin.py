"""The settings in the admin: who sees them, who changes them, what a refusal looks like."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.changing import change
from servicedesk.regulations.models import Setting, SettingChange
from servicedesk.regulations.span import Span
from servicedesk.regulations.standing import setting
from servicedesk.testing.people import make_user

pytestmark = pytest.mark.django_db
LIST = "/admin/regulations/setting/"
S2 = {
    "value_0": "2",
    "value_1": "working_days",
    "reason": "too slow",
    "seen": '{"amount": 3, "unit": "working_days"}',
}


class Sent(HTMLParser):
    """What a browser sends when nothing has been touched."""

    @classmethod
    def by_browser(cls, text: str) -> dict[str, str]:
        reader = cls()
        reader.fields, reader.select = {}, ""
        reader.feed(text[text.index('<form method="post" id="setting_form" novalidate>') :])
        return reader.fields

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "select":
            self.select = attrs["name"]
        elif tag == "option" and "selected" in attrs:
            self.fields[self.select] = attrs["value"]
        elif tag == "input" and "name" in attrs and (attrs["type"] != "radio" or "checked" in attrs):
            self.fields[attrs["name"]] = attrs.get("value", "")


@pytest.fixture
def admin(client):
    user = make_user(is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def as_staff(client, *permissions):
    user = make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)


def page(code):
    return reverse("admin:regulations_setting_change", args=[code])


def test_all_settings_stand_on_one_page(client, admin, django_assert_max_num_queries):
    change("S2", Span(2, "working_days"), by=admin, at=datetime(2026, 3, 2, tzinfo=UTC))
    with django_assert_max_num_queries(9):
        text = client.get(LIST).content.decode()
    assert all(f">{code}<" in text for code in DEFINITIONS)
    assert "as shipped: 3 working days" in text
    assert "at 75 % of the interval" in text


def test_every_setting_has_its_page_and_comes_back_as_it_was(client, admin):
    for code, definition in DEFINITIONS.items():
        if not definition.lives_here:
            continue
        answer = client.get(page(code))
        assert answer.status_code == 200, code
        if not definition.kind.editable:
            assert answer.context["form"] is None
            continue
        sent = Sent.by_browser(answer.content.decode())
        assert client.post(page(code), sent).status_code == 302, code
    assert not SettingChange.objects.exists()


@pytest.mark.parametrize("code", ["S4", "S99", "x' OR 1=1"])
def test_a_setting_that_is_not_here_has_no_page(client, admin, code):
    assert client.get(page(code)).status_code == 404


@pytest.mark.clause("R1.1e")
def test_an_administrator_changes_a_setting_and_the_page_shows_who_and_why(client, admin):
    assert client.post(page("S2"), S2).status_code == 302
    assert setting("S2") == Span(2, "working_days")
    done = SettingChange.objects.get()
    assert (done.by, done.reason) == (admin, "too slow")
    text = client.get(page("S2")).content.decode()
    assert "too slow" in text
    assert admin.display_name in text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"value_0": "99", "value_1": "days"}, "From 1 hour to 30 days"),
        ({"value_0": "", "value_1": "days"}, "required"),
        ({"value_0": "two"}, "whole number"),
        ({"value_1": "moons"}, "Select a valid choice"),
        ({"value_0": "1", "value_1": "hours"}, "cannot be longer"),
        ({"seen": '{"amount": 9, "unit": "days"}'}, "Somebody else"),
        ({"seen": '{"amount": "x"}'}, "damaged"),
        ({"seen": "{"}, "valid JSON"),
        ({"reason": "x" * 301}, "at most 300"),
    ],
)
def test_wrong_input_is_kept_explained_and_changes_nothing(client, admin, wrong, sentence):
    answer = client.post(page("S2"), S2 | wrong)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert sentence in text
    assert "Nothing has been changed yet" in text
    assert setting("S2") == Span(3, "working_days")


def test_parts_that_disagree_are_refused(client, admin):
    wrong = {
        "attempts": "2",
        "days": "3",
        "channels": "1",
        "seen": '{"attempts": 3, "days": 2, "channels": 2}',
    }
    assert "more days or channels than attempts" in client.post(page("S17"), wrong).content.decode()


def test_who_may_only_look_changes_nothing(client):
    as_staff(client, "view_setting")
    assert client.get(LIST).status_code == 200
    answer = client.get(page("S2"))
    assert answer.status_code == 200
    assert answer.context["form"] is None
    assert client.post(page("S2"), S2).status_code == 403
    assert setting("S2") == Span(3, "working_days")


def test_who_may_change_changes(client):
    as_staff(client, "view_setting", "change_setting")
    assert client.post(page("S2"), S2).status_code == 302
    assert setting("S2") == Span(2, "working_days")


def test_others_see_nothing(client):
    as_staff(client)
    assert client.get(LIST).status_code == 403
    assert client.get(page("S2")).status_code == 403
    client.logout()
    assert client.get(LIST).status_code == 302


def test_nothing_is_added_or_removed(client, admin):
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}S2/delete/", {"post": "yes"}).status_code == 403
    assert Setting.objects.filter(code="S2").exists()
    assert client.get(f"{LIST}S2/history/").url.endswith("#history")
