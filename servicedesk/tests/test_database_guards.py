"""Every table whose rows are kept for good, attacked in raw SQL: none is emptied, none loses a row (DESIGN 6)."""

from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction

from servicedesk.audit.seals import seal
from servicedesk.audit.triggers import declared
from servicedesk.clock.models import Ring
from servicedesk.clock.sweep import sweep
from servicedesk.regulations.changing import change
from servicedesk.regulations.deciding import decide
from servicedesk.regulations.questions import standings
from servicedesk.regulations.span import Span
from tickets.about_staff import name_colleague
from tickets.checks import Opinion, record_check
from tickets.contacts import hear_from_customer
from tickets.marks import lift_mark, set_mark
from tickets.models import Mark, Reading, VoidRequest
from tickets.notes import add_note
from tickets.ownership import take_over
from tickets.replies import Reply, confirm_reading, reply_to_customer
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket
from tickets.tests.attacks import attack, execute, refused_at_commit
from tickets.voiding import ask_to_void, decide_void

pytestmark = pytest.mark.django_db


ALTERED = [
    ("clock_ring SET rang_at = planned_at, skipped = NOT skipped", "what rang has rung"),
    ("clock_ring SET acknowledged_at = NULL, acknowledged_by_id = NULL", "a ring is acknowledged once"),
    ("clock_ladder SET never_waits = NOT never_waits", "a ladder changes by a new version"),
    ("clock_rung SET amount = amount + 1", "a ladder changes by a new version"),
    (
        "calendars_calendarversion SET version = version + 100",
        "rows of calendars_calendarversion never change",
    ),
    ("tickets_note SET at = '2020-01-01 00:00:00+00:00'", "rows of tickets_note never change"),
    ("tickets_reading SET deadline_id = deadline_id + 1", "a reading stays what it is"),
    ("tickets_reading SET read_at = NULL, read_by_id = NULL", "a reply is read once"),
    ("tickets_mark SET set_at = '2020-01-01 00:00:00+00:00'", "a mark stays"),
    ("tickets_mark SET lifted_at = NULL, lifted_by_id = NULL", "a mark is lifted once"),
    (
        "tickets_voidrequest SET asked_at = '2020-01-01 00:00:00+00:00'",
        "a request to void stays what it is",
    ),
    ("tickets_voidrequest SET confirmed = TRUE", "a request to void is decided once"),
    (
        "tickets_opinioncheck SET outcome = 'dissatisfied' WHERE outcome IS NOT NULL",
        "an opinion check is answered once",
    ),
    ("tickets_ownershipperiod SET to_at = NULL", "a period of ownership ends once"),
]  # and which rule refuses it


def kept_tables(rule: str) -> list[str]:
    """Where a rule of this ending stands."""
    return sorted({one.table for one in declared() if one.name.endswith(rule)})


@pytest.fixture
def everything():
    """A row in each of these tables."""
    ticket, solved, unread = make_ticket(), make_ticket(), make_ticket(anonymous=True)
    colleague = make_agent(department=ticket.department)
    how = {"by": colleague, "at": MONDAY}
    add_note(ticket, words="Ordered.", **how)
    hear_from_customer(ticket, words="Still cold.", channel="phone", asked=True, **how)
    set_mark(ticket, "major_fault", reason="No heating.", **how)
    name_colleague(ticket, ticket.owner, reason="Rude.", **how)
    ask_to_void(make_ticket(anonymous=True), reason="Test", **how)
    for answered, mode in ((solved, "spoken"), (unread, "on_file")):
        reply = Reply(words="Done.", mode=mode, channel="phone", solved=True)
        reply_to_customer(answered, reply, by=answered.owner, at=MONDAY)
    sweep(MONDAY + 5 * HOUR)
    change("S2a", Span(2, "working_days"), **how)
    code = next(one.question.code for one in standings(MONDAY) if not one.question.is_judged)
    decide(code, words="So it is done.", **how)
    seal(MONDAY.date(), at=MONDAY)
    return SimpleNamespace(colleague=colleague, solved=solved)


@pytest.fixture
def everything_ended(everything):
    """The same, where it can be done with, done with once."""
    how = {"by": everything.colleague, "at": MONDAY + HOUR}
    lift_mark(Mark.objects.get(), reason="It was none.", **how)
    decide_void(VoidRequest.objects.get(), confirmed=False, by=make_agent(), at=MONDAY + HOUR)
    reading = Reading.objects.get()
    confirm_reading(reading, by=reading.deadline.owner, at=MONDAY + HOUR)
    Ring.objects.update(acknowledged_at=MONDAY + HOUR, acknowledged_by=everything.colleague)
    take_over(everything.solved, by=everything.solved.department.manager, at=MONDAY + HOUR)
    opinion = Opinion(outcome="satisfied", words="Fine.", channel="phone")
    record_check(everything.solved, opinion, by=everything.colleague, at=MONDAY + 2 * HOUR)


@pytest.mark.usefixtures("everything")
def test_no_row_of_what_happened_is_deleted():
    for table in kept_tables("_not_deleted"):
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            assert cursor.fetchone()[0], table
        attack(f'DELETE FROM "{table}"')


@pytest.mark.usefixtures("everything_ended")
def test_what_is_done_is_not_done_otherwise_afterwards():
    for altered, rule in ALTERED:
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            execute(f"UPDATE {altered}")


@pytest.mark.postgresql
@pytest.mark.usefixtures("everything")
def test_nobody_owns_an_open_ticket_without_a_period_of_it():
    stranger = make_agent()
    refused_at_commit(lambda: execute("UPDATE tickets_ticket SET owner_id = %s", stranger.pk))


@pytest.mark.postgresql
@pytest.mark.parametrize("table", kept_tables("_not_emptied"))
def test_no_table_of_what_happened_is_emptied(table):
    attack(f'TRUNCATE "{table}" CASCADE')
