"""A last day that is planned: told to the manager, remembered a week before, and then the log-in closes (CASES f)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from servicedesk.audit.timeline import Entry
from servicedesk.outbox.models import Message
from servicedesk.outbox.rendering import render
from servicedesk.staff import leaving, passing_on
from servicedesk.staff.leaving import block, leave_as_planned, plan_leaving, unblock
from servicedesk.staff.models import User
from servicedesk.staff.passing_on import Left, on_leaving
from servicedesk.staff.testing import make_absence, make_organisation

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 3, 4, 10, tzinfo=ZONE)
LAST = date(2026, 3, 31)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def one():
    return make_organisation()


@pytest.fixture
def owes(monkeypatch):
    """Everybody owes one thing, which passes on."""
    monkeypatch.setattr(passing_on, "_kinds", [])
    on_leaving(lambda user, *, by, at: 0, lambda user, *, at: Left("things", 1))


def midnight(day: int) -> datetime:
    return datetime(2026, 3, day, tzinfo=ZONE)


def told(event: str) -> list:
    return [message.recipient for message in Message.objects.filter(event=event)]


def test_the_manager_is_told_and_reads_what_is_still_owed(one):
    plan_leaving(one.agents[1], LAST, by=one.administrator, at=AT)

    one.agents[1].refresh_from_db()
    assert (one.agents[1].leaves_on, one.agents[1].is_leaving) == (LAST, False)
    message = Message.objects.get()
    assert (message.event, message.recipient) == ("leaving_planned", one.manager)
    assert render(message).subject == f"{one.agents[1]} leaves; the last day is 31 Mar 2026"
    assert message.params["path"] == f"/people/{one.agents[1].pk}/owes/"
    entry = Entry.objects.of(f"person:{one.agents[1].pk}").get()
    assert (entry.event, entry.facts) == ("leaving_planned", {"last_day": LAST})


def test_who_is_told_instead_of_an_absent_manager_can_open_the_list(one, client):
    make_absence(one.manager, deputy=one.technicians[0])
    plan_leaving(one.agents[1], LAST, by=one.administrator, at=AT)

    assert told("leaving_planned") == [one.technicians[0]]
    client.force_login(one.technicians[0])
    assert client.get(Message.objects.get().params["path"]).status_code == 200
    client.force_login(one.technicians[1])
    assert client.get(Message.objects.get().params["path"]).status_code == 404


def test_of_a_manager_the_next_one_up_is_told(one):
    plan_leaving(one.manager, LAST, by=one.administrator, at=AT)

    assert told("leaving_planned") == [one.executive]


def test_the_log_in_closes_when_the_last_day_is_over_and_not_before(one, client):
    agent = one.agents[1]
    client.force_login(agent)
    plan_leaving(agent, date(2026, 3, 5), by=one.administrator, at=AT)

    assert leave_as_planned(midnight(6) - MINUTE) == 0
    assert client.get("/profile/").status_code == 200
    assert leave_as_planned(midnight(6)) == 1
    assert client.get("/profile/").status_code == 302
    assert leave_as_planned(midnight(6) + MINUTE) == 0
    agent.refresh_from_db()
    assert (agent.blocked_why, agent.blocked_at) == ("leaving", midnight(6))
    blocked = Entry.objects.of(f"person:{agent.pk}").last()
    assert (blocked.event, blocked.actor) == ("blocked", "clock")


def test_a_late_clock_closes_it_all_the_same(one):
    plan_leaving(one.agents[1], LAST, by=one.administrator, at=AT)

    assert leave_as_planned(datetime(2026, 6, 1, tzinfo=ZONE)) == 1


def test_a_week_before_the_manager_is_reminded_once_of_what_is_still_owed(one, owes):
    plan_leaving(one.agents[1], LAST, by=one.administrator, at=AT)

    leave_as_planned(midnight(24) - MINUTE)
    assert told("leaving_soon") == []
    for _ in range(2):
        leave_as_planned(midnight(24))
    leave_as_planned(midnight(31))
    assert told("leaving_soon") == [one.manager]


def test_who_owes_nothing_is_no_reason_to_remind(one, monkeypatch):
    monkeypatch.setattr(passing_on, "_kinds", [])
    plan_leaving(one.agents[1], LAST, by=one.administrator, at=AT)

    leave_as_planned(midnight(31))
    assert told("leaving_soon") == []


def test_who_stays_after_all_is_not_closed(one):
    plan_leaving(one.agents[1], LAST, by=one.administrator, at=AT)
    plan_leaving(one.agents[1], None, by=one.administrator, at=AT + MINUTE)

    assert leave_as_planned(datetime(2026, 6, 1, tzinfo=ZONE)) == 0
    assert [entry.event for entry in Entry.objects.of(f"person:{one.agents[1].pk}")][-1] == "stays_after_all"


def test_who_is_let_in_again_is_not_closed_by_the_old_day(one):
    plan_leaving(one.agents[1], LAST, by=one.administrator, at=AT)
    leave_as_planned(datetime(2026, 4, 1, tzinfo=ZONE))
    unblock(one.agents[1], by=one.administrator, at=datetime(2026, 4, 2, tzinfo=ZONE))

    assert leave_as_planned(datetime(2026, 6, 1, tzinfo=ZONE)) == 0
    assert User.objects.get(pk=one.agents[1].pk).may_log_in


def test_a_last_day_stands_while_a_log_in_is_blocked_for_the_time_being(one):
    plan_leaving(one.agents[1], LAST, by=one.administrator, at=AT)
    block(one.agents[1], by=one.administrator, at=AT, why=User.Blocked.MEANWHILE)
    unblock(one.agents[1], by=one.administrator, at=AT + MINUTE)

    assert User.objects.get(pk=one.agents[1].pk).leaves_on == LAST
    assert leave_as_planned(datetime(2026, 4, 1, tzinfo=ZONE)) == 1


@pytest.mark.parametrize("said", [None, date(2026, 4, 30)])
def test_who_is_found_to_stay_before_their_turn_comes_is_not_closed(one, said, monkeypatch):
    """The clock has read who goes; before it comes to the second the administrator says otherwise."""
    first, second = sorted(one.agents[1:], key=lambda person: person.pk)
    for person in (first, second):
        plan_leaving(person, LAST, by=one.administrator, at=AT)
    close = leaving._close

    def meanwhile(user, **how):
        close(user, **how)
        if user.pk == first.pk:
            plan_leaving(second, said, by=one.administrator, at=AT)

    monkeypatch.setattr(leaving, "_close", meanwhile)

    assert leave_as_planned(datetime(2026, 4, 1, tzinfo=ZONE)) == 1
    second.refresh_from_db()
    assert (second.leaves_on, second.blocked_at) == (said, None)


def test_one_log_in_that_does_not_close_holds_up_no_other_and_no_reminder(one, owes, monkeypatch, caplog):
    first, second, third = sorted([*one.agents[1:], one.technicians[0]], key=lambda person: person.pk)
    for person, day in ((first, LAST), (second, LAST), (third, date(2026, 4, 3))):
        plan_leaving(person, day, by=one.administrator, at=AT)
    close = leaving._close

    def fails_for_the_first(user, **how):
        if user.pk == first.pk:
            raise RuntimeError("out of order")
        close(user, **how)

    monkeypatch.setattr(leaving, "_close", fails_for_the_first)

    assert leave_as_planned(datetime(2026, 4, 1, tzinfo=ZONE)) == 1
    assert len(told("leaving_soon")) == 1
    assert [record.person for record in caplog.records] == [first.pk]
    assert User.objects.get(pk=first.pk).may_log_in and not User.objects.get(pk=second.pk).may_log_in


def test_the_same_day_twice_is_told_once_and_another_day_again(one):
    for day in (LAST, LAST, date(2026, 4, 30)):
        plan_leaving(one.agents[1], day, by=one.administrator, at=AT)
        AT_NEXT = AT + MINUTE
        plan_leaving(one.agents[1], day, by=one.administrator, at=AT_NEXT)

    assert told("leaving_planned") == [one.manager] * 2


def test_a_day_that_is_past_oneself_and_who_leaves_already_are_refused(one):
    with pytest.raises(ValidationError, match="in the past"):
        plan_leaving(one.agents[1], date(2026, 3, 3), by=one.administrator, at=AT)
    with pytest.raises(ValidationError, match="your own account"):
        plan_leaving(one.administrator, LAST, by=one.administrator, at=AT)
    with pytest.raises(PermissionDenied):
        plan_leaving(one.agents[1], LAST, by=one.manager, at=AT)
    block(one.agents[1], by=one.administrator, at=AT)
    with pytest.raises(ValidationError, match="leaves already"):
        plan_leaving(one.agents[1], LAST, by=one.administrator, at=AT)


def test_it_is_planned_on_the_page_that_closes_a_log_in(one, client):
    client.force_login(one.administrator)
    address = f"/people/close/?who={one.agents[1].pk}"

    assert client.post(address, {"why": "planned"}).status_code == 422
    assert client.post(address, {"why": "planned", "last_day": "soon"}).status_code == 422
    assert client.post(address, {"why": "planned", "last_day": "2190-01-31"}).status_code == 302

    person = User.objects.get(pk=one.agents[1].pk)
    assert (person.leaves_on, person.blocked_at) == (date(2190, 1, 31), None)
    assert "31 Jan 2190" in client.get(f"/people/{person.pk}/owes/").content.decode()
    client.post(address, {"why": "stays"})
    assert User.objects.get(pk=person.pk).leaves_on is None
