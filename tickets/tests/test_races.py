"""Two people at once: exactly one effect, and the other is told why."""

import threading
import time

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from servicedesk.audit.invariants import findings
from servicedesk.audit.timeline import Entry
from servicedesk.clock.models import Deadline
from servicedesk.clock.sweep import sweep
from servicedesk.customers.editing import record_wish
from servicedesk.customers.testing import make_customer
from servicedesk.testing.running import own_process, wait_for, waits
from tickets.checks import Opinion, confirm_task, record_check
from tickets.intake import open_ticket
from tickets.models import Kind, Promise, Ticket
from tickets.ownership import take_over
from tickets.promises import lock
from tickets.replies import Reply, finish_task, reply_to_customer
from tickets.resolving import reopen
from tickets.testing import HOUR, MONDAY, make_agent, make_category, make_intake, make_ticket, make_word

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts):
    """Run the acts in threads that start as one; what each returned or raised."""
    start = threading.Barrier(len(acts))
    results = [None] * len(acts)

    def run(place, act):
        try:
            start.wait()
            results[place] = act()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def clean():
    return [one for finding in findings() for one in finding.examples] == []


def test_a_ticket_is_locked_inside_a_transaction_or_not_at_all():
    with pytest.raises(transaction.TransactionManagementError):
        lock(make_ticket())


def test_two_replies_at_once_settle_the_promise_once():
    ticket = make_ticket()
    seen = ticket.live_deadline_id
    reply = Reply(
        words="Found.", mode="spoken", channel="phone", next_word=make_word(MONDAY + 8 * HOUR), answering=seen
    )
    colleague = make_agent(department=ticket.department)
    results = together(
        *(
            lambda by=by: reply_to_customer(ticket, reply, by=by, at=MONDAY + HOUR)
            for by in (ticket.owner, colleague)
        )
    )
    assert sum(isinstance(result, ValidationError) for result in results) == 1
    assert Promise.objects.count() == 2
    assert Deadline.objects.live().count() == 1
    assert clean()


def test_numbers_are_drawn_once_by_many_at_once():
    agent, category = make_agent(), make_category()
    results = together(
        *(
            lambda: open_ticket(
                make_intake(first_responder=agent, category=category, anonymous=True), by=agent, at=MONDAY
            )
            for _ in range(6)
        )
    )
    numbers = sorted(ticket.number for ticket in results)
    assert numbers == [f"2026-{n:06}" for n in range(1, 7)]
    assert clean()


def test_a_reply_meets_the_sweep_and_the_promise_is_either_kept_or_broken_with_its_record():
    ticket = make_ticket()
    due = ticket.live_deadline.due_at
    reply = Reply(words="Found.", mode="spoken", channel="phone", next_word=make_word(due + 8 * HOUR))
    for _ in range(3):
        together(lambda: sweep(due + HOUR), lambda: sweep(due + HOUR))
    together(
        lambda: sweep(due + 2 * HOUR),
        lambda: reply_to_customer(ticket, reply, by=ticket.owner, at=due + 2 * HOUR),
    )
    first = Promise.objects.get(number=1).deadline
    assert (first.outcome, first.broken_at is not None) == ("late", True)
    assert clean()


def test_two_managers_take_over_at_once_and_one_has_it():
    ticket = make_ticket()
    deputies = [make_agent(department=ticket.department) for _ in range(2)]
    ticket.category.deputies.set(deputies)
    together(*(lambda by=by: take_over(ticket, by=by, at=MONDAY + HOUR) for by in deputies))
    ticket.refresh_from_db()
    assert ticket.owner in deputies
    assert ticket.periods.filter(to_at=None).count() == 1
    assert clean()


def test_two_checks_at_once_close_once():
    ticket = make_ticket()
    reply_to_customer(
        ticket,
        Reply(words="Done.", mode="spoken", channel="phone", solved=True),
        by=ticket.owner,
        at=MONDAY + HOUR,
    )
    opinion = Opinion(outcome="satisfied", words="Fine.", channel="phone")
    results = together(
        *(lambda: record_check(ticket, opinion, by=ticket.owner, at=MONDAY + 2 * HOUR) for _ in range(2))
    )
    assert sum(isinstance(result, ValidationError) for result in results) == 1
    assert Ticket.objects.get().state == "closed"
    assert clean()


def test_two_confirmations_at_once_close_a_task_once():
    ticket = make_ticket(kind=Kind.TASK, requester=make_agent())
    finish_task(ticket, words="Done.", by=ticket.owner, at=MONDAY + HOUR)
    results = together(
        *(lambda: confirm_task(ticket, by=ticket.requester, at=MONDAY + 2 * HOUR) for _ in range(2))
    )
    assert sum(isinstance(result, ValidationError) for result in results) == 1
    assert Ticket.objects.get().state == "closed"
    assert Entry.objects.filter(event="closed").count() == 1
    assert clean()


def test_confirmed_and_found_not_done_at_once_it_is_one_of_the_two():
    ticket = make_ticket(kind=Kind.TASK, requester=make_agent())
    finish_task(ticket, words="Done.", by=ticket.owner, at=MONDAY + HOUR)
    seen = Ticket.objects.get().open_check_id
    again = make_word(MONDAY + 30 * HOUR)
    results = together(
        lambda: confirm_task(ticket, by=ticket.requester, at=MONDAY + 2 * HOUR, answering=seen),
        lambda: reopen(ticket, promise=again, reason="Leaks", by=ticket.requester, at=MONDAY + 2 * HOUR),
    )
    refused = [one for one in results if isinstance(one, Exception)]
    assert [type(one) for one in refused] in ([], [ValidationError])  # closed and then reopened, or not done
    assert Ticket.objects.get().state == "unresolved"
    assert clean()


def test_who_waits_for_a_ticket_finds_it_as_the_other_left_it():
    ticket = make_ticket()
    deputy = make_agent(department=ticket.department)
    ticket.category.deputies.add(deputy)
    held, wanted = threading.Event(), threading.Event()

    def change():
        with transaction.atomic():
            take_over(ticket, by=deputy, at=MONDAY + HOUR)
            reply = Reply(
                words="Found.", mode="spoken", channel="phone", next_word=make_word(MONDAY + 8 * HOUR)
            )
            reply_to_customer(ticket, reply, by=deputy, at=MONDAY + HOUR)
            held.set()
            wanted.wait()
            time.sleep(0.3)  # until the other waits for the row

    def wait():
        held.wait()
        wanted.set()
        with transaction.atomic():
            found = lock(ticket)
            return found.owner, found.live.due_at

    changed, found = together(change, wait)
    assert (changed, found) == (None, (deputy, MONDAY + 8 * HOUR))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_ticket_written_twice_and_a_wish_of_its_customer_never_wait_for_each_other():
    """A row that its own transaction has written before is checked against all that it names, at commit."""
    ticket, told = make_ticket(customer=make_customer()), []
    reply_to_customer(
        ticket,
        Reply(mode="spoken", words="Mended.", channel="phone", solved=True),
        by=ticket.owner,
        at=MONDAY + HOUR,
    )

    def wish():
        try:
            told.append(own_process())
            record_wish(
                ticket.customer, "no_contact", words="Leave me.", by=ticket.owner, at=MONDAY + 2 * HOUR
            )
            told.append("done")
        finally:
            connection.close()

    other = threading.Thread(target=wish)
    with transaction.atomic():
        held = lock(ticket)
        for _ in range(2):
            held.save(update_fields=["touched_at"])
        other.start()
        wait_for(lambda: told and waits(told[0]))
    other.join()
    assert told[1:] == ["done"]
