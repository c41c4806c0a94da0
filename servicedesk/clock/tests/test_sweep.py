"""Everything rings once, in order, for the right person, whatever happens to the sweep."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from servicedesk import version
from servicedesk.audit.timeline import Entry, Head
from servicedesk.clock import sweep as sweeping
from servicedesk.clock.acknowledging import acknowledge
from servicedesk.clock.models import Deadline, Heartbeat, Ring
from servicedesk.clock.owing import Owed, owe, owe_many, settle, withdraw
from servicedesk.clock.sweep import put_back, sweep
from servicedesk.clock.testing import MONDAY, make_deadline, make_ladder, make_matter, make_unit
from servicedesk.outbox.models import Message
from servicedesk.outbox.rendering import render
from servicedesk.staff.testing import make_absence, make_post, make_user

pytestmark = pytest.mark.django_db

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
DUE = MONDAY + timedelta(hours=6)  # 16:00 the same day


def events(deadline):
    return list(
        Entry.objects.filter(subject=deadline.subject).order_by("number").values_list("event", flat=True)
    )


def told(deadline):
    return list(
        Ring.objects.filter(deadline=deadline, skipped=False).order_by("pk").values_list("person", flat=True)
    )


def test_nothing_rings_before_its_moment():
    deadline = make_deadline(due_at=DUE, at=MONDAY)
    run = sweep(MONDAY + 4 * HOUR)
    assert (run.rang, run.broke) == (0, 0)
    assert told(deadline) == []


@pytest.mark.clause("R1.1e", "R1.1f")
def test_the_owner_is_warned_at_three_quarters_and_an_hour_before():
    matter = make_matter()
    deadline = make_deadline(matter, due_at=DUE, at=MONDAY)
    sweep(MONDAY + 4.5 * HOUR + SECOND)
    sweep(DUE - HOUR + SECOND)
    assert told(deadline) == [matter.owner.pk, matter.owner.pk]
    assert not Deadline.objects.get().broken_at


@pytest.mark.clause("R1.1f")
def test_a_promise_is_not_broken_at_the_due_instant_and_is_just_after():
    deadline = make_deadline(due_at=DUE, at=MONDAY)
    assert sweep(DUE).broke == 0
    assert sweep(DUE + SECOND).broke == 1
    deadline.refresh_from_db()
    assert deadline.broken_at == DUE + SECOND
    assert "broke" in events(deadline)


@pytest.mark.clause("R1.1f")
def test_a_broken_promise_climbs_from_manager_to_executive_to_general_manager_once_each():
    general_manager = make_user()
    make_post("general_manager", general_manager)
    unit = make_unit()
    deadline = make_deadline(make_matter(unit), due_at=DUE, at=MONDAY)
    for moment in (DUE + SECOND, DUE + HOUR, DUE + 3 * DAY, DUE + 3 * DAY, DUE + 10 * DAY, DUE + 30 * DAY):
        sweep(moment)
    breaches = Ring.objects.filter(deadline=deadline, rung__when="after").order_by("pk")
    assert list(breaches.values_list("person", flat=True)) == [
        unit.manager_id,
        unit.executive_id,
        general_manager.pk,
    ]


def test_running_twice_rings_once():
    deadline = make_deadline(due_at=DUE, at=MONDAY)
    sweep(DUE + SECOND)
    sweep(DUE + SECOND)
    assert Ring.objects.filter(deadline=deadline, rung__when="after").count() == 1


def test_after_an_outage_one_rung_rings_now_and_the_next_keeps_its_distance():
    unit = make_unit()
    deadline = make_deadline(make_matter(unit), due_at=DUE, at=MONDAY)
    late = DUE + 20 * DAY
    sweep(late)
    breaches = Ring.objects.filter(deadline=deadline, rung__when="after")
    assert breaches.count() == 1
    deadline.refresh_from_db()
    assert deadline.next_ring_at > late + HOUR
    sweep(late + HOUR)
    assert breaches.count() == 1
    sweep(deadline.next_ring_at + SECOND)
    assert breaches.count() == 2


def test_a_reminder_whose_due_time_has_passed_is_recorded_as_skipped():
    deadline = make_deadline(due_at=DUE, at=MONDAY)
    run = sweep(DUE + HOUR)
    assert run.skipped == 2
    assert Ring.objects.filter(deadline=deadline, skipped=True, person=None).count() == 2
    assert events(deadline).count("reminder_skipped") == 2


def test_what_falls_to_one_person_in_one_sweep_is_one_message_that_lists_all(monkeypatch):
    unit = make_unit()
    for _ in range(5):
        make_deadline(make_matter(unit), due_at=DUE, at=MONDAY)
    sweep(DUE + SECOND, batch=2)
    notices = Message.objects.filter(recipient=unit.manager, channel="in_app")
    assert [notice.params["count"] for notice in notices] == [5]
    assert len(notices[0].params["items"]) == 5


def test_an_absent_manager_is_passed_over_to_the_deputy_with_the_reason():
    unit = make_unit()
    deputy = make_user(department=unit)
    make_absence(person=unit.manager, deputy=deputy, starts_at=MONDAY - DAY, ends_at=MONDAY + 5 * DAY)
    deadline = make_deadline(make_matter(unit), due_at=DUE, at=MONDAY)
    sweep(DUE + SECOND)
    ring = Ring.objects.get(deadline=deadline, rung__when="after")
    assert ring.person == deputy
    assert ring.reason["reason"] == "deputy"
    mail = Message.objects.get(recipient=deputy, channel="email")
    assert f"deputy for {unit.manager}, on leave until" in render(mail).body


def test_a_manager_who_owns_the_breach_is_not_the_only_one_told():
    unit = make_unit()
    deadline = make_deadline(make_matter(unit, owner=unit.manager), due_at=DUE, at=MONDAY)
    sweep(DUE + SECOND)
    assert Ring.objects.get(deadline=deadline, rung__when="after").person == unit.executive


def test_a_settled_deadline_rings_no_more():
    deadline = make_deadline(due_at=DUE, at=MONDAY)
    with transaction.atomic():
        settle(deadline, by="clock", at=DUE)
    assert deadline.outcome == "kept"
    assert sweep(DUE + DAY).rang == 0


@pytest.mark.clause("R1.1f")
def test_settling_late_stamps_the_breach_and_records_it():
    deadline = make_deadline(due_at=DUE, at=MONDAY)
    settle(deadline, by="clock", at=DUE + SECOND)
    assert (deadline.outcome, deadline.broken_at) == ("late", DUE + SECOND)
    assert events(deadline) == ["broke"]


def test_a_premature_stamp_stays_and_is_marked_as_a_clock_fault():
    deadline = make_deadline(due_at=DUE, at=MONDAY)
    sweep(DUE + DAY)  # the clock had jumped ahead
    deadline.refresh_from_db()
    settle(deadline, by="clock", at=DUE - HOUR)
    assert deadline.outcome == "kept"
    assert deadline.broken_at == DUE + DAY
    assert events(deadline)[-1] == "clock_fault"


def test_a_withdrawn_overdue_deadline_keeps_its_breach():
    deadline = make_deadline(due_at=DUE, at=MONDAY)
    withdraw(deadline, by="clock", at=DUE + HOUR, reason="void")
    assert (deadline.outcome, deadline.broken_at) == ("withdrawn", DUE + HOUR)
    assert events(deadline) == ["broke", "withdrawn"]


def test_a_bad_row_is_set_aside_and_the_others_ring(monkeypatch):
    unit = make_unit()
    deadlines = [make_deadline(make_matter(unit), due_at=DUE, at=MONDAY) for _ in range(7)]
    honest = sweeping.advance

    def advance(deadline, **context):
        if deadline.pk == deadlines[3].pk:
            raise ValueError("bad row")
        return honest(deadline, **context)

    monkeypatch.setattr(sweeping, "advance", advance)
    run = sweep(DUE + SECOND)
    assert (run.broke, run.set_aside) == (6, 1)
    bad = Deadline.objects.get(pk=deadlines[3].pk)
    assert bad.set_aside_at == DUE + SECOND
    assert bad.error == "ValueError"
    monkeypatch.undo()
    assert put_back(bad, by=unit.manager, at=DUE + SECOND)
    assert not put_back(bad, by=unit.manager, at=DUE + SECOND)
    assert Entry.objects.get(subject=bad.subject, event="put_back").by == unit.manager
    assert sweep(DUE + HOUR).broke == 1


def test_a_ladder_that_asks_for_acknowledgement_repeats_until_it_comes():
    make_ladder(
        "urgent",
        {
            "when": "after",
            "position": "department_manager",
            "acknowledge": True,
            "repeat_every": 10,
            "rounds": 2,
        },
    )
    deadline = make_deadline(kind="urgent", due_at=DUE, at=MONDAY)
    for minutes in (1, 5, 12, 23, 34, 60):
        sweep(DUE + timedelta(minutes=minutes))
    assert Ring.objects.filter(deadline=deadline).count() == 3


def test_silence_beyond_the_acknowledgement_time_goes_to_the_deputy():
    unit = make_unit()
    stand_in = make_user(department=unit)
    unit.deputy_manager = stand_in
    unit.save()
    make_ladder(
        "urgent", {"when": "after", "position": "department_manager", "acknowledge": True, "silent_after": 30}
    )
    deadline = make_deadline(make_matter(unit), kind="urgent", due_at=DUE, at=MONDAY)
    sweep(DUE + SECOND)
    sweep(DUE + timedelta(minutes=31))
    assert told(deadline) == [unit.manager_id, stand_in.pk]


def test_a_reminder_at_night_is_brought_forward_to_the_last_open_moment():
    at = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)  # Monday 16:00
    due = datetime(2026, 5, 12, 1, 0, tzinfo=UTC)  # Tuesday 09:00; an hour before is 08:00, before opening
    deadline = make_deadline(due_at=due, at=at)
    moments = [datetime.fromisoformat(moment) for moment, rung in deadline.schedule if rung]
    assert moments[0] <= datetime(2026, 5, 11, 9, 30, tzinfo=UTC)


def test_mail_waits_for_working_time_and_the_notice_does_not():
    due = datetime(2026, 5, 11, 12, 0, tzinfo=UTC)  # 20:00
    unit = make_unit()
    make_deadline(make_matter(unit), due_at=due, at=MONDAY)
    sweep(due + SECOND)
    notice, mail = (Message.objects.get(recipient=unit.manager, channel=c) for c in ("in_app", "email"))
    assert notice.sent_at == due + SECOND
    assert mail.send_after == datetime(2026, 5, 12, 0, 30, tzinfo=UTC)


@pytest.mark.clause("R1.1f")
@pytest.mark.parametrize(
    "change",
    [
        "due_at = '2030-01-01 00:00:00+00:00'",
        "made_at = '2020-01-01 00:00:00+00:00'",
        "first_responder_id = owner_id + 1",
        "subject = 'ticket:other'",
        "outcome = 'kept'",
    ],
)
def test_raw_sql_cannot_move_or_forge_a_deadline(change):
    make_deadline(due_at=DUE, at=MONDAY)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE clock_deadline SET {change}")


@pytest.mark.clause("R1.1f")
@pytest.mark.parametrize("change", ["broken_at = NULL", "outcome = 'kept'", "settled_at = due_at"])
def test_raw_sql_cannot_make_a_late_deadline_good(change):
    deadline = make_deadline(due_at=DUE, at=MONDAY)
    settle(deadline, by="clock", at=DUE + HOUR)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE clock_deadline SET {change}")


@pytest.mark.parametrize("table", ["clock_deadline", "clock_ring", "clock_ladder", "clock_rung"])
def test_raw_sql_cannot_delete_what_was_owed_or_rung(table):
    make_deadline(due_at=DUE, at=MONDAY)
    sweep(DUE + SECOND)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")


def test_the_number_of_statements_does_not_grow_with_what_is_due(django_assert_max_num_queries):
    unit = make_unit()
    for _ in range(60):
        make_deadline(make_matter(unit), due_at=DUE, at=MONDAY)
    with django_assert_max_num_queries(40):
        assert sweep(DUE + SECOND).broke == 60


def test_a_thousand_due_rows_take_less_than_a_statement_for_ten(django_assert_max_num_queries):
    unit = make_unit()
    people = [make_user(department=unit) for _ in range(20)]
    matters = [make_matter(unit, owner=people[n % 20]) for n in range(1000)]
    owe_many([Owed("promise", matter, DUE) for matter in matters], at=MONDAY)
    # SQLite takes fewer rows in one INSERT
    with django_assert_max_num_queries(60 if connection.vendor == "postgresql" else 200):
        run = sweep(DUE - HOUR + SECOND)
    assert run.rang == 1000
    with django_assert_max_num_queries(60 if connection.vendor == "postgresql" else 200):
        run = sweep(DUE + SECOND)
    assert (run.rang, run.broke, run.set_aside) == (1000, 1000, 0)


@pytest.mark.django_db(transaction=True)
def test_four_sweepers_at_once_ring_every_rung_once():
    unit = make_unit()
    deadlines = [make_deadline(make_matter(unit), due_at=DUE, at=MONDAY) for _ in range(40)]
    failures = []

    def run():
        try:
            sweep(DUE + SECOND, batch=7)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sweep(DUE + SECOND)
    assert failures == []
    assert Ring.objects.filter(rung__when="after").count() == len(deadlines)
    assert Entry.objects.filter(event="broke").count() == len(deadlines)
    assert Head.objects.filter(subject__startswith="matter:").count() == len(deadlines)


@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_dies_before_commit_leaves_everything_due(monkeypatch):
    deadline = make_deadline(due_at=DUE, at=MONDAY)

    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    monkeypatch.setattr(sweeping, "notify", die)
    with pytest.raises(Killed):
        sweep(DUE + SECOND)
    monkeypatch.undo()
    assert not Ring.objects.exists()
    assert not Deadline.objects.get().broken_at
    sweep(DUE + SECOND)
    assert Ring.objects.filter(deadline=deadline, rung__when="after").count() == 1
    assert Message.objects.filter(channel="in_app").count() >= 1


def test_a_promise_must_lie_in_the_future():
    with pytest.raises(ValidationError):
        owe("promise", make_matter(), due_at=MONDAY, at=MONDAY)


def test_an_acknowledged_ring_repeats_no_more_and_the_ladder_goes_on():
    make_ladder(
        "urgent",
        {
            "when": "after",
            "position": "department_manager",
            "acknowledge": True,
            "repeat_every": 10,
            "rounds": 5,
        },
        {"when": "after", "amount": 1, "unit": "hours", "position": "executive"},
    )
    unit = make_unit()
    deadline = make_deadline(make_matter(unit), kind="urgent", due_at=DUE, at=MONDAY)
    sweep(DUE + SECOND)
    ring = Ring.objects.get(deadline=deadline)
    with pytest.raises(ValidationError):
        acknowledge(ring, by=unit.executive, at=DUE + timedelta(minutes=1))
    acknowledge(ring, by=unit.manager, at=DUE + timedelta(minutes=1))
    acknowledge(ring, by=unit.manager, at=DUE + timedelta(minutes=2))
    notice = Message.objects.get(recipient=unit.manager, channel="in_app")
    assert notice.acknowledged_at == DUE + timedelta(minutes=1)
    for minutes in (12, 30, 61):
        sweep(DUE + timedelta(minutes=minutes))
    assert told(deadline) == [unit.manager_id, unit.executive_id]
    assert events(deadline).count("acknowledged") == 1


def test_a_message_that_a_sender_has_already_is_not_extended(monkeypatch):
    unit = make_unit()
    for _ in range(4):
        make_deadline(make_matter(unit), due_at=DUE, at=MONDAY)
    honest = sweeping.notify

    def notify(*args, **kwargs):
        honest(*args, **kwargs)
        Message.objects.filter(channel="email").update(tries=1)

    monkeypatch.setattr(sweeping, "notify", notify)
    sweep(DUE + SECOND, batch=2)
    mails = Message.objects.filter(recipient=unit.manager, channel="email")
    assert sorted(mail.params["count"] for mail in mails) == [2, 2]


def test_a_serious_matter_is_not_added_to_mail_that_waits_for_the_morning():
    night = datetime(2026, 5, 11, 14, 0, tzinfo=UTC)  # 22:00
    make_ladder("urgent", {"when": "after", "position": "department_manager"}, never_waits=True)
    unit = make_unit()
    for kind in ("promise", "promise", "urgent"):
        make_deadline(make_matter(unit), kind=kind, due_at=night, at=MONDAY)
    sweep(night + SECOND, batch=2)
    mails = Message.objects.filter(recipient=unit.manager, channel="email").order_by("pk")
    assert [(mail.params["count"], mail.send_after > night + HOUR) for mail in mails] == [
        (2, True),
        (1, False),
    ]


@pytest.mark.parametrize("fault", [OperationalError("deadlock detected"), InterfaceError("closed")])
def test_a_deadlock_or_a_lost_connection_leaves_the_rows_due_and_no_mark_of_a_run(monkeypatch, fault):
    deadline = make_deadline(due_at=DUE, at=MONDAY)

    def advance(*args, **context):
        raise fault

    monkeypatch.setattr(sweeping, "advance", advance)
    run = sweep(DUE + SECOND)
    assert (run.busy, run.set_aside) == (1, 0)
    assert not Heartbeat.objects.filter(name="sweep").exists()
    monkeypatch.undo()
    deadline.refresh_from_db()
    assert deadline.set_aside_at is None
    assert sweep(DUE + SECOND).broke == 1
    assert Heartbeat.objects.get(name="sweep").at == DUE + SECOND


def test_code_of_another_version_than_the_tables_sets_nothing_aside_and_rings_what_it_can(monkeypatch):
    deadlines = [make_deadline(due_at=DUE, at=MONDAY) for _ in range(4)]
    honest = sweeping.advance

    def advance(deadline, **context):
        if deadline.pk == deadlines[2].pk:
            raise KeyError("a word of tomorrow")
        return honest(deadline, **context)

    monkeypatch.setattr(sweeping, "advance", advance)
    known = version.known_migrations()
    monkeypatch.setattr(version, "known_migrations", lambda: known - {max(known)})
    run = sweep(DUE + SECOND)
    assert (run.broke, run.busy, run.set_aside) == (3, 1, 0)
    assert not Heartbeat.objects.filter(name="sweep").exists()
    monkeypatch.undo()
    assert sweep(DUE + SECOND).broke == 1


def test_sweeps_whose_clock_goes_back_or_is_ages_old_ring_nothing_twice():
    deadline = make_deadline(due_at=DUE, at=MONDAY)
    for moment in (DUE + SECOND, DUE - HOUR, datetime(1970, 1, 1, tzinfo=UTC), DUE + SECOND):
        sweep(moment)
    assert Ring.objects.filter(deadline=deadline, rung__when="after").count() == 1
    assert events(deadline).count("broke") == 1


def test_a_deadline_settled_between_being_found_and_being_claimed_stays_quiet(monkeypatch):
    deadline = make_deadline(due_at=DUE, at=MONDAY)
    honest = sweeping._candidates

    def candidates(*args):
        rows = honest(*args)
        if rows:
            settle(Deadline.objects.get(pk=deadline.pk), by="clock", at=DUE)
        return rows

    monkeypatch.setattr(sweeping, "_candidates", candidates)
    run = sweep(DUE + SECOND)
    assert (run.broke, run.rang) == (0, 0)
    assert "broke" not in events(deadline)


def test_a_ladder_without_steps_breaks_and_a_kind_without_ladder_too(triggers_lifted):
    with triggers_lifted():  # no such ladder is in force unless somebody forces it
        make_ladder("quiet")
    for kind in ("quiet", "nothing"):
        deadline = make_deadline(kind=kind, due_at=DUE, at=MONDAY)
        assert sweep(DUE + SECOND).broke == 1
        deadline.refresh_from_db()
        assert (deadline.broken_at, deadline.next_ring_at) == (DUE + SECOND, None)


def test_an_interval_of_a_minute_has_its_steps_in_order():
    deadline = make_deadline(due_at=MONDAY + timedelta(minutes=1), at=MONDAY)
    moments = [datetime.fromisoformat(moment) for moment, _rung in deadline.schedule]
    assert moments == sorted(moments)
    assert moments[0] == MONDAY + timedelta(
        seconds=45
    )  # three quarters; an hour before lies before the start
    assert all(moment.endswith("+00:00") for moment, _rung in deadline.schedule)
