"""Clocks that are wrong: the database server's decides, and a beat that was ahead does not wait until it is right again."""

from datetime import datetime, time, timedelta
from unittest.mock import patch

import pytest
import time_machine
from dateutil.relativedelta import relativedelta
from django.db import connection
from django.utils import timezone

from servicedesk.audit.models import AuditRun, DailySeal
from servicedesk.audit.timeline import Entry
from servicedesk.beat import Scheduler
from servicedesk.celery import app
from servicedesk.clock.models import Deadline, Heartbeat
from servicedesk.outbox.models import Message
from servicedesk.outbox.testing import make_mail
from servicedesk.reports.kept import promises
from servicedesk.reports.period import Kind, Period
from servicedesk.testing.people import make_user
from servicedesk.testing.running import wait_for
from servicedesk.tests.faults.aftermath import judge
from servicedesk.tests.faults.test_many import another
from tickets.replies import Reply, reply_to_customer
from tickets.testing import make_agent, make_ticket, make_word

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def server_clock(transactional_db):
    """Sets the clock of the database server, as far as the desk can see it; with SQLite it is the machine's own."""
    if connection.vendor != "postgresql":
        yield lambda ahead: None
        return
    name = connection.settings_dict["NAME"]
    path = "public, ahead, pg_catalog"  # functions of one's own go before the server's
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA ahead; CREATE TABLE ahead.clock AS SELECT interval '0' AS by")
        for function in ("clock_timestamp", "statement_timestamp"):
            cursor.execute(
                f"CREATE FUNCTION ahead.{function}() RETURNS timestamptz LANGUAGE sql AS"
                f" 'SELECT pg_catalog.{function}() + by FROM ahead.clock'"
            )
        cursor.execute(f'ALTER DATABASE "{name}" SET search_path = {path}; SET search_path = {path}')

        def be_ahead(by):
            cursor.execute("UPDATE ahead.clock SET by = %s", [by])

        try:
            yield be_ahead
        finally:
            cursor.execute(f'ALTER DATABASE "{name}" RESET search_path; RESET search_path')
            cursor.execute("DROP SCHEMA ahead CASCADE")


@pytest.fixture
def set_clock(desk, server_clock):
    """Sets every clock of the desk, and that of its database, ahead by so much."""
    desk.environment["MEDDLE_CLOCK"] = "1"

    def be_ahead(by):
        (desk.meddling / "clock.new").write_text(str(by.total_seconds()))
        (desk.meddling / "clock.new").replace(desk.meddling / "clock")
        server_clock(by)

    return be_ahead


def promised(due_in, *, at):
    return make_ticket(at - HOUR, first_responder=make_agent(), promise=make_word(at + due_in))


def test_a_clock_a_day_ahead_and_set_back_stops_nothing_and_its_stamp_is_marked_as_a_fault(
    desk, set_clock, overdue
):
    now = timezone.now()
    ticket = promised(2 * HOUR, at=now)
    with desk.up():
        desk.wait_until_ready()
        set_clock(DAY)
        wait_for(Deadline.objects.broken().exists)
        desk.wait_until_ready()
        set_clock(timedelta(0))
        overdue(3)
        judge(tickets=4)
        desk.wait_until_ready()
    reply = Reply(
        words="Found.",
        mode="spoken",
        channel="phone",
        next_word=make_word(timezone.now() + 8 * HOUR),
        odd_hours="Whatever the hour of this test",
    )
    reply_to_customer(ticket, reply, by=ticket.owner, at=timezone.now())
    first = ticket.promises.get(number=1).deadline
    assert first.outcome == "kept"
    assert Entry.objects.filter(subject=ticket.key, event="clock_fault").count() == 1
    judge(tickets=4)


