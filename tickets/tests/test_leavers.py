"""Whose a ticket is when its owner goes: it passes on in the same act, and the database keeps it so (INV 1; CASES f)."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from servicedesk.audit.invariants import findings
from servicedesk.audit.timeline import Entry
from servicedesk.clock.models import Ring
from servicedesk.clock.sweep import sweep
from servicedesk.outbox.models import Message
from servicedesk.staff.leaving import block, pass_on_what_waits, unblock
from servicedesk.staff.models import User
from servicedesk.staff.passing_on import left_by
from servicedesk.staff.testing import make_absence, make_user
from tickets.intake import Answer
from tickets.models import ComplainedAbout, Kind, OwnershipPeriod, Ticket
from tickets.ownership import take_over
from tickets.resolving import reopen
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket, make_word

pytestmark = pytest.mark.django_db


def violations() -> list[str]:
    return [one.text for finding in findings() for one in finding.examples]


@pytest.fixture
def administrator():
    return make_agent(roles=["administrator"])


def decided(**fields) -> Ticket:
    """A suggestion whose decision was told in the contact: closed, and it may come up again."""
    ticket = make_ticket(kind=Kind.SUGGESTION, answer=Answer(words="We do it."), **fields)
    assert ticket.state == "closed"
    return ticket


def owner_of(ticket) -> User:
    return Ticket.objects.get(pk=ticket.pk).owner


def test_tickets_pass_on_as_the_log_in_of_a_leaver_closes(administrator):
    ticket = make_ticket()
    leaver, manager = ticket.owner, ticket.department.manager
    block(leaver, by=administrator, at=MONDAY + HOUR)
    ticket.refresh_from_db()
    assert (ticket.owner, ticket.live_deadline.owner) == (manager, manager)
    assert ticket.first_responder == leaver
    assert [period.how for period in OwnershipPeriod.objects.filter(ticket=ticket)] == ["received", "leaver"]
    unblock(leaver, by=administrator, at=MONDAY + 2 * HOUR)
    assert owner_of(ticket) == manager
    assert violations() == []


def test_a_manager_who_leaves_passes_on_upward(administrator):
    unit = make_agent().department
    ticket = make_ticket(first_responder=unit.manager)
    block(unit.manager, by=administrator, at=MONDAY + HOUR)
    assert owner_of(ticket) == unit.executive


def test_for_the_time_being_tickets_stay_and_the_manager_is_asked(administrator):
    ticket = make_ticket()
    block(ticket.owner, by=administrator, at=MONDAY + HOUR, why=User.Blocked.MEANWHILE)
    assert owner_of(ticket) == ticket.owner
    sweep(ticket.live_deadline.due_at - HOUR / 2)
    told = Ring.objects.filter(rung__position="owner", skipped=False).values_list("person", "reason__why")
    assert {person for person, _why in told} == {ticket.department.manager_id}


def test_for_the_time_being_a_named_deputy_stands_in(administrator):
    ticket = make_ticket()
    deputy = make_agent(department=ticket.department)
    make_absence(ticket.owner, deputy=deputy)
    block(ticket.owner, by=administrator, at=MONDAY + HOUR, why=User.Blocked.MEANWHILE)
    sweep(ticket.live_deadline.due_at - HOUR / 2)
    told = Ring.objects.filter(rung__position="owner", skipped=False).values_list("person", flat=True)
    assert set(told) == {deputy.pk}


def test_what_rings_for_a_leaver_who_answered_first_reaches_their_manager(administrator):
    from servicedesk.staff.directory import Directory

    ticket = make_ticket()
    block(ticket.first_responder, by=administrator, at=MONDAY + HOUR)
    holding = Directory.at(MONDAY + HOUR).holder(
        "first_responder", first_responder_id=ticket.first_responder_id
    )
    assert holding.person_id == ticket.department.manager_id


def test_where_nobody_else_can_log_in_the_block_lands_and_the_ticket_waits(client):
    ticket = make_ticket()
    others = User.objects.exclude(pk=ticket.owner_id)
    others.update(blocked_at=MONDAY, blocked_why="meanwhile")
    block(ticket.owner, by="setup", at=MONDAY + HOUR)
    assert User.objects.get(pk=ticket.owner_id).blocked_why == "leaving"
    assert owner_of(ticket) == ticket.owner
    assert client.get("/readyz").json()["with_leavers"] == 1
    assert violations() == []

    assert pass_on_what_waits(MONDAY + 2 * HOUR) == 1
    others.filter(pk=ticket.department.manager_id).update(blocked_at=None, blocked_why="")
    assert pass_on_what_waits(MONDAY + 3 * HOUR) == 0
    assert owner_of(ticket) == ticket.department.manager
    assert client.get("/readyz").json()["with_leavers"] == 0
    assert violations() == []


def test_administrators_are_told_what_nobody_can_have(administrator):
    ticket = make_ticket()
    User.objects.exclude(pk=administrator.pk).exclude(pk=ticket.owner_id).update(is_active=False)
    ours = make_ticket(first_responder=administrator)
    block(ticket.owner, by="setup", at=MONDAY + HOUR)  # an administrator is the last resort
    assert owner_of(ticket) == administrator
    block(administrator, by="setup", at=MONDAY + 2 * HOUR)
    assert owner_of(ours) == administrator
    assert not Message.objects.filter(
        event="nobody_to_pass_on_to"
    )  # nobody is left to be told; /readyz counts it


def test_what_a_person_owes_is_counted_with_who_has_it_next():
    agent = make_agent()
    for _ in range(2):
        make_ticket(first_responder=agent)
    make_ticket(first_responder=agent, kind=Kind.TASK)
    decided(first_responder=agent)
    (left,) = left_by(agent, at=MONDAY + 5 * HOUR)
    assert (left.what, left.count, left.heirs, left.stays) == (
        "Open tickets", 3, {str(agent.department.manager): 3}, 0,
    )  # fmt: skip
    assert left.note == "promised reply: 2 (2 overdue), task to be done: 1 (1 overdue)"


def test_the_number_of_queries_does_not_grow_with_the_tickets(django_assert_max_num_queries):
    agent = make_agent()
    for _ in range(8):
        make_ticket(first_responder=agent)
    with django_assert_max_num_queries(25):
        left_by(agent, at=MONDAY)


def test_passing_on_takes_as_many_statements_for_many_tickets_as_for_few(administrator):
    from django.test.utils import CaptureQueriesContext

    def statements(count: int) -> int:
        agent = make_agent()
        for _ in range(count):
            make_ticket(first_responder=agent)
        with CaptureQueriesContext(connection) as seen:
            block(agent, by=administrator, at=MONDAY + HOUR)
        assert not Ticket.objects.filter(owner=agent).exists()
        return len(seen)

    statements(1)
    assert statements(3) == statements(9)


def test_each_of_many_tickets_has_its_own_heir_period_entry_and_deadline(administrator):
    agent = make_agent()
    other = make_agent().department
    here, there, about = (make_ticket(first_responder=agent) for _ in range(3))
    Ticket.objects.filter(pk=there.pk).update(department=other)
    ComplainedAbout.objects.create(
        ticket=about, person=agent.department.manager, named_by=administrator, named_at=MONDAY
    )

    block(agent, by=administrator, at=MONDAY + HOUR)

    expected = {here: agent.department.manager, there: other.manager, about: agent.department.executive}
    for ticket, heir in expected.items():
        ticket.refresh_from_db()
        assert (ticket.owner, ticket.live_deadline.owner) == (heir, heir)
        periods = list(ticket.periods.order_by("pk"))
        assert [period.owner for period in periods] == [agent, heir]
        assert periods[0].to_at == periods[1].from_at == MONDAY + HOUR
        entry = Entry.objects.of(ticket.key).last()
        assert (entry.event, entry.facts["owner"], entry.facts["was"]) == ("owner_changed", heir.pk, agent.pk)
    assert violations() == []


def test_nothing_is_given_to_who_leaves(administrator):
    ticket = make_ticket()
    deputy = make_agent(department=ticket.department)
    ticket.category.deputies.add(deputy)
    block(deputy, by=administrator, at=MONDAY)
    with pytest.raises(ValidationError, match="does not work here"):
        take_over(ticket, by=deputy, at=MONDAY + HOUR)


def test_what_a_leaver_closed_comes_back_to_the_manager(administrator):
    ticket = decided()
    block(ticket.owner, by=administrator, at=MONDAY + HOUR)
    reopen(
        ticket, promise=make_word(MONDAY + 30 * HOUR), reason="Again", by=make_agent(), at=MONDAY + 2 * HOUR
    )
    assert owner_of(ticket) == ticket.department.manager
    assert violations() == []


# In raw SQL


def refused(sql, *values) -> bool:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    return True


def test_the_database_lets_nobody_leave_an_open_ticket():
    ticket = make_ticket()
    assert refused("UPDATE staff_user SET is_active = %s WHERE id = %s", False, ticket.owner_id)
    decided(first_responder=(other := make_agent()))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE staff_user SET is_active = %s WHERE id = %s", [False, other.pk])


def test_the_database_gives_no_open_ticket_to_who_has_left():
    ticket, closed, gone = make_ticket(), decided(), make_user(is_active=False)
    assert refused("UPDATE tickets_ticket SET owner_id = %s WHERE id = %s", gone.pk, ticket.pk)
    User.objects.filter(pk=closed.owner_id).update(is_active=False)
    assert refused(
        "UPDATE tickets_ticket SET state = 'resolved', closed_at = NULL, ended = NULL WHERE id = %s",
        closed.pk,
    )
    columns = [field.column for field in Ticket._meta.concrete_fields if not field.primary_key]
    taken = {
        "number": "'x'",
        "owner_id": str(gone.pk),
        "live_deadline_id": "NULL",
        "first_words_id": "cause_id",
    }
    copied = ", ".join(taken.get(column, column) for column in columns)
    assert refused(
        f"INSERT INTO tickets_ticket ({', '.join(columns)}) SELECT {copied} FROM tickets_ticket WHERE id = %s",
        ticket.pk,
    )
