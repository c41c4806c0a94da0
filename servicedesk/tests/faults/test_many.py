"""Too many at once, or too slow: each step is carried out by one of them, once."""

import subprocess
import sys
from contextlib import contextmanager

from django.conf import settings
from django.utils import timezone

from servicedesk.clock.models import Deadline, Ring
from servicedesk.clock.sweep import put_back
from servicedesk.testing.running import wait_for
from servicedesk.tests.faults.aftermath import judge

ALL_FOUND = "servicedesk.clock.sweep._candidates"  # what is due has been read, nothing is claimed
IN_MID_SWEEP = "servicedesk.clock.sweep.notify"


@contextmanager
def another(desk, *words, **environment):
    """One more process of Celery's."""
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "--quiet", "--app=servicedesk", *words],
        cwd=settings.BASE_DIR, env=desk.environment | environment,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def test_two_beats_ask_twice_and_everything_happens_once(desk, overdue, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    overdue(6)
    with desk.up(), another(desk, "beat", "--pidfile=", f"--schedule={elsewhere}/schedule"):
        wait_for(lambda: list(elsewhere.iterdir()))
        overdue(6)
        judge(tickets=12)
        desk.wait_until_ready()


def test_four_sweepers_that_have_found_the_same_rows_carry_each_out_once(desk, overdue):
    overdue(40)
    desk.hold(ALL_FOUND)
    desk.environment["WORKER_CONCURRENCY"] = "4"
    with desk.up(ALL_FOUND):
        desk.wait_until_held(ALL_FOUND, number=4)
        assert not Ring.objects.exists()
        desk.let_go(ALL_FOUND)
        judge(tickets=40)
        desk.wait_until_ready()


def test_sweeps_that_take_longer_than_their_interval_neither_double_nor_pile_up(desk, own_redis, overdue):
    overdue(6)
    desk.hold(IN_MID_SWEEP, longest=3)
    with desk.up(IN_MID_SWEEP):
        desk.wait_until_held(IN_MID_SWEEP)
        overdue(6)
        judge(tickets=12)
        desk.let_go(IN_MID_SWEEP)
        desk.wait_until_ready()
        if own_redis:
            wait_for(lambda: own_redis.length() <= 2)


def test_a_row_that_raises_stands_aside_alone_and_rings_once_it_is_mended(desk, overdue, triggers_lifted):
    tickets = overdue(6)
    bad = tickets[3].live_deadline
    sound = bad.schedule
    with triggers_lifted():
        Deadline.objects.filter(pk=bad.pk).update(schedule=[[moment, 0] for moment, _rung in sound])
    with desk.up():
        told = wait_for(lambda: (told := desk.told()).get("set_aside") and told)
        assert told["set_aside"] == 1
        assert desk.wait_until_ready()["rings_late"] == 0
        assert Deadline.objects.broken().count() == 5
        with triggers_lifted():
            Deadline.objects.filter(pk=bad.pk).update(schedule=sound)
        put_back(Deadline.objects.get(pk=bad.pk), by=tickets[3].owner, at=timezone.now())
        judge(tickets=6)
