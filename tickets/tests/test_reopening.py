"""Taking a matter up again: from every end, by the right owner, whatever the clocks say (CASES a, p)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from servicedesk.audit.invariants import findings
from servicedesk.staff.models import User
from tickets.models import Kind, Process
from tickets.ownership import take_over
from tickets.replies import Reply, reply_to_customer
from tickets.resolving import close_unopposed, reopen
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket, make_word

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def violations():
    return [one.text for finding in findings() for one in finding.examples]


def solved(at=MONDAY + HOUR, mode="written", **fields):
    ticket = make_ticket(**fields)
    reply = Reply(words="Done.", mode=mode, channel="email", solved=True)
    reply_to_customer(ticket, reply, by=ticket.owner, at=at)
    ticket.refresh_from_db()
    return ticket


def again(ticket, at, **fields):
    fields.setdefault("reason", "It broke again")
    fields.setdefault("promise", make_word(at + 4 * HOUR))
    reopen(ticket, by=ticket.first_responder, at=at, **fields)
    ticket.refresh_from_db()


def test_from_resolved_the_open_check_is_withdrawn_and_ownership_goes_on():
    ticket = solved()
    check = ticket.open_check
    again(ticket, MONDAY + DAY)
    check.refresh_from_db()
    assert (check.outcome, ticket.checks.get().outcome) == ("withdrawn", "withdrawn")
    assert ticket.periods.count() == 1
    assert violations() == []


def test_an_objection_to_an_answered_inquiry_reopens_it_and_time_no_longer_closes_it():
    ticket = solved(kind=Kind.INQUIRY)
    again(ticket, MONDAY + DAY)
    assert close_unopposed(MONDAY + 30 * DAY) == 0
    assert (ticket.state, ticket.unopposed_at) == ("unresolved", None)


def test_an_inquiry_closed_without_objection_can_be_taken_up_again():
    ticket = solved(kind=Kind.INQUIRY)
    close_unopposed(MONDAY + 8 * DAY)
    again(ticket, MONDAY + 9 * DAY)
    assert [period.how for period in ticket.periods.all()] == ["received", "reopened"]
    assert violations() == []


def test_where_the_last_owner_has_left_the_department_manager_has_it():
    ticket = solved(kind=Kind.SUGGESTION)
    User.objects.filter(pk=ticket.owner_id).update(is_active=False)
    reopen(ticket, promise=make_word(MONDAY + 2 * DAY), reason="Again", by=make_agent(), at=MONDAY + DAY)
    ticket.refresh_from_db()
    assert ticket.owner == ticket.department.manager
    assert ticket.live_deadline.owner == ticket.owner
    assert violations() == []


def test_a_reopening_says_why():
    ticket = solved()
    with pytest.raises(ValidationError) as refusal:
        again(ticket, MONDAY + DAY, reason=" ")
    assert "reason" in refusal.value.message_dict


def test_machines_whose_clocks_differ_leave_no_gap_in_the_ownership():
    ticket = solved(kind=Kind.SUGGESTION)
    again(ticket, MONDAY + HOUR - 5 * SECOND)
    deputy = make_agent(department=ticket.department)
    ticket.category.deputies.add(deputy)
    take_over(ticket, by=deputy, at=MONDAY + HOUR - 9 * SECOND)
    reply = Reply(words="Done.", mode="spoken", channel="phone", solved=True)
    reply_to_customer(ticket, reply, by=deputy, at=MONDAY + HOUR - 12 * SECOND)
    assert violations() == []


def test_one_inquiry_that_cannot_be_closed_does_not_hold_up_the_others(monkeypatch):
    from tickets import resolving

    bad, good = solved(kind=Kind.INQUIRY), solved(kind=Kind.INQUIRY)
    honest = resolving._close

    def close(ticket, *args, **context):
        if ticket.pk == bad.pk:
            raise ValueError("bad row")
        honest(ticket, *args, **context)

    monkeypatch.setattr(resolving, "_close", close)
    assert close_unopposed(MONDAY + 8 * DAY) == 1
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (bad.state, good.state) == ("resolved", "closed")


@pytest.mark.clause("R4.5b")
def test_a_process_made_stricter_asks_for_the_check_on_running_matters_too():
    ticket = make_ticket(kind=Kind.INQUIRY)
    Process.objects.filter(kind=Kind.INQUIRY).update(closes_by="check")
    reply_to_customer(
        ticket,
        Reply(words="At nine.", mode="spoken", channel="phone", solved=True),
        by=ticket.owner,
        at=MONDAY + HOUR,
    )
    ticket.refresh_from_db()
    assert (ticket.state, ticket.demands_check) == ("resolved", True)
    assert ticket.open_check
    assert violations() == []


@pytest.mark.parametrize(("kind", "closes_by"), [("complaint", "requester"), ("task", "check")])
def test_only_a_task_is_confirmed_by_its_requester(kind, closes_by):
    process = Process.objects.get(kind=kind)
    process.closes_by = closes_by
    with pytest.raises(ValidationError):
        process.full_clean()
