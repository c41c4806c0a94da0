"""The broker lost: messages are hints, so that nothing but time is lost with it."""

import time

import pytest
from kombu.exceptions import OperationalError

from servicedesk.celery import app
from servicedesk.outbox.tasks import send_due_messages
from servicedesk.testing.running import wait_for
from servicedesk.tests.faults.aftermath import judge
from tickets.models import Ticket

pytestmark = pytest.mark.postgresql
NEW = "/tickets/new/"
PATIENCE = 10  # seconds that a form may take while the broker hangs


def send_in_time(desk, call):
    agent, form = call
    began = time.monotonic()
    status, ticket = desk.post(agent, NEW, **form)
    assert (status, ticket) == (302, Ticket.objects.latest("pk").path)
    assert time.monotonic() - began < PATIENCE


def test_redis_killed_and_back_empty_costs_nothing_but_time(desk, own_redis, overdue, call):
    with desk.up():
        desk.wait_until_ready()
        own_redis.kill()
        desk.wait_for_reason("the broker does not answer")
        send_in_time(desk, call)
        overdue(5)
        desk.wait_for_reason("the last sweep was")
        own_redis.start()
        judge(tickets=6)
        desk.wait_until_ready()


def test_a_hint_to_a_redis_that_hangs_is_given_up_soon(own_redis):
    own_redis.pause()
    began = time.monotonic()
    with pytest.raises(OperationalError), app.connection_for_write(own_redis.url) as broker:
        send_due_messages.apply_async(connection=broker, retry=False)
    assert time.monotonic() - began < PATIENCE


@pytest.mark.parametrize("seconds", [8, pytest.param(30, marks=pytest.mark.exhaustive)])
def test_redis_paused_holds_nobody_up_and_its_messages_do_not_pile_up(
    desk, own_redis, overdue, call, seconds
):
    with desk.up():
        desk.wait_until_ready()
        own_redis.pause()
        until = time.monotonic() + seconds
        send_in_time(desk, call)
        desk.wait_for_reason("the broker does not answer")
        overdue(5)
        time.sleep(max(0, until - time.monotonic()))
        own_redis.go_on()
        judge(tickets=6)
        desk.wait_until_ready()
        wait_for(lambda: own_redis.length() <= 2)
