from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from servicedesk.outbox import posting
from servicedesk.outbox.models import Message, State
from servicedesk.outbox.posting import Draft, post, post_many
from servicedesk.outbox.testing import NOON, make_mail, make_notice
from servicedesk.testing.people import make_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def hints(monkeypatch):
    """The hints given to the senders."""
    given = []
    monkeypatch.setattr(
        posting.send_due_messages, "apply_async", lambda *args, **options: given.append(options)
    )
    return given


def drafts(person, number, **fields):
    defaults = {"event": "test", "channel": "in_app", "recipient": person, "at": NOON}
    return [Draft(key=f"draft {n}", **(defaults | fields)) for n in range(number)]


def test_a_notice_is_sent_by_being_written():
    notice = make_notice(make_user())

    assert (notice.state, notice.sent_at, notice.next_try_at) == (State.SENT, NOON, None)


def test_a_notice_that_must_wait_is_not_seen_before_its_time():
    person = make_user()
    notice = make_notice(person, send_after=NOON + HOUR)

    assert (notice.state, notice.next_try_at) == (State.QUEUED, NOON + HOUR)
    assert not Message.objects.notices_of(person).exists()


def test_a_moment_already_past_does_not_make_a_message_wait():
    assert make_mail(make_user(), send_after=NOON - HOUR).next_try_at == NOON


def test_the_same_key_makes_one_message_and_no_error():
    first = make_notice(make_user(), key="ring 1")
    second = make_notice(make_user(), key="ring 1")

    assert first == second
    assert Message.objects.count() == 1


def test_many_drafts_say_how_many_were_new():
    person = make_user()
    post_many(drafts(person, 2))

    assert post_many([*drafts(person, 5), *drafts(person, 5)]) == 3
    assert Message.objects.count() == 5


def test_many_drafts_need_few_statements(django_assert_max_num_queries):
    person = make_user()
    with django_assert_max_num_queries(10):
        post_many(drafts(person, 400))


def test_nothing_to_post_is_no_error():
    assert post_many([]) == 0


def test_a_message_disappears_with_the_act_that_failed():
    with pytest.raises(RuntimeError), transaction.atomic():
        make_notice(make_user())
        raise RuntimeError
    assert not Message.objects.exists()


def test_one_hint_wakes_a_sender_after_commit_whatever_the_number(hints, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        person = make_user()
        for _ in range(3):
            make_mail(person)
        assert hints == []
    assert len(hints) == 1


def test_what_need_not_be_sent_now_gives_no_hint(hints, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        person = make_user()
        make_notice(person)
        make_mail(person, send_after=NOON + HOUR)
    assert hints == []


def test_a_broker_out_of_reach_harms_nobody(monkeypatch, django_capture_on_commit_callbacks):
    def refuse(*args, **options):
        raise OSError

    monkeypatch.setattr(posting.send_due_messages, "apply_async", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        make_mail(make_user())
    assert Message.objects.waiting().count() == 1


@pytest.mark.parametrize(
    ("channel", "receivers"),
    [
        ("in_app", {}),
        ("in_app", {"address": "a@example.org"}),
        ("pigeon", {"address": "a@example.org"}),
        ("email", {"address": "a@example.org", "recipient": "somebody"}),
    ],
)
def test_a_message_without_exactly_one_sensible_receiver_is_refused(channel, receivers):
    with pytest.raises(ValueError):
        post("test", key="k", channel=channel, params={}, at=NOON, **receivers)


@pytest.mark.parametrize(
    "attack",
    [
        "address = 'somebody@example.org'",
        "recipient_id = NULL",
        "state = 'sent'",
        "state = 'given_up', next_try_at = NULL, given_up_at = created_at",
        "state = 'given_up', next_try_at = NULL, last_error = 'x'",
        "state = 'lost'",
        "next_try_at = NULL",
        "sent_at = created_at",
        "read_at = created_at",
        "acknowledged_at = created_at",
        "body = 'words'",
        "subject = 'words'",
        "channel = 'in_app', recipient_id = NULL, address = 'somebody@example.org'",
    ],
)
def test_the_database_refuses_a_message_that_contradicts_itself(attack):
    make_mail(make_user())

    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute(f"UPDATE outbox_message SET {attack}")


def test_the_database_refuses_a_key_twice():
    make_mail(make_user(), key="one")
    make_mail(make_user(), key="two")

    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("UPDATE outbox_message SET key = 'one'")
