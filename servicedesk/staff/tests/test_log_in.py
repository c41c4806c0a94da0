"""Log-in: throttled, the same answer for known and unknown names, local ways on only (SECURITY)."""

import time
from datetime import UTC, datetime, timedelta
from statistics import median
from unittest.mock import patch

import pytest
import time_machine
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import hashers
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory

from servicedesk.staff import throttling
from servicedesk.staff.models import User
from servicedesk.staff.testing import PASSWORD, make_organisation, make_user

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
LIMIT = settings.AXES_FAILURE_LIMIT


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """How long answers were delayed, without waiting for it."""
    waited = []
    monkeypatch.setattr(throttling.time, "sleep", waited.append)
    return waited


@pytest.fixture
def person():
    return make_user(username="li.na")


def log_in(client, username="li.na", password=PASSWORD, **more):
    return client.post("/login/", {"username": username, "password": password, **more})


def logged_in(client) -> bool:
    return "_auth_user_id" in client.session


def test_name_and_password_open_the_desk(client, person):
    response = log_in(client)

    assert response.status_code == 302
    assert response.url == "/"
    assert logged_in(client)


def test_who_is_logged_in_is_sent_on(client, person):
    client.force_login(person)

    assert client.get("/login/").url == "/"


def test_every_page_leads_to_the_log_in_and_back(client, person):
    response = client.get("/people/?q=li")
    assert response.url == "/login/?next=/people/%3Fq%3Dli"

    page = client.get(response.url)
    assert page.context["next"] == "/people/?q=li"
    assert log_in(client, next="/people/?q=li").url == "/people/?q=li"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        " //evil.example",
    ],
)
def test_the_way_on_is_a_page_of_ours(client, person, elsewhere):
    assert log_in(client, next=elsewhere).url == "/"


@pytest.mark.parametrize("state", [{"is_active": False}, {"blocked_at": AT}, {"is_demo": True}])
def test_closed_accounts_get_the_answer_of_wrong_passwords(client, state, settings):
    settings.DEMO = False
    make_user(username="closed", **state)
    make_user(username="open")

    answers = [
        log_in(client, "closed"),
        log_in(client, "open", "wrong"),
        log_in(client, "nobody"),
    ]

    assert not logged_in(client)
    texts = {str(answer.context["form"].non_field_errors()) for answer in answers}
    assert len(texts) == 1
    assert {answer.status_code for answer in answers} == {200}


def test_known_unknown_and_closed_names_cost_the_same_work(client, person):
    make_user(username="closed", blocked_at=AT)
    work = []
    hasher = type(hashers.get_hasher())
    encode = hasher.encode

    def counted(self, *args, **kwargs):
        work[-1] += 1
        return encode(self, *args, **kwargs)

    with patch.object(hasher, "encode", counted):
        for name in ("li.na", "closed", "nobody"):
            work.append(0)
            log_in(client, name, "wrong password")

    assert work == [1, 1, 1]


def test_the_session_gets_a_new_key(client, person):
    client.post("/language/", {"language": "zh-hans"})
    before = client.session.session_key
    log_in(client)

    assert before
    assert client.session.session_key != before


@pytest.mark.parametrize("door", ["password", "demo"])
def test_a_session_that_somebody_planted_opens_nothing(client, person, settings, door):
    """Whoever knows the key of the session before the log-in knows nothing of the one after it."""
    settings.DEMO = True
    User.objects.filter(pk=person.pk).update(is_demo=True)
    attacker = Client()
    attacker.post("/language/", {"language": "zh-hans"})
    planted = attacker.cookies["sessionid"].value
    client.cookies["sessionid"] = planted
    client.post("/login/demo/", {"username": "li.na"}) if door == "demo" else log_in(client)

    assert client.get("/profile/").status_code == 200
    assert attacker.get("/profile/").status_code == 302
    assert not Session.objects.filter(session_key=planted).exists()


def test_a_session_key_that_nobody_gave_is_not_taken(client, person):
    client.cookies["sessionid"] = "chosen-by-an-attacker-0123456789"
    log_in(client)

    assert client.session.session_key != "chosen-by-an-attacker-0123456789"


def test_a_session_ends_with_the_log_out_and_with_another_password_and_opens_nobody_elses(client, person):
    log_in(client)
    copied = Client()
    copied.cookies["sessionid"] = client.cookies["sessionid"].value
    assert copied.get("/profile/").status_code == 200
    client.post("/logout/")
    assert copied.get("/profile/").status_code == 302

    log_in(client)
    copied.cookies["sessionid"] = client.cookies["sessionid"].value
    person.refresh_from_db()
    person.set_password("another long password")
    person.save(update_fields=["password"])
    assert copied.get("/profile/").status_code == 302


def seconds(client, name, password="wrong password") -> float:
    """What one attempt costs this thread, however busy the machine is."""
    AccessAttempt.objects.all().delete()
    began = time.thread_time()
    assert log_in(client, name, password).status_code == 200
    return time.thread_time() - began


def test_known_unknown_and_closed_names_take_the_same_time(client, settings):
    """Measured with a hash that takes some ten milliseconds; leaving it out would be seen at once."""
    settings.PASSWORD_HASHERS = [f"{__name__}.ShortHasher"]
    for name, more in (("li.na", {}), ("closed", {"blocked_at": AT})):
        User.objects.filter(pk=make_user(username=name, **more).pk).update(
            password=hashers.make_password("right")
        )
    taken = {name: [] for name in ("li.na", "closed", "nobody", "no password")}
    for _ in range(15):
        for name, values in taken.items():
            values.append(seconds(client, name, "" if name == "no password" else "wrong password"))
    known, closed, unknown, nothing_hashed = (median(values) for values in taken.values())

    assert nothing_hashed < 0.6 * known
    assert max(known, closed, unknown) < 1.25 * min(known, closed, unknown), (known, closed, unknown)


