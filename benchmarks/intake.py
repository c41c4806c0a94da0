"""Logging a call through the form, beside a bare transaction that inserts the same rows, with a bare page after it (PostgreSQL)."""

from __future__ import annotations

import secrets
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any

from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from benchmarks._bare import SETTINGS, ask
from benchmarks._desk import House, build_house, live
from benchmarks._measuring import Ratio, counted, in_turns
from servicedesk.customers.models import Customer
from tickets.models import Ticket
from tickets.offers import first_offer

ENGINES = ("postgresql",)
ROUNDS = 41
APART = 10_000_000  # between the keys of one copy of the rows and the next
# What a logged call writes, and which columns of it name rows or matters of that very call.
WRITTEN = {
    "audit_words": ("id",),
    "clock_deadline": ("id", "subject"),
    "tickets_ticket": ("id", "number", "first_words_id", "wanted_id", "live_deadline_id"),
    "tickets_contact": ("id", "ticket_id", "words_id"),
    "tickets_promise": ("id", "ticket_id", "deadline_id", "words_id"),
    "tickets_ownershipperiod": ("id", "ticket_id"),
    "audit_entry": ("id", "subject"),
    "audit_head": ("subject",),
    "tickets_submission": ("id", "key", "ticket_id"),
}


@dataclass(frozen=True)
class Rows:
    """What one call wrote into one table; `own` are the places of what no two copies share."""

    table: str
    columns: Sequence[str]
    values: Sequence[tuple]
    own: frozenset[int]

    def copy(self, number: int) -> tuple[str, list[Any]]:
        """An INSERT of the same rows under keys of their own."""
        row = f"({', '.join(['%s'] * len(self.columns))})"
        places = ", ".join([row] * len(self.values))
        given = [
            _moved(value, number) if place in self.own else value
            for values in self.values
            for place, value in enumerate(values)
        ]
        return f"INSERT INTO {self.table} ({', '.join(self.columns)}) VALUES {places}", given


def _moved(value: Any, number: int) -> Any:
    return f"{value}/{number}"[-20:] if isinstance(value, str) else value + APART * number


def measure(options: Namespace) -> Iterator[str | Ratio]:
    """On the largest desk of `--tickets`: a complaint of a known customer, promised, by the person first asked."""
    house, at = build_house(), timezone.now()
    size = max(options.tickets)
    start = time.perf_counter()
    live(house, size, at=at)
    yield f"{size} tickets, written in {time.perf_counter() - start:.0f} s"
    with override_settings(**SETTINGS):
        yield from compare(house, at)


def compare(house: House, at: datetime) -> Iterator[str | Ratio]:
    client = Client()
    client.force_login(house.people[0])
    form = filled(house, at)
    log(client, form)
    last = last_keys()
    with counted() as statements:
        log(client, form)
    rows, copies = what_was_written(last), count(1)
    sides: dict[str, Callable[[], Any]] = {
        "ours": partial(log, client, form),
        "bare": lambda: (write_bare(rows, next(copies)), ask(client, "/bare/25/")),
        "transaction": lambda: write_bare(rows, next(copies)),
        "page": partial(ask, client, "/bare/25/"),
    }
    costs = in_turns(sides, rounds=ROUNDS, before=lambda side: judge(side == "ours"))
    judge(True)
    more = {"statements": len(statements), "rows": sum(len(one.values) for one in rows)}
    yield Ratio("a call logged", costs["ours"], costs["bare"], bar=4, more=more)
    yield Ratio("a call logged, less a bare page", costs["ours"] - costs["page"], costs["transaction"], bar=4)


def judge(wanted: bool) -> None:
    """Whether triggers and foreign keys are judged on our connection."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET session_replication_role = {'origin' if wanted else 'replica'}")


def filled(house: House, at: datetime) -> dict[str, Any]:
    """The form of a complaint with everything that its kind demands."""
    customer, person = house.customers[0]
    number = Customer.objects.get(pk=customer).number
    unit = house.people[0].department
    assert unit is not None
    return {
        "who": number, "looked_up": number, "customer": number, "person": person,
        "words": "The heating has been cold since Friday.", "kind": "complaint", "category": house.categories[0].pk,
        "channel": "phone", "wanted": "A warm flat", "severity": "ordinary", "read_back": "yes", "outcome": "promise",
        "due": first_offer(at, unit.effective_calendar(), at=at).proposed.isoformat(), "will_tell": "What we found",
    }  # fmt: skip


def log(client: Client, form: dict[str, Any]) -> None:
    answer = client.post(reverse("tickets:new"), form | {"form_key": secrets.token_urlsafe(16)})
    if answer.status_code != 302:
        raise AssertionError(f"the form was answered by {answer.status_code}")


def last_keys() -> dict[str, int]:
    with connection.cursor() as cursor:
        found = {}
        for table, own in WRITTEN.items():
            if "id" in own:
                cursor.execute(f"SELECT max(id) FROM {table}")
                found[table] = cursor.fetchone()[0] or 0
    return found


def what_was_written(last: dict[str, int]) -> list[Rows]:
    """The rows of the call that came after these keys."""
    key = Ticket.objects.order_by("-pk")[0].key
    with connection.cursor() as cursor:
        found = []
        for table, own in WRITTEN.items():
            condition = "id > %s" if table in last else "subject = %s"
            cursor.execute(f"SELECT * FROM {table} WHERE {condition}", [last.get(table, key)])
            columns = [column.name for column in cursor.description]
            places = frozenset(n for n, name in enumerate(columns) if name in own)
            found.append(Rows(table, columns, cursor.fetchall(), places))
    return found


@transaction.atomic
def write_bare(rows: list[Rows], number: int) -> None:
    """A number is drawn and the rows are inserted, a statement a table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tickets_numberseries SET last = last + 1 WHERE year = (SELECT max(year) FROM tickets_numberseries)"
        )
        for one in rows:
            cursor.execute(*one.copy(number))
