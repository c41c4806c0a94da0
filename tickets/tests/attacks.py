"""How an intruder writes: in raw SQL, past every function of ours, and never to the end of the transaction."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction


@pytest.fixture
def prepared(db):
    """A test whose preparations are never committed, so that no rule waiting for commit judges them instead."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def attack(sql: str, *params: Any) -> None:
    """The statement is refused by itself; nothing waits for commit."""
    refused(lambda: execute(sql, *params))


def refused(act: Callable[[], Any]) -> None:
    """The act is refused while it writes."""
    with pytest.raises(IntegrityError), transaction.atomic():
        act()


def refused_at_commit(act: Callable[[], Any]) -> None:
    """The act is refused when the transaction would end; what was written before it is judged before it."""
    judge_as_at_commit()
    with pytest.raises(IntegrityError), transaction.atomic():
        act()
        execute("SET CONSTRAINTS ALL IMMEDIATE")


def judge_as_at_commit() -> None:
    """Rules that wait for the end of a transaction judge now."""
    if connection.vendor == "postgresql":
        execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def execute(sql: str, *params: Any) -> None:
    """One statement past every function of ours."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
