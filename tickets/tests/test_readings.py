"""A reply on the file is read by a manager who did not write it, whatever becomes of the ticket (CASES g, h; INV 11)."""

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from servicedesk.audit.invariants import findings
from servicedesk.staff.leaving import deactivate
from servicedesk.staff.testing import make_post, make_user
from tickets.leavers import pass_on_tickets
from tickets.models import Reading
from tickets.ownership import take_over
from tickets.readings import pass_on_readings
from tickets.replies import Reply, confirm_reading, reply_to_customer
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket, make_word
from tickets.voiding import ask_to_void, decide_void

pytestmark = pytest.mark.django_db


def violations():
    return [one.text for finding in findings() for one in finding.examples]


def on_file(ticket, *, by=None, **fields):
    fields.setdefault("next_word", make_word(MONDAY + 8 * HOUR))
    reply = Reply(words="The lift is repaired.", mode="on_file", channel="web", **fields)
    reply_to_customer(ticket, reply, by=by or ticket.owner, at=MONDAY + HOUR)
    ticket.refresh_from_db()
    return Reading.objects.select_related("deadline").get(contact__ticket=ticket)


def test_taking_a_ticket_over_leaves_the_reading_with_the_manager():
    ticket = make_ticket(anonymous=True)
    writer = ticket.owner
    reading = on_file(ticket)
    deputy = make_agent(department=ticket.department)
    ticket.category.deputies.add(deputy)
    take_over(ticket, by=deputy, at=MONDAY + 2 * HOUR)
    reading.deadline.refresh_from_db()
    assert reading.deadline.owner == ticket.department.manager
    assert reading.deadline.owner != writer
    ticket.refresh_from_db()
    assert ticket.live_deadline.owner == deputy


def test_a_manager_who_wrote_the_reply_is_not_the_one_who_reads_it():
    ticket = make_ticket(anonymous=True)
    reading = on_file(ticket, by=ticket.department.manager)
    assert reading.deadline.owner == ticket.department.executive


def test_a_reading_passes_on_when_its_reader_leaves():
    ticket = make_ticket(anonymous=True)
    reading = on_file(ticket)
    manager = ticket.department.manager
    pass_on_readings(manager, by=make_agent(), at=MONDAY + 2 * HOUR)
    reading.deadline.refresh_from_db()
    assert reading.deadline.owner == ticket.department.executive


def test_a_reading_never_passes_on_to_who_wrote_the_reply():
    ticket = make_ticket(anonymous=True)
    reading = on_file(ticket, by=ticket.department.executive)
    make_post("general_manager", general_manager := make_user())
    pass_on_readings(ticket.department.manager, by=make_agent(), at=MONDAY + 2 * HOUR)
    reading.deadline.refresh_from_db()
    assert reading.deadline.owner == general_manager


def test_a_void_ticket_has_nothing_left_to_read():
    ticket = make_ticket(anonymous=True)
    reading = on_file(ticket)
    request = ask_to_void(ticket, reason="Test", by=ticket.owner, at=MONDAY + 2 * HOUR)
    decide_void(request, confirmed=True, by=ticket.department.manager, at=MONDAY + 3 * HOUR)
    reading.deadline.refresh_from_db()
    assert reading.deadline.outcome == "withdrawn"
    assert violations() == []
    with pytest.raises(ValidationError):
        confirm_reading(reading, by=ticket.department.manager, at=MONDAY + 4 * HOUR)


def test_a_reading_outlives_the_closing_of_its_ticket_and_stays_on_the_clock():
    ticket = make_ticket(anonymous=True, kind="suggestion")
    reading = on_file(ticket, solved=True, next_word=None)
    assert ticket.state == "closed"
    assert (reading.deadline.settled_at, reading.deadline.next_ring_at is not None) == (None, True)
    assert violations() == []
    confirm_reading(reading, by=ticket.department.manager, at=MONDAY + 2 * HOUR)
    assert violations() == []


def test_the_audit_finds_a_reading_that_does_not_fit_its_deadline(triggers_lifted):
    ticket = make_ticket(anonymous=True)
    reading = on_file(ticket)
    with triggers_lifted():
        Reading.objects.filter(pk=reading.pk).update(read_at=MONDAY, read_by=ticket.owner)
    assert (
        "A reply on the file is read, but its reading is still owed, or the other way round." in violations()
    )


def test_tickets_pass_on_only_while_they_are_the_leavers(monkeypatch):
    """Between finding and locking, a colleague takes one over and another is closed."""
    from tickets import leavers

    leaver = make_agent()
    taken, closed, kept = (
        make_ticket(first_responder=leaver, kind="suggestion", anonymous=True) for _ in range(3)
    )
    deputy = make_agent(department=leaver.department)
    taken.category.deputies.add(deputy)
    honest = leavers.hold_tickets

    def hold(ids):
        monkeypatch.setattr(leavers, "hold_tickets", honest)
        take_over(taken, by=deputy, at=MONDAY + HOUR)
        on_file(closed, solved=True, next_word=None)
        honest(ids)

    monkeypatch.setattr(leavers, "hold_tickets", hold)
    assert pass_on_tickets(leaver, by=make_agent(), at=MONDAY + 2 * HOUR) == 0
    for ticket in (taken, closed, kept):
        ticket.refresh_from_db()
    assert (taken.owner, closed.owner, kept.owner) == (deputy, leaver, leaver.department.manager)
    assert violations() == []


def test_a_leaver_who_is_the_only_one_here_cannot_leave_open_tickets():
    from servicedesk.staff.models import User

    ticket = make_ticket(anonymous=True)
    User.objects.exclude(pk=ticket.owner_id).update(is_active=False)
    assert pass_on_tickets(ticket.owner, by="setup", at=MONDAY + HOUR) == 1
    with pytest.raises(ValidationError), transaction.atomic():
        deactivate(ticket.owner, by="setup", at=MONDAY + HOUR)
    ticket.refresh_from_db()
    assert ticket.periods.count() == 1
