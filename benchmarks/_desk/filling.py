"""Filling an empty desk, some ten thousands of matters at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from benchmarks._desk import life, matters, owed, timeline
from benchmarks._desk.house import House, take_in_customers
from servicedesk.calendars.models import Calendar
from servicedesk.reports.opencounts import recount
from servicedesk.search.index import gin_index

RUSH = timedelta(minutes=10)  # within it fall due, evenly, the tickets that a benchmark wants due
YEARS = timedelta(days=3 * 365)
BUSY = 400  # tickets of one person and of one customer, of whom every size of desk has one
BATCH = 50_000  # tickets written at once, so that nothing needs much memory
FILLED = (
    "audit_words",
    "audit_entry",
    "clock_deadline",
    "clock_ring",
    "tickets_ticket",
    "tickets_contact",
    "tickets_promise",
    "tickets_opinioncheck",
    "tickets_ownershipperiod",
)
WORDS = "tickets_ticket_tokens_search"  # the one index that costs more row by row than made at the end
MADE = "plan, owed, rang, said, told, lines"  # temporary tables of one batch
SERIES = """
INSERT INTO tickets_numberseries (year, last)
SELECT split_part(number, '-', 1)::int, max(split_part(number, '-', 2)::int) FROM tickets_ticket GROUP BY 1
"""


@contextmanager
def rules_asleep() -> Iterator[None]:
    """No trigger and no foreign key is judged on this connection: for filling, emptying, and bare comparisons."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            cursor.execute("SET session_replication_role = origin")


def fill(house: House, count: int, *, at: datetime, rush: int = 0) -> None:
    """Write `count` open tickets as if logged before `at`; `rush` of them have a step due within RUSH after it.

    Every other one of the rush breaks its promise, the rest reach the first reminder; nothing else happens before
    the next day. Ticket and deadline are numbered alike, the rush first. The desk must hold no ticket yet.
    """
    _write(house, count, life.CALM, {"at": at, "rush": rush, "step": RUSH / max(rush, 1), "each": 1})


def live(house: House, count: int, *, at: datetime) -> None:
    """Write `count` tickets of the three years before `at`, three of ten still open, with their customers.

    However many there are, the first of the people owns at least BUSY of them (fewer of a few thousand), some hundred
    still open, and the first customer has as many. The desk must hold no ticket yet.
    """
    take_in_customers(house, count, at=at - YEARS)
    _write(house, count, life.LIVED, {"at": at, "span": YEARS, "each": owed.PER_TICKET})


def _write(house: House, count: int, lot: str, work: dict[str, Any]) -> None:
    work |= _of(house) | {"count": count, "contacts": matters.PER_TICKET, "rare": max(25, count // BUSY)}
    statements = _statements(house, lot)
    with rules_asleep(), connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM audit_words")
        work["words"] = cursor.fetchone()[0]
        for statement in (life.LUCK, *timeline.CHAIN, f"DROP INDEX {WORDS}"):
            cursor.execute(statement)
        for first in range(1, count + 1, BATCH):
            with transaction.atomic():
                for statement in statements:
                    cursor.execute(statement, work | {"first": first, "last": min(first + BATCH - 1, count)})
                cursor.execute(f"DROP TABLE {MADE}")
        for table in FILLED:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
        cursor.execute(SERIES)
        cursor.execute(gin_index("tickets_ticket", "tokens"))
    recount()
    analyse()


def _statements(house: House, lot: str) -> list[str]:
    return [
        life.PLAN.format(lot=lot),
        owed.owed(house.ladders.values()),
        owed.RINGS,
        matters.SAID,
        "ANALYZE plan, owed, said",
        matters.WORDS,
        owed.DEADLINES,
        owed.RUNG,
        matters.TICKETS,
        matters.CONTACTS,
        matters.PROMISES,
        matters.CHECKS,
        matters.PERIODS,
        timeline.TOLD,
        timeline.LINES,
        timeline.ENTRIES,
        timeline.HEADS,
    ]


def _of(house: House) -> dict[str, Any]:
    """What the statements know of the house: people and customers as arrays, in their order."""
    calendar = Calendar.objects.default()
    units = [person.department for person in house.people]
    return {
        "calendar": calendar.pk,
        "version": calendar.version,
        "zone": settings.TIME_ZONE,
        "size": len(house.people),
        "people": [person.pk for person in house.people],
        "departments": [person.department_id for person in house.people],
        "managers": [unit.manager_id if unit else None for unit in units],
        "executives": [unit.executive_id if unit else None for unit in units],
        "chief": house.chief.pk,
        "kinds": len(house.categories),
        "categories": [category.pk for category in house.categories],
        "names": [category.name for category in house.categories],
        "served": len(house.customers),
        "customers": [customer for customer, _person in house.customers],
        "persons": [person for _customer, person in house.customers],
        "ladders": json.dumps({kind: ladder.pk for kind, ladder in house.ladders.items()}),
    }


def analyse() -> None:
    """Give the planner its figures and its visibility, as autovacuum would after a while."""
    with connection.cursor() as cursor:
        for table in (*FILLED, "audit_head", "outbox_message", "customers_customer", "reports_opencount"):
            cursor.execute(f"VACUUM ANALYZE {table}")