class ShortHasher(hashers.PBKDF2PasswordHasher):
    iterations = 60_000


@pytest.mark.parametrize(
    "username", ["", "x" * 151, "x" * 100_000, "li\0na", "' OR 1=1 --", "\ud800".encode("utf-8", "replace")]
)
def test_strange_names_are_refused_kindly(client, username):
    assert log_in(client, username).status_code == 200
    assert not logged_in(client)


def test_an_endless_password_is_not_hashed(client, person):
    with patch.object(type(hashers.get_hasher()), "encode") as encode:
        assert log_in(client, password="x" * 10_000).status_code == 200
    encode.assert_not_called()


# Lock-out


@pytest.mark.parametrize("name", ["li.na", "nobody"])
def test_after_some_failures_the_pair_waits_and_is_told_until_when(client, person, name):
    with time_machine.travel(AT, tick=False):
        for _ in range(LIMIT - 1):
            assert log_in(client, name, "wrong").status_code == 200
        last = log_in(client, name, "wrong")

    assert last.status_code == 429
    assert last["Retry-After"] == "900"
    assert "wait 15 minutes and try again at 10:15" in last.content.decode()


def test_while_locked_the_right_password_does_not_help_and_the_time_does_not_grow(client, person):
    with time_machine.travel(AT, tick=False):
        for _ in range(LIMIT):
            log_in(client, password="wrong")
    with time_machine.travel(AT + timedelta(minutes=10), tick=False):
        response = log_in(client)
    assert response.status_code == 429
    assert "wait 5 minutes" in response.content.decode()

    with time_machine.travel(AT + timedelta(minutes=15, seconds=1), tick=False):
        assert log_in(client).status_code == 302


def test_a_stranger_elsewhere_does_not_lock_the_rightful_user_out(client, person):
    stranger = Client(REMOTE_ADDR="198.51.100.7")
    for _ in range(LIMIT):
        log_in(stranger, password="wrong")

    assert log_in(stranger).status_code == 429
    assert log_in(client).status_code == 302


def test_an_address_that_fails_with_many_names_waits_too(client, person, settings):
    settings.LOGIN_FAILURES_PER_ADDRESS = 12
    with time_machine.travel(AT, tick=False):
        for number in range(12):
            assert log_in(client, f"name{number}", "wrong").status_code == 200
        assert log_in(client).status_code == 429
        assert log_in(Client(REMOTE_ADDR="198.51.100.7")).status_code == 302
    with time_machine.travel(AT + timedelta(minutes=15, seconds=1), tick=False):
        assert log_in(client).status_code == 302


def test_an_account_attacked_from_everywhere_answers_slowly_but_answers(person, no_waiting):
    for number in range(30):
        log_in(Client(REMOTE_ADDR=f"198.51.100.{number}"), password="wrong")

    assert log_in(Client(REMOTE_ADDR="203.0.113.1")).status_code == 302
    assert no_waiting[:6] == [0, 0, 0, 0, 0, 0]
    assert no_waiting[10] > 0
    assert max(no_waiting) == throttling.SLOWEST


def test_success_forgets_the_failures(client, person):
    for _ in range(LIMIT - 1):
        log_in(client, password="wrong")
    log_in(client)

    assert not AccessAttempt.objects.exists()


def test_passwords_are_never_kept_with_the_attempts(client, person):
    log_in(client, password="a very wrong one")

    assert "a very wrong one" not in AccessAttempt.objects.get().post_data


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "203.0.113.9", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        (2, "1.2.3.4, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),
        (1, "nonsense", None),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_address_is_what_our_own_proxies_saw(settings, proxies, header, address):
    settings.AXES_IPWARE_PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=header)

    assert throttling.client_address(request) == address


# The demo


def test_the_demo_offers_its_people_and_lets_them_in(client, settings):
    settings.DEMO = True
    one = make_organisation()
    User.objects.filter(pk__in=[one.manager.pk, one.agents[1].pk]).update(is_demo=True)

    page = client.get("/login/").content.decode()
    assert "Manager Li" in page
    assert "Manager of Customer Service" in page
    assert "General Manager Gao" not in page

    response = client.post("/login/demo/", {"username": one.manager.username, "next": "/people/"})
    assert response.url == "/people/"
    assert client.session["_auth_user_id"] == str(one.manager.pk)
    assert client.get("/profile/").status_code == 200


def test_the_demo_lets_in_nobody_else(client, settings, person):
    settings.DEMO = True

    assert client.post("/login/demo/", {"username": "li.na"}).status_code == 404
    for name in ("", "li\0na", "x" * 10_000):
        assert client.post("/login/demo/", {"username": name}).status_code == 404
    assert client.get("/login/demo/").status_code == 405


def test_outside_the_demo_there_is_no_such_door(client, settings):
    settings.DEMO = False
    make_user(username="demo", is_demo=True)

    assert "demo" not in client.get("/login/").context["demo_people"]
    assert client.post("/login/demo/", {"username": "demo"}).status_code == 404


# Leaving the desk


def test_log_out_takes_a_post(client, person):
    client.force_login(person)

    assert client.get("/logout/").status_code == 405
    assert logged_in(client)
    assert client.post("/logout/").url == "/login/"
    assert not logged_in(client)


def test_forms_carry_a_token(person):
    strict = Client(enforce_csrf_checks=True)

    for path in ("/login/", "/login/demo/", "/logout/", "/language/"):
        assert strict.post(path, {"username": "li.na", "password": PASSWORD}).status_code == 403