@pytest.mark.postgresql
def test_a_worker_ten_minutes_fast_rings_and_sends_by_the_servers_clock(desk, own_redis, overdue, tmp_path):
    fast = tmp_path / "fast"
    (fast / "meddling").mkdir(parents=True)
    (fast / "meddling" / "clock").write_text("600")
    overdue(3)
    now = timezone.now()
    promised(5 * MINUTE, at=now)
    waiting = make_mail(make_user(), at=now, send_after=now + 5 * MINUTE)
    taken = make_mail(make_user(), at=now)
    Message.objects.filter(pk=taken.pk).update(
        tries=1, next_try_at=now + 9 * MINUTE
    )  # another sender is at it
    with (
        another(desk, "worker", "--pool=solo", VAR_DIR=str(fast), MEDDLE_CLOCK="1"),
        own_redis.connection() as broker,
    ):
        for name in (
            "servicedesk.clock.tasks.ring_due_deadlines",
            "servicedesk.outbox.tasks.send_due_messages",
        ):
            app.send_task(name, connection=broker, ignore_result=True)
        wait_for(lambda: Heartbeat.objects.filter(name="sweep").exists() and not own_redis.length())
    assert Deadline.objects.broken().count() == 3
    assert abs(Heartbeat.objects.get(name="sweep").at - timezone.now()) < MINUTE
    assert set(Message.objects.filter(pk__in=[waiting.pk, taken.pk]).values_list("state", "sent_at")) == {
        ("queued", None)
    }


def test_a_beat_down_for_two_days_over_a_month_end_breaks_what_fell_due_and_makes_up_for_the_nights(
    desk, set_clock
):
    noon = datetime.combine(timezone.localdate(), time(12), tzinfo=timezone.get_default_timezone())
    month_end = noon + relativedelta(months=1, day=31)
    gone, back = month_end - timezone.now(), month_end + 2 * DAY - timezone.now()
    set_clock(gone)
    deadline = promised(8 * HOUR, at=month_end).live_deadline
    with desk.up():
        desk.wait_until_ready()
    assert not Deadline.objects.broken().exists()
    set_clock(back)
    with time_machine.travel(timezone.now() + back, tick=True), desk.up():
        wait_for(Deadline.objects.broken().exists)
        wait_for(lambda: AuditRun.objects.exists() and DailySeal.objects.exists())
        judge(tickets=1)
        desk.wait_until_ready()
        assert DailySeal.objects.get().day == timezone.localdate()
    deadline.refresh_from_db()
    assert deadline.broken_at >= month_end + 2 * DAY > deadline.due_at
    due_on, rung_on = (
        Period.around(Kind.MONTH, day) for day in (month_end.date(), (month_end + 2 * DAY).date())
    )
    assert (promises(due_on).count(), promises(rung_on).count()) == (1, 0)


def test_a_beat_whose_clock_is_set_back_counts_from_now(tmp_path):
    """Celery's own would wait until the clock has come that far again."""
    now = timezone.now()
    with time_machine.travel(now + DAY, tick=False):
        beat = Scheduler(app, schedule_filename=str(tmp_path / "schedule"))
        sent = []
        beat.apply_entry = lambda entry, producer=None: sent.append(entry.name)
        beat.__dict__["producer"] = None
        while not beat.tick():
            pass
    with time_machine.travel(now, tick=False) as clock:
        assert 0 < beat.tick() <= 300
        sent.clear()
        clock.shift(MINUTE)
        while not beat.tick():
            pass
    assert {"ring due deadlines", "send due messages"} <= set(sent)
    assert sent.count("ring due deadlines") == 1
    beat.close()


def test_a_run_that_lies_ahead_turns_readyz_red_until_the_next(client, db):
    with patch("servicedesk.health.broker_answers", return_value=True):
        now = timezone.now()
        Heartbeat.objects.beat("beat", at=now)
        Heartbeat.objects.beat("sweep", at=now + DAY)
        assert client.get("/readyz").json()["reasons"][0].startswith("the last sweep lies 86")
        Heartbeat.objects.beat("sweep", at=now)
        assert client.get("/readyz").json()["ready"]
