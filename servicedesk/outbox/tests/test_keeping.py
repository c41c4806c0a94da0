from datetime import timedelta

import pytest
from django.db.models import F

from servicedesk.outbox import retention
from servicedesk.outbox.models import Message, State
from servicedesk.outbox.queue import queue_state, try_again
from servicedesk.outbox.reading import mark_acknowledged, mark_all_read, mark_read
from servicedesk.outbox.retention import purge_bodies
from servicedesk.outbox.sending import send_due
from servicedesk.outbox.showing import asks_of
from servicedesk.outbox.tasks import purge_sent_texts, send_due_messages
from servicedesk.outbox.testing import NOON, make_mail, make_notice
from servicedesk.testing.people import make_user

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def give_up(*messages):
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(
        state=State.GIVEN_UP, given_up_at=NOON, last_error="x", next_try_at=None, tries=7
    )


def test_old_words_are_forgotten_and_the_fact_of_sending_kept(monkeypatch):
    monkeypatch.setattr(retention, "CHUNK", 2)
    letters = [make_mail(make_user()) for _ in range(3)]
    young = make_mail(make_user(), at=NOON + DAY)
    send_due(NOON)
    send_due(NOON + DAY)

    assert purge_bodies(NOON + HOUR) == 3
    assert purge_bodies(NOON + HOUR) == 0

    kept = Message.objects.get(pk=letters[0].pk)
    assert (kept.subject, kept.body) == (None, None)
    assert (kept.event, kept.state, kept.recipient) == ("test", State.SENT, letters[0].recipient)
    assert kept.sent_at >= NOON
    young.refresh_from_db()
    assert young.body


def test_the_tasks_read_the_clock_and_work():
    make_mail(make_user())
    send_due_messages()
    assert Message.objects.filter(state=State.SENT, body__isnull=False).count() == 1

    Message.objects.update(sent_at=NOON - 1000 * DAY)
    purge_sent_texts()
    assert Message.objects.filter(body__isnull=False).count() == 0


def test_the_state_of_the_queue_costs_two_statements(django_assert_num_queries):
    person = make_user()
    make_mail(person, send_after=NOON + HOUR)
    late = make_mail(person)
    Message.objects.filter(pk=late.pk).update(state=State.FAILED, tries=1, last_error="x")
    give_up(make_mail(person))
    make_notice(person)

    with django_assert_num_queries(2):
        state = queue_state()
    assert state == {"queued": 1, "failed": 1, "given_up": 1, "oldest_waiting": NOON}


def test_an_empty_queue_has_no_oldest():
    assert queue_state() == {"queued": 0, "failed": 0, "given_up": 0, "oldest_waiting": None}


def test_what_was_given_up_can_be_tried_again_from_the_start():
    lost, waiting = make_mail(make_user()), make_mail(make_user(), send_after=NOON + DAY)
    give_up(lost)

    assert try_again(Message.objects.all(), by=make_user(), at=NOON + HOUR) == 1
    waiting.refresh_from_db()
    assert waiting.next_try_at == NOON + DAY
    assert send_due(NOON + HOUR) == {"sent": 1}


@pytest.mark.clause("R5.9a")
def test_the_first_reading_stands():
    notice = make_notice(make_user())

    assert mark_read(notice, at=NOON + MINUTE)
    assert not mark_read(notice, at=NOON + HOUR)
    notice.refresh_from_db()
    assert notice.read_at == NOON + MINUTE


def test_reading_all_leaves_later_ones_other_peoples_and_mail_alone():
    person = make_user()
    make_notice(person)
    later = make_notice(person, at=NOON + HOUR)
    foreign = make_notice(make_user())
    make_mail(person)

    assert mark_all_read(person, up_to=NOON + MINUTE, at=NOON + 2 * HOUR) == 1
    assert list(Message.objects.unread_of(person)) == [later]
    assert list(Message.objects.unread_of(foreign.recipient)) == [foreign]


def test_an_acknowledgement_is_noted_on_that_persons_notices_of_that_path():
    person, path = make_user(), "/clock/rings/7/acknowledge/"
    asked = make_notice(person, params={"acknowledge": path})
    make_notice(person, params={"acknowledge": "/clock/rings/77/acknowledge/"})
    make_notice(person, params={"path": path})
    make_notice(make_user(), params={"acknowledge": path})

    assert mark_acknowledged(path, by=person, at=NOON + HOUR) == 1
    assert mark_acknowledged(path, by=person, at=NOON + DAY) == 0
    assert Message.objects.filter(acknowledged_at=F("read_at")).get() == asked


def test_a_notice_of_several_matters_is_acknowledged_with_the_last_of_them():
    person, paths = make_user(), ["/rings/1/", "/rings/2/"]
    notice = make_notice(person, params={"items": [{"label": p, "acknowledge": p} for p in paths]})

    mark_acknowledged(paths[1], by=person, at=NOON + HOUR)
    notice.refresh_from_db()
    assert (notice.acknowledged_at, notice.read_at) == (None, None)
    assert [ask.path for ask in asks_of(notice)] == paths[:1]

    mark_acknowledged(paths[0], by=person, at=NOON + DAY)
    notice.refresh_from_db()
    assert (notice.acknowledged_at, notice.read_at, asks_of(notice)) == (NOON + DAY, NOON + DAY, [])
