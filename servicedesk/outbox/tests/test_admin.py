import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import translation

from servicedesk.outbox.events import event_choices
from servicedesk.outbox.models import Message, State
from servicedesk.outbox.rendering import plain_text_engine
from servicedesk.outbox.testing import NOON, make_mail, make_notice
from servicedesk.testing.people import make_user

pytestmark = pytest.mark.django_db
LIST = "admin:outbox_message_changelist"


@pytest.fixture
def desk(client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def lost():
    message = make_mail(make_user(), key="lost 1")
    Message.objects.filter(pk=message.pk).update(
        state=State.GIVEN_UP, given_up_at=NOON, last_error="x", next_try_at=None
    )
    return message


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("", {"lost 1", "mail 2", "notice 3"}),
        ("?state=given_up", {"lost 1"}),
        ("?state=queued", {"mail 2"}),
        ("?state=sent", {"notice 3"}),
        ("?state=failed", set()),
        ("?channel=email", {"lost 1", "mail 2"}),
        ("?event=owed", {"mail 2"}),
        ("?q=notice", {"notice 3"}),
        ("?q=3", set()),
    ],
)
def test_the_list_is_narrowed_by_state_channel_event_and_key(desk, lost, query, keys):
    make_mail(make_user(), key="mail 2", event="owed")
    make_notice(make_user(), key="notice 3")

    page = desk.get(reverse(LIST) + query)
    assert {message.key for message in page.context["cl"].result_list} == keys


def test_the_list_never_counts_the_whole_table(desk, lost, django_assert_max_num_queries):
    for _ in range(5):
        make_notice(make_user())
    with django_assert_max_num_queries(6) as captured:
        desk.get(reverse(LIST))

    counts = [query["sql"] for query in captured if "COUNT(" in query["sql"]]
    assert all("LIMIT" in sql for sql in counts)


def test_a_message_can_be_read_but_not_changed_added_or_deleted(desk, lost):
    page = reverse("admin:outbox_message_change", args=[lost.pk])

    assert desk.get(page).status_code == 200
    assert desk.post(page, {"state": "sent"}).status_code == 403
    assert desk.get(reverse("admin:outbox_message_add")).status_code == 403
    assert desk.post(reverse("admin:outbox_message_delete", args=[lost.pk])).status_code == 403


def send_again(client, *messages):
    return client.post(
        reverse(LIST), {"action": "send_again", "_selected_action": [m.pk for m in messages]}, follow=True
    )


def test_given_up_messages_can_be_tried_again(desk, lost):
    page = send_again(desk, lost)

    assert "1 message is sent again." in page.content.decode()
    lost.refresh_from_db()
    assert (lost.state, lost.tries, lost.last_error) == (State.QUEUED, 0, "")


def test_who_may_only_look_cannot_try_again(client, lost):
    looker = make_user(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_message"))
    client.force_login(looker)

    send_again(client, lost)
    lost.refresh_from_db()
    assert lost.state == State.GIVEN_UP


def test_every_event_with_a_text_has_a_name_in_every_language():
    texts = {file.stem for folder in plain_text_engine().dirs for file in Path(folder).glob("*.txt")}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            names = dict(event_choices())
        assert set(names) == texts
        assert not set(names.values()) & texts
        assert language == "en" or all(re.search("[一-鿿]", name) for name in names.values())


def test_the_list_says_event_and_channel_in_words(client, lost):
    client.force_login(make_user(is_staff=True, is_superuser=True, language="zh-hans"))
    page = client.get(reverse(LIST)).content.decode()

    assert "测试消息" in page
    assert "电子邮件" in page
