import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse

from servicedesk.outbox.models import Message
from servicedesk.outbox.reading import mark_acknowledged
from servicedesk.outbox.testing import NOON, make_mail, make_notice
from servicedesk.testing.people import make_user

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
BELL, LIST = reverse("outbox:bell"), reverse("outbox:notices")
HTMX = {"HX-Request": "true"}
LOG_IN = 2  # statements: session and person
RIGHTS = 1  # for what the navigation shows


@pytest.fixture
def me(client):
    person = make_user()
    client.force_login(person)
    return person


def version(response):
    return re.search(r"version=([0-9-]+)", response.content.decode())[1]


def poll(client, shown):
    return client.get(BELL, {"version": shown}, headers=HTMX)


def toast(response):
    return json.loads(response.headers.get("HX-Trigger", "{}")).get("toast", {}).get("text")


def test_the_bell_shows_how_many_are_unread_and_the_latest(client, me):
    for n in range(8):
        make_notice(me, at=NOON + n * MINUTE)
    make_mail(me)
    make_notice(make_user())

    page = client.get(BELL)
    assert page.context["number"] == 8
    assert [notice.sent_at for notice in page.context["notices"]] == [
        NOON + n * MINUTE for n in range(7, 1, -1)
    ]
    assert "8 unread" in page.content.decode()


def test_a_poll_costs_one_statement_and_brings_nothing_while_nothing_changed(
    client, me, django_assert_num_queries
):
    make_notice(me)
    shown = version(client.get(BELL))

    with django_assert_num_queries(LOG_IN + 1):
        answer = poll(client, shown)
    assert (answer.status_code, answer.content) == (204, b"")


def test_an_empty_bell_is_polled_for_nothing_too(client, me):
    shown = version(client.get(BELL))

    assert poll(client, shown).status_code == 204


def test_a_new_notice_is_brought_and_said_aloud_once(client, me):
    make_notice(me)
    shown = version(client.get(BELL))
    make_notice(me, at=NOON + SECOND)

    answer = poll(client, shown)
    assert (answer.status_code, answer.context["number"]) == (200, 2)
    assert toast(answer) == "Test message from the service desk"
    assert 'hx-swap-oob="true"' in answer.content.decode()
    assert "<form" not in answer.content.decode()
    assert poll(client, version(answer)).status_code == 204


def test_the_first_notice_is_said_aloud_too(client, me):
    shown = version(client.get(BELL))
    make_notice(me)

    assert toast(poll(client, shown)) == "Test message from the service desk"


def test_several_new_notices_are_said_as_a_number(client, me):
    shown = version(client.get(BELL))
    for n in range(3):
        make_notice(me, at=NOON + n * MINUTE)

    assert toast(poll(client, shown)) == "3 new notices"


def test_a_reading_elsewhere_changes_the_bell_silently(client, me):
    make_notice(me)
    second = make_notice(me, at=NOON + SECOND)
    shown = version(client.get(BELL))
    Message.objects.filter(pk=second.pk).update(read_at=NOON + MINUTE)

    answer = poll(client, shown)
    assert (answer.status_code, answer.context["number"], toast(answer)) == (200, 1, None)


def test_a_notice_that_waited_is_new_when_it_appears(client, me):
    late = make_notice(me, send_after=NOON + MINUTE)
    make_notice(me)
    shown = version(client.get(BELL))
    Message.objects.filter(pk=late.pk).update(state="sent", sent_at=NOON + MINUTE, next_try_at=None)

    assert toast(poll(client, shown))


@pytest.mark.parametrize("shown", ["", "x", "1-2-3", "9" * 40 + "-1", "-1-1", "1-x\x00"])
def test_a_version_that_means_nothing_brings_all_and_no_toast(client, me, shown):
    make_notice(me)

    answer = poll(client, shown)
    assert (answer.status_code, toast(answer)) == (200, None)


def test_more_than_a_hundred_unread_are_not_counted(client, me):
    for n in range(101):
        make_notice(me, at=NOON + n * SECOND)

    assert "99+" in client.get(BELL).content.decode()


