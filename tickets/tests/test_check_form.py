"""Who is asked after the remedy follows from the customer as they stand now, and no attempt moves the end (CASES g, h, w)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from servicedesk.audit.invariants import findings
from servicedesk.customers.editing import record_wish
from servicedesk.customers.testing import make_customer
from tickets.checks import Opinion, confirm_solved, record_check
from tickets.corrections import correct_customer
from tickets.replies import Reply, reply_to_customer
from tickets.testing import HOUR, MONDAY, left_alone, make_agent, make_ticket

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SATISFIED = Opinion(outcome="satisfied", words="Fine.", channel="phone")
NOBODY = Opinion(outcome="not_reached", words="No answer", channel="phone")


def violations():
    return [one.text for finding in findings() for one in finding.examples]


def solved(**fields):
    ticket = make_ticket(**fields)
    silent = ticket.customer is None or ticket.customer.do_not_contact == "no_contact"
    reply = Reply(words="Done.", mode="on_file" if silent else "spoken", channel="phone", solved=True)
    reply_to_customer(ticket, reply, by=ticket.owner, at=MONDAY + HOUR)
    ticket.refresh_from_db()
    return ticket


def forms(ticket):
    return list(ticket.checks.values_list("form", "outcome"))


def test_an_anonymous_matter_that_gets_a_customer_asks_that_customer_by_the_same_time():
    ticket = solved(anonymous=True)
    due = ticket.open_check.due_at
    correct_customer(ticket, customer=make_customer(), by=ticket.owner, at=MONDAY + 2 * HOUR)
    ticket.refresh_from_db()
    assert forms(ticket) == [("confirmation", "withdrawn"), ("customer", None)]
    assert ticket.open_check.due_at == due
    with pytest.raises(ValidationError):
        confirm_solved(ticket, by=ticket.department.manager, at=MONDAY + 3 * HOUR)
    record_check(ticket, SATISFIED, by=ticket.owner, at=MONDAY + DAY)
    ticket.refresh_from_db()
    assert ticket.ended == "checked"
    assert violations() == []


def test_a_customer_who_comes_to_wish_no_contact_is_not_asked_and_a_second_person_confirms():
    ticket = solved()
    record_wish(ticket.customer, "no_contact", words="Leave me alone.", by=make_agent(), at=MONDAY + 2 * HOUR)
    ticket.refresh_from_db()
    assert forms(ticket) == [("customer", "withdrawn"), ("confirmation", None)]
    with pytest.raises(ValidationError):
        record_check(ticket, SATISFIED, by=ticket.department.manager, at=MONDAY + 3 * HOUR)
    with pytest.raises(ValidationError):
        confirm_solved(ticket, by=ticket.owner, at=MONDAY + 3 * HOUR)
    confirm_solved(ticket, by=ticket.department.manager, at=MONDAY + 3 * HOUR)
    assert violations() == []


def test_a_customer_who_may_be_asked_again_is_asked():
    ticket = solved(customer=left_alone())
    record_wish(ticket.customer, "none", words="", by=make_agent(), at=MONDAY + 2 * HOUR)
    assert forms(ticket) == [("confirmation", "withdrawn"), ("customer", None)]
    assert violations() == []


def test_a_correction_that_changes_nothing_about_asking_leaves_the_check_alone():
    ticket = solved()
    correct_customer(ticket, customer=make_customer(), by=ticket.owner, at=MONDAY + 2 * HOUR)
    assert forms(ticket) == [("customer", None)]


def test_an_overdue_check_keeps_its_breach_when_its_form_changes():
    ticket = solved(anonymous=True)
    was = ticket.open_check
    late = was.due_at + DAY
    correct_customer(ticket, customer=make_customer(), by=ticket.owner, at=late)
    was.refresh_from_db()
    ticket.refresh_from_db()
    assert (was.outcome, was.broken_at) == ("withdrawn", late)
    assert ticket.open_check.due_at > late


def test_further_attempts_do_not_move_the_time_by_which_the_check_is_complete():
    ticket = solved()
    dues = []
    for day in (1, 2, 3):
        record_check(ticket, NOBODY, by=ticket.owner, at=MONDAY + day * DAY)
        ticket.refresh_from_db()
        dues.append(ticket.open_check.due_at)
    assert dues[0] == dues[1] == dues[2]
    assert violations() == []


def test_an_attempt_after_that_time_is_late_and_owes_the_next_one_anew():
    ticket = solved()
    record_check(ticket, NOBODY, by=ticket.owner, at=MONDAY + DAY)
    ticket.refresh_from_db()
    completion = ticket.open_check
    late = completion.due_at + HOUR
    opinion = Opinion(outcome="not_reached", words="No answer", channel="phone", odd_hours="late")
    record_check(ticket, opinion, by=ticket.owner, at=late)
    completion.refresh_from_db()
    ticket.refresh_from_db()
    assert completion.outcome == "late"
    assert ticket.open_check.due_at > late
