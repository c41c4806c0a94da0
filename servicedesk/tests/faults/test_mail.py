"""The mail server refuses, hangs, or dies over a letter: each letter arrives, and the clock goes on meanwhile."""

import time

import pytest
from django.utils import timezone

from servicedesk.outbox.models import Message, State
from servicedesk.outbox.testing import make_mail
from servicedesk.testing.people import make_user
from servicedesk.testing.running import wait_for
from servicedesk.tests.faults import post_office as moods
from servicedesk.tests.faults.aftermath import judge

LETTERS = 120  # more than two batches, so that every sender at work meets the dead server
PATIENCE = 15  # seconds without a sweep until /readyz turns red


@pytest.fixture
def letters(transactional_db):
    person, now = make_user(), timezone.now()
    return [make_mail(person, at=now) for _ in range(LETTERS)]


@pytest.mark.parametrize(
    ("mood", "seconds"),
    [
        pytest.param(moods.REFUSING, 3, marks=pytest.mark.exhaustive),
        pytest.param(moods.SILENT, PATIENCE + 5, marks=pytest.mark.exhaustive),
        (moods.HANGING, PATIENCE + 5),
        (moods.DYING, 3),
    ],
)
def test_letters_wait_for_a_sick_mail_server_and_the_clock_does_not(
    desk, post_office, letters, overdue, mood, seconds
):
    desk.environment["READY_SWEEP_AGE"] = str(PATIENCE)
    post_office.mood = mood
    with desk.up():
        desk.wait_until_ready()
        wait_for(lambda: Message.objects.filter(state=State.FAILED).exists())
        overdue(3)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert desk.told()["ready"], desk.told()["reasons"]
            time.sleep(0.2)
        assert desk.told()["messages_failed"]
        assert not post_office.accepted
        post_office.mood = moods.WELL
        Message.objects.waiting().filter(tries__gt=0).update(
            next_try_at=timezone.now()
        )  # the waiting is over
        judge(tickets=3, office=post_office)
    assert set(post_office.read) == set(post_office.accepted)
