"""Processes killed with -9 in the middle of what they do."""

import os
import signal
import threading

import pytest
from django.utils import timezone

from servicedesk.clock.models import Ring
from servicedesk.outbox.models import Message, State
from servicedesk.outbox.testing import make_mail
from servicedesk.testing.people import make_user
from servicedesk.testing.running import family, is_alive, wait_for
from servicedesk.tests.faults.aftermath import judge
from tickets.models import Ticket

IN_MID_SWEEP = (
    "servicedesk.clock.sweep.notify"  # rings, entries and messages are written, nothing is committed
)
IN_MID_SEND = "servicedesk.outbox.mail.Postman.deliver"
IN_MID_POST = "tickets.calls.open_ticket"  # the ticket is written, nothing is committed
NEW = "/tickets/new/"
BEFORE_ANSWER = "tickets.views.intake.log_call"  # all is committed, and nobody knows


def kill(pid):
    os.kill(pid, signal.SIGKILL)


@pytest.fixture
def letters(transactional_db):
    return [make_mail(make_user(), at=timezone.now()) for _ in range(8)]


def test_a_worker_killed_in_mid_sweep_leaves_everything_to_the_next(desk, overdue):
    overdue(12)
    desk.hold(IN_MID_SWEEP)
    with desk.up(IN_MID_SWEEP):
        kill(desk.wait_until_held(IN_MID_SWEEP))
        again = desk.wait_until_held(IN_MID_SWEEP)
        assert not Ring.objects.exists()
        os.killpg(os.getpgid(again), signal.SIGKILL)  # the worker with all that belongs to it
        desk.let_go(IN_MID_SWEEP)
        judge(tickets=12)
        desk.wait_until_ready()


def test_a_worker_killed_in_mid_send_lets_one_letter_come_twice_by_the_same_name(desk, post_office, letters):
    desk.hold(IN_MID_SEND)
    with desk.up(IN_MID_SEND):
        kill(desk.wait_until_held(IN_MID_SEND))
        assert len(post_office.accepted) == 1
        assert not Message.objects.filter(state=State.SENT).exists()
        desk.let_go(IN_MID_SEND)
        Message.objects.update(next_try_at=timezone.now())  # ten minutes later its lease has ended
        judge(tickets=0, office=post_office, doubled=1)
    assert len(post_office.accepted) == len(letters) + 1


@pytest.mark.parametrize("place", [IN_MID_POST, BEFORE_ANSWER])
def test_the_web_process_killed_in_mid_post_logs_the_call_once_when_it_is_sent_again(desk, call, place):
    agent, form = call
    with desk.up(place):
        desk.hold(place)
        answers = []
        sending = threading.Thread(target=lambda: answers.append(desk.post(agent, NEW, **form)))
        sending.start()
        web = desk.wait_until_held(place)
        assert Ticket.objects.count() == (place == BEFORE_ANSWER)
        kill(web)
        sending.join()
        assert answers == [None]
        desk.let_go(place)
        status, ticket = wait_for(lambda: desk.post(agent, NEW, **form))
        assert (status, ticket) == (302, Ticket.objects.get().path)
        assert desk.post(agent, NEW, **form) == (302, ticket)
        judge(tickets=1)
        desk.wait_until_ready()


def test_a_killed_beat_with_a_torn_file_starts_anew_and_the_clock_goes_on(desk, overdue):
    with desk.up():
        desk.wait_until_ready()
        beat = desk.process(" beat ")
        for file in (desk.folder / "beat").iterdir():
            file.write_bytes(b"torn")
        kill(beat)
        overdue(3)
        judge(tickets=3)
        assert desk.process(" beat ") != beat
        desk.wait_until_ready()


def test_a_supervisor_killed_in_mid_sweep_leaves_nobody_and_the_next_one_goes_on(desk, overdue):
    overdue(6)
    desk.hold(IN_MID_SWEEP)
    with desk.up(IN_MID_SWEEP):
        desk.wait_until_held(IN_MID_SWEEP)
        everybody = family(desk.supervisor.pid)
        kill(desk.supervisor.pid)
        desk.supervisor.wait()
        assert desk.told() == {} or wait_for(lambda: desk.told() == {})
        desk.let_go(IN_MID_SWEEP)  # a worker asked to stop ends what it is at
        wait_for(lambda: not any(is_alive(pid) for pid in everybody))
    with desk.up():
        judge(tickets=6)
        desk.wait_until_ready()
