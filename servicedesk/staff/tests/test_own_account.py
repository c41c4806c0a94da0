"""One's own account: profile, password, language."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from servicedesk.audit.timeline import Entry
from servicedesk.staff.models import User
from servicedesk.staff.testing import PASSWORD, make_organisation, make_user

pytestmark = pytest.mark.django_db

NEW = "quite another long one"


@pytest.fixture
def person(client):
    person = make_user(username="li.na", display_name="Li Na")
    client.force_login(person)
    return person


def change_password(client, old=PASSWORD, new=NEW):
    return client.post(
        "/profile/password/", {"old_password": old, "new_password1": new, "new_password2": new}
    )


def test_a_new_password_ends_all_other_sessions(client, person):
    elsewhere = Client()
    elsewhere.force_login(person)

    assert change_password(client).url == "/profile/"

    assert client.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302
    assert Entry.objects.get().event == "password_changed"


@pytest.mark.parametrize("new", ["short", "1234567890123", "password1234", "li.na@example", "x" * 5000])
def test_a_weak_or_endless_password_is_refused(client, person, new):
    assert change_password(client, new=new).status_code == 422
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_guessing_the_present_password_is_throttled(client, person, settings):
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        assert change_password(client, old="wrong").status_code == 422
    response = change_password(client, old="wrong")

    assert response.url == "/profile/"
    assert "Too many attempts" in str(next(iter(get_messages(response.wsgi_request))))
    assert change_password(client).url == "/profile/"
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_the_profile_keeps_what_one_may_change_and_nothing_else(client, person):
    client.post(
        "/profile/",
        {
            "phone": "+86 20 1234",
            "language": "zh-hans",
            "timezone": "Europe/Berlin",
            "is_superuser": "1",
            "display_name": "The Boss",
            "department": "1",
            "username": "boss",
        },
    )

    person.refresh_from_db()
    assert (person.phone, person.language, person.timezone) == ("+86 20 1234", "zh-hans", "Europe/Berlin")
    assert (person.display_name, person.username, person.is_superuser) == ("Li Na", "li.na", False)


@pytest.mark.parametrize(
    "bad", [{"timezone": "Mars/Olympus"}, {"language": "tlh"}, {"phone": "1" * 41}, {"phone": "\0"}]
)
def test_a_bad_profile_is_refused(client, person, bad):
    response = client.post("/profile/", {"phone": "", "language": "en", "timezone": "Asia/Tokyo", **bad})

    assert response.status_code == 422
    person.refresh_from_db()
    assert person.timezone == "Asia/Shanghai"


def test_a_zone_not_in_the_list_is_kept(client, person):
    User.objects.update(timezone="Etc/GMT+3")

    assert '<option value="Etc/GMT+3" selected>' in client.get("/profile/").content.decode()


def test_pages_come_in_the_language_and_zone_of_who_reads(client, person):
    User.objects.filter(pk=person.pk).update(language="zh-hans")

    response = client.get("/profile/", headers={"Accept-Language": "en"})

    assert response["Content-Language"] == "zh-hans"
    assert 'lang="zh-hans"' in response.content.decode()


def test_the_language_switch_is_kept_with_the_person(client, person):
    response = client.post("/language/", {"language": "zh-hant", "next": "/people/"})

    assert response.url == "/people/"
    person.refresh_from_db()
    assert person.language == "zh-hant"
    client.post("/logout/")
    assert client.get("/login/")["Content-Language"] == "zh-hant"


def test_a_language_chosen_before_the_log_in_is_taken_over(client):
    make_user(username="li.na")
    client.post("/language/", {"language": "zh-hans", "next": "/login/"})
    assert client.get("/login/")["Content-Language"] == "zh-hans"

    client.post("/login/", {"username": "li.na", "password": PASSWORD})

    assert User.objects.get().language == "zh-hans"
    client.post("/language/", {"language": "en"})
    assert User.objects.get().language == "en"


def test_an_unknown_language_and_a_foreign_way_back_are_ignored(client, person):
    response = client.post("/language/", {"language": "../x", "next": "https://evil.example"})

    assert response.url == "/"
    assert "django_language" not in response.cookies
    assert client.get("/language/").status_code == 405


def test_the_profile_tells_positions_and_roles(client):
    one = make_organisation()
    client.force_login(one.manager)

    assert "Manager of Customer Service" in client.get("/profile/").content.decode()


@pytest.mark.parametrize("path", ["/profile/", "/profile/password/", "/people/", "/people/absences/"])
def test_strangers_are_sent_to_the_log_in(client, path):
    assert client.get(path).url == f"/login/?next={path}"


def test_whose_session_it_is_can_be_asked(client, person):
    assert client.get("/who/").json() == {"user": person.pk}
    assert Client().get("/who/").json() == {"user": None}


@pytest.mark.parametrize(
    ("page", "to"),
    [
        ("http://testserver/people/?q=li", "/login/?next=%2Fpeople%2F"),
        ("http://elsewhere/people/", "/login/"),
        ("http://testserver/login/", "/login/"),
        ("http://testserver//elsewhere/", "/login/"),
        ("rubbish", "/login/"),
        ("http://[", "/login/"),
        (None, "/login/"),
    ],
)
def test_who_has_to_log_in_before_sending_a_form_comes_back_to_its_page(client, page, to):
    """Where the form goes there is nothing to read."""
    headers = {"referer": page} if page else {}
    assert client.post("/people/absences/", headers=headers).url == to


def test_who_logs_out_is_led_nowhere_afterwards(client, person):
    assert client.post("/logout/", headers={"referer": "http://testserver/people/"}).url == "/login/"


def test_an_address_that_only_takes_forms_says_so(client, person):
    answer = client.get("/notices/read/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "only takes forms" in answer.content.decode()