def test_the_page_lists_mine_newest_first_with_their_words(client, me):
    items = [{"label": f"2026-00000{n}", "path": f"/t/{n}/"} for n in (8, 9)]
    make_notice(me)
    make_notice(
        me,
        at=NOON + MINUTE,
        event="owed",
        params={"count": 2, "items": items},
    )
    make_notice(make_user())

    page = client.get(LIST)
    assert [notice.subject for notice in page.context["notices"]] == [
        "2 matters need you",
        "Test message from the service desk",
    ]
    assert '<a href="/t/9/">2026-000009</a>' in page.content.decode()


def test_the_page_pages_through_all_without_gap_or_repeat_even_at_equal_times(client, me):
    wanted = {make_notice(me, at=NOON + (n // 20) * MINUTE).pk for n in range(70)}

    seen, url = [], LIST
    while url:
        page = client.get(url)
        seen += [notice.pk for notice in page.context["notices"]]
        url = page.context["older_url"]
    assert len(seen) == 70
    assert set(seen) == wanted


def test_the_page_costs_the_same_however_many_there_are(client, me, django_assert_num_queries):
    for n in range(40):
        make_notice(me, at=NOON + n * SECOND)
    with django_assert_num_queries(LOG_IN + RIGHTS + 2):
        client.get(LIST)


def test_the_page_can_show_only_the_unread(client, me):
    read, unread = make_notice(me), make_notice(me)
    Message.objects.filter(pk=read.pk).update(read_at=NOON)

    assert [notice.pk for notice in client.get(LIST + "?show=unread").context["notices"]] == [unread.pk]


@pytest.mark.parametrize(
    "query", ["?before=x", "?before=" + "9" * 16 + "-" + "9" * 18, "?show=%00&before=1-"]
)
def test_a_strange_address_shows_a_page_all_the_same(client, me, query):
    make_notice(me)

    assert client.get(LIST + query).status_code == 200


def test_opening_marks_as_read_and_goes_there(client, me):
    notice = make_notice(me, params={"path": "/tickets/2026-000123/"})

    answer = client.post(reverse("outbox:open", args=[notice.pk]))
    assert (answer.status_code, answer.url) == (302, "/tickets/2026-000123/")
    notice.refresh_from_db()
    assert notice.read_at


def test_opening_from_the_bell_goes_there_too(client, me):
    notice = make_notice(me, params={"path": "/tickets/2026-000123/"})

    answer = client.post(reverse("outbox:open", args=[notice.pk]), headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/tickets/2026-000123/"


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_a_notice_never_leads_off_this_site(client, me, path):
    notice = make_notice(
        me, params={"path": path, "acknowledge": path, "items": [{"label": "x", "path": path}]}
    )

    assert client.post(reverse("outbox:open", args=[notice.pk])).url == LIST
    assert path not in client.get(LIST).content.decode()
    assert path not in client.get(BELL).content.decode()


def test_looking_changes_nothing(client, me):
    notice = make_notice(me)
    for name in ("open", "read"):
        assert client.get(reverse(f"outbox:{name}", args=[notice.pk])).status_code == 405
    assert client.get(reverse("outbox:read_all")).status_code == 405
    client.get(LIST), client.get(BELL)

    assert Message.objects.unread_of(me).exists()


@pytest.mark.parametrize("name", ["open", "read"])
def test_somebody_elses_notice_does_not_exist_for_me(client, me, name):
    for foreign in (make_notice(make_user()), make_mail(me), make_notice(me, send_after=NOON + MINUTE)):
        assert client.post(reverse(f"outbox:{name}", args=[foreign.pk])).status_code == 404
        foreign.refresh_from_db()
        assert foreign.read_at is None


def test_a_number_no_notice_can_have_does_not_exist(client, me):
    assert client.post(f"/notices/{10**40}/open/").status_code == 404


@pytest.mark.parametrize(
    ("here", "back"),
    [(f"{LIST}?show=unread", f"{LIST}?show=unread"), ("//evil.example", LIST), ("/admin/", LIST), ("", LIST)],
)
def test_marking_one_as_read_goes_back_to_the_list_as_it_was(client, me, here, back):
    notice = make_notice(me)

    assert client.post(reverse("outbox:read", args=[notice.pk]), {"here": here}).url == back
    assert not Message.objects.unread_of(me).exists()


def test_marking_one_as_read_in_place_brings_its_row_and_wakes_the_bell(client, me):
    notice = make_notice(me)

    answer = client.post(reverse("outbox:read", args=[notice.pk]), headers=HTMX)
    assert answer.content.decode().strip().endswith("</li>")
    assert "is-unread" not in answer.content.decode()
    assert "notices-read" in answer.headers["HX-Trigger"]


def test_marking_all_as_read_spares_what_came_after_the_page_was_drawn(client, me):
    make_notice(me)
    page = client.get(LIST)
    later = make_notice(me, at=NOON + SECOND)
    client.post(reverse("outbox:read_all"), {"up_to": page.context["up_to"]})

    assert list(Message.objects.unread_of(me)) == [later]


def test_marking_all_as_read_from_the_bell_wakes_it(client, me):
    make_notice(me)
    shown = version(client.get(BELL))

    answer = client.post(reverse("outbox:read_all"), {"up_to": shown}, headers=HTMX)
    assert (answer.status_code, "notices-read" in answer.headers["HX-Trigger"]) == (204, True)
    assert not Message.objects.unread_of(me).exists()


def test_marking_all_as_read_from_the_bell_redraws_the_list_if_that_is_open(client, me):
    make_notice(me)
    headers = HTMX | {"HX-Current-URL": f"http://testserver{LIST}?show=unread"}

    assert client.post(reverse("outbox:read_all"), headers=headers).headers["HX-Refresh"] == "true"


def test_a_notice_that_wants_an_acknowledgement_offers_it_until_it_is_given(client, me):
    path = "/clock/rings/7/acknowledge/"
    notice = make_notice(me, params={"acknowledge": path})

    assert f'action="{path}"' in client.get(LIST).content.decode()
    assert f'hx-post="{path}"' in client.get(BELL).content.decode()

    Message.objects.filter(pk=notice.pk).update(read_at=NOON)
    assert path in client.get(LIST).content.decode()
    mark_acknowledged(path, by=me, at=NOON)
    assert path not in client.get(LIST).content.decode()


def test_a_notice_of_several_matters_leads_to_each_and_asks_for_each(client, me):
    items = [
        {"label": f"2026-00000{n} <b>", "path": f"/t/{n}/", "acknowledge": f"/rings/{n}/"} for n in (1, 2)
    ]
    notice = make_notice(me, event="owed", params={"count": 2, "items": items})

    page = client.get(LIST).content.decode()
    for n in (1, 2):
        assert f'<a href="/t/{n}/">2026-00000{n} &lt;b&gt;</a>' in page
        assert f"Acknowledge 2026-00000{n} &lt;b&gt;" in page
    assert "/rings/" not in client.get(BELL).content.decode()
    assert client.post(reverse("outbox:open", args=[notice.pk])).url == LIST


def test_a_notice_of_one_matter_leads_there(client, me):
    notice = make_notice(
        me, event="owed", params={"count": 1, "items": [{"label": "2026-000001", "path": "/t/1/"}]}
    )

    assert client.post(reverse("outbox:open", args=[notice.pk])).url == "/t/1/"


@pytest.mark.parametrize("url", [BELL, LIST, f"{LIST}read/", f"{LIST}1/read/", f"{LIST}1/open/"])
def test_a_stranger_is_sent_to_the_log_in(client, url, settings):
    settings.LOGIN_URL = "/log-in/"
    for answer in (client.get(url), client.post(url)):
        assert answer.status_code == 302
        assert answer.url.startswith("/log-in/")
