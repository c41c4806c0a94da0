"""How any life goes on: an act is done or refused, dies at any statement, and others come between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from types import SimpleNamespace
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from servicedesk.audit.invariants import findings
from servicedesk.audit.timeline import Head
from servicedesk.clock.sweep import sweep
from servicedesk.outbox.models import Message
from servicedesk.staff.models import User
from tickets.models import Contact, Ticket
from tickets.testing import HOUR, MONDAY
from tickets.tests.attacks import judge_as_at_commit

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TURNS = ("SAVEPOINT", "RELEASE", "ROLLBACK")
PATIENCE = 1.0  # seconds in which a sweep that waits for nobody has long ended

somebody = st.integers(0, 3)
gaps = st.sampled_from(
    [MINUTE, 31 * MINUTE, 2 * HOUR, 5 * HOUR, DAY, 3 * DAY, 8 * DAY, 20 * DAY]
)  # the longest passes S36
moments = st.lists(st.one_of(st.just(0), st.just(0), st.integers(1, 40)), max_size=8)


class Death(BaseException):
    """The process dies at a statement."""


class AtStatement:
    """Something that happens before the n-th statement of an act, once; savepoints do not count."""

    def __init__(self, number: int, happen: Callable[[], None]) -> None:
        self.left, self.happen = number, happen

    def __call__(self, execute, sql, params, many, context):
        self.left -= not sql.startswith(TURNS)
        if self.left == 0:
            self.left = -1
            self.happen()
        return execute(sql, params, many, context)


def die() -> None:
    raise Death


def contents() -> dict[str, int]:
    """All that stands in the database, by table."""
    with connection.cursor() as cursor:
        return {table: _content(cursor, table) for table in connection.introspection.table_names(cursor)}


def _content(cursor, table: str) -> int:
    cursor.execute(f'SELECT * FROM "{table}"')
    return hash(frozenset(map(repr, cursor.fetchall())))


def act(**drawn: st.SearchStrategy[Any]):
    """A rule of the machine, which rests once the time of the run is over."""

    def decorate(done):
        @rule(**drawn)
        @wraps(done)
        def run(self, **given):
            if not self.is_over():
                done(self, **given)

        return run

    return decorate


class Life(RuleBasedStateMachine):
    """A life inside one transaction, undone at its end. `end`: when it rests; `every`: so many changes to an audit."""

    def __init__(self, house: Callable[[], SimpleNamespace], end: float, every: int) -> None:
        super().__init__()
        self.end, self.every, self.at = end, every, MONDAY
        self.changes = 0  # since the last audit
        self.dying: list[int] = []  # at which statement one act after another dies first, 0 for not at all
        self.turn = 0
        self.left: set[int] = set()  # people who are gone
        self.begin()
        self.house = house()

    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def undo(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def teardown(self) -> None:
        try:
            if self.changes:
                self.audit()
        finally:
            self.undo()

    def is_over(self) -> bool:
        return time.monotonic() > self.end

    @initialize(dying=moments)
    def choose_deaths(self, dying):
        self.dying = dying

    # How an act is done

    def do(self, act, *, expected: bool | None = None):
        """Do the act; what it returned, None where it was refused. `expected` None: the model does not foresee it."""
        self.die_first(act)
        before = self.trace()
        try:
            done = self.carry_out(act)
        except (ValidationError, PermissionDenied) as refusal:
            assert expected is not True, refusal
            assert self.trace() == before
            return None
        assert expected is not False
        self.changes += 1
        return done if done is not None else True

    def carry_out(self, act):
        with transaction.atomic():
            done = act()
            judge_as_at_commit()
        return done

    def die_first(self, act) -> None:
        """The act is begun by a process that dies at one of its statements, or is refused before: all is as it was."""
        self.turn += 1
        number = self.dying[self.turn % len(self.dying)] if self.dying else 0
        if not number:
            return
        before = contents()
        with transaction.atomic():
            try:
                with connection.execute_wrapper(AtStatement(number, die)):
                    act()
            except (Death, ValidationError, PermissionDenied):
                after = contents()
                assert [table for table in before if before[table] != after[table]] == []
            transaction.set_rollback(True)  # also what came to its end before that statement

    def trace(self) -> tuple:
        """What any act would change."""
        tickets = Ticket.objects.order_by("pk").values_list(
            "pk", "state", "owner", "live_deadline", "open_check"
        )
        heads = Head.objects.order_by("subject").values_list("subject", "hash")
        return list(tickets), list(heads), Message.objects.count(), Contact.objects.count()

    def pass_time(self, gap: timedelta) -> None:
        self.at += gap

    def person(self, number: int) -> User:
        """Somebody who works here; the manager never leaves."""
        here = [person for person in self.house.people if person.pk not in self.left]
        return here[number % len(here)]

    @act(gap=gaps)
    def ring(self, gap):
        self.pass_time(gap)
        run = sweep(self.at)
        self.changes += 1
        assert run.set_aside == run.busy == 0

    # What holds after each act

    @invariant()
    def as_the_audit_wants(self):
        """After so many acts that wrote something; what is wrong once stays wrong, so that none escapes the last."""
        if self.changes >= self.every:
            self.audit()

    def audit(self):
        self.changes = 0
        assert [(one.subject, one.text) for finding in findings() for one in finding.examples] == []


class SweptMeanwhile:
    """A life whose acts are committed, so that a sweep of another connection comes between their statements.

    SQLite has one writer: there the sweep comes between two acts.
    """

    restore: Callable[[], None]  # empties the tables

    def begin(self) -> None:
        """Each act is a transaction of its own."""

    def undo(self) -> None:
        self.restore()

    def carry_out(self, act):
        sweeping = threading.Thread(target=sweep_elsewhere, args=[self.at])

        def begin_sweep():
            sweeping.start()
            sweeping.join(PATIENCE)

        if connection.vendor == "sqlite":
            begin_sweep()
            return act()
        number = self.dying[-self.turn % len(self.dying)] if self.dying else 1
        try:
            with connection.execute_wrapper(AtStatement(number, begin_sweep)):
                return act()
        finally:
            if sweeping.ident:
                sweeping.join()

    def trace(self) -> tuple:
        """What a refused act would change and no sweep does."""
        tickets, _heads, _messages, contacts = super().trace()
        return tickets, contacts


def sweep_elsewhere(at: datetime) -> None:
    try:
        sweep(at)
    finally:
        connection.close()
