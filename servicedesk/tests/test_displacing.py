"""On SQLite INSERT OR REPLACE deletes what stands in its way, and no trigger on DELETE is asked: refused in every table that keeps its rows."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from servicedesk.audit.models import Head
from servicedesk.audit.seals import seal
from servicedesk.audit.timeline import claim_heads, lock_heads
from servicedesk.audit.triggers import Displacing, declared
from servicedesk.clock.sweep import sweep
from tickets.marks import set_mark
from tickets.models import Ticket
from tickets.replies import Reply, reply_to_customer
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket, make_word
from tickets.voiding import ask_to_void

pytestmark = pytest.mark.django_db
KEPT = sorted({trigger.table for trigger in declared() if isinstance(trigger, Displacing)})
EMPTY = {
    "tickets_note",
    "tickets_complainedabout",
    "regulations_settingchange",
    "calendars_calendarversion",
    "regulations_decision",
}


@pytest.fixture
def world():
    """Something in nearly every table: a promise broken, one kept, an answer with its check owed, a request to void."""
    make_ticket()
    sweep(at=MONDAY + 5 * HOUR)
    renewed, solved, nameless = make_ticket(), make_ticket(), make_ticket(anonymous=True)
    said = {"words": "We looked.", "mode": "spoken", "channel": "phone"}
    reply_to_customer(
        renewed, Reply(**said, next_word=make_word(MONDAY + 8 * HOUR)), by=renewed.owner, at=MONDAY + HOUR
    )
    reply_to_customer(solved, Reply(**said, solved=True), by=solved.owner, at=MONDAY + HOUR)
    on_file = Reply(words="Done.", mode="on_file", channel="web", next_word=make_word(MONDAY + 8 * HOUR))
    reply_to_customer(nameless, on_file, by=nameless.owner, at=MONDAY + HOUR)
    set_mark(renewed, "significant", reason="A crowd.", by=make_agent(), at=MONDAY + HOUR)
    ask_to_void(make_ticket(anonymous=True), reason="A test.", by=make_agent(), at=MONDAY + HOUR)
    seal(MONDAY.date(), at=MONDAY)


def refused(sql: str, table: str) -> bool:
    """Whether a trigger on this table refuses."""
    with pytest.raises(IntegrityError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    return str(error.value).startswith(table)


@pytest.fixture
def sqlite():
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite displaces rows")


@pytest.mark.parametrize("table", sorted(set(KEPT) - EMPTY))
def test_no_row_displaces_another(sqlite, world, table):
    assert refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}", table)


def test_no_row_displaces_another_by_a_key_that_is_not_its_number(sqlite, world):
    for table, changes in {
        "tickets_ownershipperiod": {},  # two that run at a time
        "tickets_promise": {},
        "clock_ring": {},
        "tickets_ticket": {"number": "'2026-777777'"},  # the first words of another one
    }.items():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in cursor.description if column[0] != "id"]
        values = ", ".join(changes.get(name, name) for name in names)
        sql = f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} ORDER BY id LIMIT 1"
        assert refused(sql, table)


def test_no_row_moves_into_the_place_of_another(sqlite, world):
    one, other = Ticket.objects.order_by("-pk")[:2]
    answered = "(SELECT reply_id FROM tickets_promise WHERE reply_id IS NOT NULL)"
    for table, changes in (
        ("tickets_ticket", f"id = {one.pk} WHERE id = {other.pk}"),
        ("clock_deadline", "id = 1 WHERE id = (SELECT MAX(id) FROM clock_deadline)"),
        ("tickets_promise", f"reply_id = {answered} WHERE reply_id IS NULL"),
        ("clock_ladder", "active = TRUE, kind = 'promise' WHERE kind <> 'promise'"),
    ):
        assert refused(f"UPDATE OR REPLACE {table} SET {changes}", table)


def test_timelines_go_on_where_nothing_may_be_displaced(world):
    before = set(Head.objects.values_list("subject", flat=True))
    with transaction.atomic():
        lock_heads([*before, "note:new"])
        assert set(claim_heads([*before, "note:newer"])) == {*before, "note:newer"}
    assert set(Head.objects.values_list("subject", flat=True)) == before | {"note:new", "note:newer"}
    call_command("audit")
