"""What the health page reads: every part by itself, so that one which cannot be read hides no other.

A part is None where it could not be read. The number of queries is constant, and none of them reads tickets:
each asks a partial index, or a table that grows by one row a day.
"""

import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

import redis
from django.conf import settings
from django.db import Error, connection, transaction
from django.utils import timezone

from servicedesk.audit.models import AuditRun, DailySeal
from servicedesk.clock.models import Deadline, Heartbeat
from servicedesk.health import BROKER_PATIENCE
from servicedesk.outbox.models import Message, State
from servicedesk.outbox.queue import QueueState, queue_state
from servicedesk.servertime import server_time
from servicedesk.version import Migration, applied_migrations, known_migrations

SHOWN = 10  # rows of one list
PATIENCE = 3000  # milliseconds for one question to PostgreSQL, waiting for locks included
logger = logging.getLogger(__name__)
T = TypeVar("T")


class Clock(NamedTuple):
    """The database server's time, and how many seconds this machine's clock is ahead of it."""

    at: datetime
    difference: float


class Rows(NamedTuple):
    """How many there are, and the first of them."""

    number: int
    first: list


class Migrations(NamedTuple):
    """What the database lacks, and what it has that this code does not know."""

    lacking: list[Migration]
    unknown: list[Migration]


class Database(NamedTuple):
    """The engine with its version, and the bytes that the database takes."""

    engine: str
    size: int


class Disk(NamedTuple):
    """Bytes free and bytes in all where VAR_DIR lies."""

    free: int
    total: int


@dataclass(frozen=True)
class Facts:
    """One look at the desk; None stands for what could not be read."""

    at: datetime
    clock: Clock | None
    beats: dict[str, datetime] | None
    overdue: list[Deadline] | None
    set_aside: Rows | None
    with_leavers: int | None
    queue: QueueState | None
    failed: list[Message] | None
    given_up: list[Message] | None
    audits: list[AuditRun] | None
    seals: list[DailySeal] | None
    migrations: Migrations | None
    database: Database | None
    broker: str | None
    disk: Disk | None


def gather() -> Facts:
    """Read everything once."""
    clock = read(the_clock)
    at = clock.at if clock else timezone.now()
    return Facts(
        at=at,
        clock=clock,
        beats=read(heartbeats),
        overdue=read(lambda: oldest_ring(at)),
        set_aside=read(rows_set_aside),
        with_leavers=read(Deadline.objects.with_leavers().count),
        queue=read(queue_state),
        failed=read(failed_messages),
        given_up=read(messages_given_up),
        audits=read(last_audit),
        seals=read(last_seal),
        migrations=read(migrations),
        database=read(database),
        broker=broker(),
        disk=disk(),
    )


def read(question: Callable[[], T]) -> T | None:
    """The answer of the database; None if it gives none in time, whatever the reason."""
    try:
        with patiently():
            return question()
    except (Error, OSError):
        logger.warning("a part of the health page could not be read", exc_info=True)
        return None


@contextmanager
def patiently() -> Iterator[None]:
    """On PostgreSQL a transaction of its own, which ends a question that takes too long; SQLite's would lock out writers."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE}")
        yield


def the_clock() -> Clock:
    before = timezone.now()
    at = server_time()
    own = before + (timezone.now() - before) / 2
    return Clock(at, (own - at).total_seconds())


def heartbeats() -> dict[str, datetime]:
    return dict(Heartbeat.objects.values_list("name", "at"))


def oldest_ring(at: datetime) -> list[Deadline]:
    """The row that has waited longest for the clock."""
    return list(
        Deadline.objects.due(at).only("kind", "label", "subject", "next_ring_at").order_by("next_ring_at")[:1]
    )


def rows_set_aside() -> Rows:
    aside = Deadline.objects.set_aside()
    columns = ("kind", "label", "subject", "due_at", "set_aside_at", "error")
    return Rows(aside.count(), list(aside.only(*columns).order_by("set_aside_at", "pk")[:SHOWN]))


def failed_messages() -> list[Message]:
    """Those tried again soonest."""
    failed = Message.objects.waiting().filter(state=State.FAILED)
    return list(failed.order_by("next_try_at", "pk")[:SHOWN])


def messages_given_up() -> list[Message]:
    """Those given up last."""
    return list(Message.objects.given_up().order_by("-given_up_at", "-pk")[:SHOWN])


def last_audit() -> list[AuditRun]:
    return list(AuditRun.objects.order_by("-pk")[:1])


def last_seal() -> list[DailySeal]:
    return list(DailySeal.objects.order_by("-day")[:1])


def migrations() -> Migrations:
    known, applied = known_migrations(), applied_migrations(connection)
    return Migrations(sorted(known - applied), sorted(applied - known))


def database() -> Database:
    if connection.vendor == "sqlite":
        file = str(connection.settings_dict["NAME"])
        parts = [part for part in (Path(file), Path(f"{file}-wal")) if part.exists()]
        return Database(f"SQLite {sqlite3.sqlite_version}", sum(part.stat().st_size for part in parts))
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), pg_database_size(current_database())")
        version, size = cursor.fetchone()
    return Database(f"PostgreSQL {version.partition(' ')[0]}", size)


def broker() -> str | None:
    """The broker with its version, empty for the embedded one; None if it does not answer in time, or is no folder to
    write in."""
    if not settings.REDIS_URL:
        return "" if os.access(settings.BROKER_FOLDER / "queue", os.W_OK) else None
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=BROKER_PATIENCE, socket_timeout=BROKER_PATIENCE
        ) as client:
            client.ping()
            return redis_version(client)
    except redis.RedisError:
        return None


def redis_version(client: redis.Redis) -> str:
    """Not every server lets everybody ask."""
    try:
        return f"Redis {client.info('server')['redis_version']}"
    except (redis.ResponseError, KeyError):
        return "Redis"


def disk() -> Disk | None:
    try:
        found = shutil.disk_usage(settings.VAR)
    except OSError:
        return None
    return Disk(found.free, found.total)
