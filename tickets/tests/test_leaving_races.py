"""A ticket is given to somebody at the very moment at which that person goes: it is never left with them."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from servicedesk.staff.leaving import block, deactivate
from servicedesk.staff.models import User
from tickets import leavers, readings
from tickets.checks import confirm_task
from tickets.models import Kind, Reading, Ticket
from tickets.ownership import take_over
from tickets.replies import Reply, finish_task, reply_to_customer
from tickets.resolving import reopen
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket, make_word
from tickets.tests.test_leavers import decided, violations
from tickets.tests.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)


def left_with_leavers() -> int:
    return (
        Ticket.objects.open().filter(owner__is_active=False).count()
        + Ticket.objects.open().filter(owner__blocked_why="leaving").count()
    )


@pytest.mark.parametrize("act", [block, deactivate])
@pytest.mark.parametrize("round_", range(4))
def test_a_ticket_is_reopened_while_its_owner_leaves(act, round_):
    ticket = decided()
    administrator, colleague = make_agent(roles=["administrator"]), make_agent()
    results = together(
        lambda: act(ticket.owner, by=administrator, at=MONDAY + HOUR),
        lambda: reopen(
            ticket, promise=make_word(MONDAY + 30 * HOUR), reason="Again", by=colleague, at=MONDAY + HOUR
        ),
    )
    assert [one for one in results if isinstance(one, Exception)] == []
    ticket.refresh_from_db()
    assert (ticket.state, ticket.owner) == ("unresolved", ticket.department.manager)
    assert left_with_leavers() == 0
    assert violations() == []


@pytest.mark.parametrize("round_", range(3))
def test_a_deputy_takes_over_while_leaving(round_):
    ticket = make_ticket()
    deputy = make_agent(department=ticket.department)
    ticket.category.deputies.add(deputy)
    administrator = make_agent(roles=["administrator"])
    results = together(
        lambda: deactivate(deputy, by=administrator, at=MONDAY + HOUR),
        lambda: take_over(ticket, by=deputy, at=MONDAY + HOUR),
    )
    assert [type(one) for one in results if isinstance(one, Exception)] in ([], [ValidationError])
    ticket.refresh_from_db()
    assert ticket.owner != deputy
    assert left_with_leavers() == 0
    assert violations() == []


@pytest.fixture
def step_by_step(monkeypatch):
    """Lets whoever leaves wait for a moment before their first ticket is passed on; the event says that it is so far."""
    reached, go_on = threading.Event(), threading.Event()

    def wait_then(found):
        def at_first(*args, **kwargs):
            if not reached.is_set():
                reached.set()
                go_on.wait(1)
            return found(*args, **kwargs)

        return at_first

    monkeypatch.setattr(leavers, "hold_tickets", wait_then(leavers.hold_tickets))
    monkeypatch.setattr(readings, "lock", wait_then(readings.lock))
    return reached, go_on


@pytest.mark.postgresql
@pytest.mark.parametrize("act", [block, deactivate])
def test_an_open_ticket_is_closed_and_reopened_by_others_while_its_owner_leaves(act, step_by_step):
    """Whoever gives a ticket back to its owner holds it and then asks for that person: so does who goes."""
    reached, go_on = step_by_step
    ticket = make_ticket(kind=Kind.SUGGESTION)
    administrator, colleague = make_agent(roles=["administrator"]), make_agent()

    def others():
        reached.wait(10)
        decision = Reply(words="We do it.", mode="spoken", channel="phone", solved=True)
        reply_to_customer(ticket, decision, by=colleague, at=MONDAY + HOUR)
        threading.Timer(0.3, go_on.set).start()  # by then the reopening waits for the owner
        reopen(ticket, promise=make_word(MONDAY + 30 * HOUR), reason="Again", by=colleague, at=MONDAY + HOUR)

    results = together(lambda: act(ticket.owner, by=administrator, at=MONDAY + HOUR), others)
    assert [one for one in results if isinstance(one, Exception)] == []
    ticket.refresh_from_db()
    assert (ticket.state, ticket.owner) == ("unresolved", ticket.department.manager)
    assert left_with_leavers() == 0
    assert violations() == []


@pytest.mark.postgresql
def test_a_reply_goes_onto_the_file_while_its_reader_leaves(step_by_step):
    reached, go_on = step_by_step
    ticket = make_ticket(anonymous=True)
    reader, administrator = ticket.department.manager, make_agent(roles=["administrator"])
    on_file = Reply(words="We looked.", mode="on_file", channel="web", next_word=make_word(MONDAY + 9 * HOUR))
    reply_to_customer(ticket, on_file, by=ticket.owner, at=MONDAY + HOUR)

    def others():
        reached.wait(10)
        threading.Timer(0.3, go_on.set).start()
        further = Reply(words="Done.", mode="on_file", channel="web", next_word=make_word(MONDAY + 9 * HOUR))
        reply_to_customer(ticket, further, by=ticket.owner, at=MONDAY + 2 * HOUR)

    results = together(lambda: block(reader, by=administrator, at=MONDAY + 2 * HOUR), others)
    assert [one for one in results if isinstance(one, Exception)] == []
    owed = Reading.objects.filter(read_at=None).values_list("deadline__owner", flat=True)
    assert set(owed) == {ticket.department.executive_id}
    assert violations() == []


@pytest.mark.parametrize("act", [block, deactivate])
@pytest.mark.parametrize("round_", range(3))
def test_a_task_is_reported_as_done_while_its_requester_leaves(act, round_):
    ticket = make_ticket(kind=Kind.TASK, requester=make_agent())
    requester, administrator = ticket.requester, make_agent(roles=["administrator"])
    results = together(
        lambda: act(requester, by=administrator, at=MONDAY + HOUR),
        lambda: finish_task(ticket, words="Done.", by=ticket.owner, at=MONDAY + HOUR),
    )
    assert [one for one in results if isinstance(one, Exception)] == []
    ticket.refresh_from_db()
    assert ticket.open_check.owner == requester.department.manager
    assert violations() == []


@pytest.mark.parametrize("round_", range(3))
def test_a_requester_confirms_while_leaving(round_):
    ticket = make_ticket(kind=Kind.TASK, requester=make_agent())
    finish_task(ticket, words="Done.", by=ticket.owner, at=MONDAY)
    requester, administrator = ticket.requester, make_agent(roles=["administrator"])
    results = together(
        lambda: block(requester, by=administrator, at=MONDAY + HOUR),
        lambda: confirm_task(ticket, by=requester, at=MONDAY + HOUR),
    )
    assert [one for one in results if isinstance(one, Exception)] == []
    assert Ticket.objects.get(pk=ticket.pk).state == "closed"
    assert violations() == []


def test_two_who_would_pass_tickets_to_each_other_leave_at_once():
    unit = make_agent().department
    below = make_agent().department
    below.parent, below.executive = unit, None
    below.save(update_fields=["parent", "executive"])
    mine, theirs = make_ticket(first_responder=below.manager), make_ticket(first_responder=unit.manager)
    User.objects.filter(pk=unit.manager_id).update(department=below)
    Ticket.objects.filter(pk=theirs.pk).update(department=below)
    administrator = make_agent(roles=["administrator"])
    results = together(
        *(
            lambda one=one: block(one, by=administrator, at=MONDAY + HOUR)
            for one in (unit.manager, below.manager)
        )
    )
    assert [one for one in results if isinstance(one, Exception)] == []
    assert {Ticket.objects.get(pk=one.pk).owner for one in (mine, theirs)} == {unit.executive}
    assert left_with_leavers() == 0


@pytest.mark.parametrize("leaver_first", [True, False])
def test_in_raw_sql_the_second_of_the_two_is_refused(leaver_first):
    """Without any of the domain's locks: the triggers hold the person's row themselves."""
    ticket = make_ticket()
    receiver = make_agent(department=ticket.department)
    written, told = threading.Event(), []
    leaves = ("UPDATE staff_user SET is_active = %s WHERE id = %s", [False, receiver.pk])
    given = ("UPDATE tickets_ticket SET owner_id = %s WHERE id = %s", [receiver.pk, ticket.pk])
    first, second = (leaves, given) if leaver_first else (given, leaves)

    def late():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                written.set()
                cursor.execute(*second)
        except IntegrityError:
            told.append("refused")
        finally:
            connection.close()

    thread = threading.Thread(target=late)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":  # the period that the commit asks for
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute(*first)
            if not leaver_first:
                ticket.periods.filter(to_at=None).update(to_at=MONDAY)
                ticket.refresh_from_db()
                from tickets.ownership import begin_period

                begin_period(ticket, "taken_over", at=MONDAY)
            thread.start()
            if connection.vendor == "postgresql":
                written.wait(10)
                thread.join(0.5)
                assert thread.is_alive(), "the second waits for the first"
    finally:
        thread.join(30)
    assert told == ["refused"]
