"""The sweep: what a run of the clock costs, beside the same rows written without any rule (PostgreSQL)."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.db import connection, connections, transaction

from benchmarks._desk import RUSH, build_house, fill, rules_asleep
from benchmarks._measuring import Ratio, counted, in_turns
from benchmarks._statement import ring_by_one_statement
from servicedesk.audit.line import written
from servicedesk.clock.models import Ring
from servicedesk.clock.sweep import BATCH, sweep

ENGINES = ("postgresql",)
AT = datetime(2026, 5, 11, 2, 0, tzinfo=UTC)  # Monday, 10:00 in Shanghai: e-mail goes out at once
DUE = (0, 100, 1000, 10_000)
ROUNDS = {0: 31, 100: 15, 1000: 9, 10_000: 3}
MOST = max(DUE)


def measure(options: Namespace) -> Iterator[str | Ratio]:
    """Each number of due rows among all that is open, then two and four sweepers at once."""
    count = max(options.open, MOST)
    start = time.perf_counter()
    fill(build_house(), count, at=AT, rush=MOST)
    remember()
    yield f"{count} open deadlines, written in {time.perf_counter() - start:.0f} s"
    for due in DUE:
        yield compare(due)
    for sweepers in (2, 4):
        yield side_by_side(sweepers)


def compare(due: int) -> Ratio:
    """The sweep of `due` rows beside the bare writing of exactly what it writes."""
    at = AT + RUSH * due / MOST
    with counted() as statements:
        run = sweep(at)
    effects = what_was_written()
    forget()
    if run.rang != due or run.set_aside:
        raise AssertionError(f"{due} rows were due and {run} rang")
    sides: dict[str, Callable[[], Any]] = {
        "ours": partial(sweep, at),
        "bare": partial(write_bare, effects, at),
        "statement": partial(ring_by_one_statement, at),
    }
    costs = in_turns(sides, rounds=ROUNDS[due], between=forget if due else lambda: None)
    more: dict[str, Any] = {}
    if due:
        one = costs["statement"]
        more = {
            "statements": len(statements),
            "per due row": round(len(statements) / due, 3),
            "one set-based statement": f"{one.wall * 1000:.1f} ms (cpu {one.cpu * 1000:.1f}),"
            f" {costs['ours'].cpu / one.cpu:.1f} x cpu",
        }
    return Ratio(f"{due} due", costs["ours"], costs["bare"], bar=3, more=more)


# The bare side: claim, write, move on; what is written is known beforehand.


@dataclass
class Effects:
    """All that one deadline's step leaves behind, as rows ready for INSERT."""

    state: tuple = ()
    rings: list[tuple] = field(default_factory=list)
    entries: list[tuple[str, dict]] = field(default_factory=list)
    messages: list[tuple] = field(default_factory=list)


RING = "deadline_id, rung_id, round, planned_at, rang_at, skipped, person_id, owner_id, position, reason, repeat_at"
ENTRY = "subject, number, event, by_id, actor, at, recorded_at, line, previous, hash"
MESSAGE = (
    "key, event, channel, recipient_id, address, language, timezone, params, urgent, created_at, send_after, state,"
    " tries, next_try_at, last_error, sent_at"
)


def write_bare(effects: dict[int, Effects], at: datetime) -> None:
    """The same rows claimed and inserted in multi-row statements, with triggers and foreign keys asleep."""
    with rules_asleep(), connection.cursor() as cursor:
        while bare_batch(cursor, effects, at):
            pass


@transaction.atomic
def bare_batch(cursor, effects: dict[int, Effects], at: datetime) -> int:
    cursor.execute(
        "SELECT id, subject FROM clock_deadline WHERE next_ring_at < %s ORDER BY next_ring_at, id LIMIT %s"
        " FOR UPDATE SKIP LOCKED",
        [at, BATCH],
    )
    claimed = cursor.fetchall()
    if not claimed:
        return 0
    cursor.execute(
        "SELECT subject, number, hash FROM audit_head WHERE subject = ANY(%s) ORDER BY subject FOR UPDATE",
        [[subject for _, subject in claimed]],
    )
    heads = {subject: (number, hash_) for subject, number, hash_ in cursor.fetchall()}
    states, rings, entries, moved, messages = [], [], [], [], []
    for pk, subject in claimed:
        mine = effects[pk]
        number, previous = heads[subject]
        for event, facts in mine.entries:
            number += 1
            line = json.dumps(
                {"subject": subject, "number": number, "event": event, "by": "clock", "at": written(at),
                 "recorded_at": written(at), "facts": facts},
                ensure_ascii=False, sort_keys=True, separators=(",", ":"),
            )  # fmt: skip
            hash_ = hashlib.sha256((previous + line).encode()).hexdigest()
            entries.append((subject, number, event, None, "clock", at, at, line, previous, hash_))
            previous = hash_
        moved.append((subject, number, previous))
        states.append((pk, *mine.state))
        rings += mine.rings
        messages += mine.messages
    insert(cursor, "clock_ring", RING, rings)
    insert(cursor, "audit_entry", ENTRY, entries)
    cursor.execute(
        f"UPDATE audit_head h SET number = v.number, hash = v.hash FROM (VALUES {places(moved)})"
        " v (subject, number, hash) WHERE h.subject = v.subject",
        flat(moved),
    )
    cursor.execute(
        "UPDATE clock_deadline d SET next_step = v.step, next_step_at = v.step_at::timestamptz,"
        " next_ring_at = v.ring_at::timestamptz, broken_at = v.broken_at::timestamptz"
        f" FROM (VALUES {places(states)}) v (id, step, step_at, ring_at, broken_at) WHERE d.id = v.id",
        flat(states),
    )
    if messages:
        insert(cursor, "outbox_message", MESSAGE, messages)
    return len(claimed)


def insert(cursor, table: str, columns: str, rows: Sequence[tuple]) -> None:
    cursor.execute(f"INSERT INTO {table} ({columns}) VALUES {places(rows)}", flat(rows))


def places(rows: Sequence[tuple]) -> str:
    row = f"({', '.join(['%s'] * len(rows[0]))})"
    return ", ".join([row] * len(rows))


def flat(rows: Sequence[tuple]) -> list[Any]:
    return [value for row in rows for value in row]


# Knowing what a sweep wrote, and taking it back


def remember() -> None:
    """Keep how the deadlines of the rush and their heads stood, and where the other tables ended."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept_deadline AS SELECT * FROM clock_deadline WHERE id <= %s", [MOST])
        cursor.execute(
            "CREATE TABLE kept_head AS SELECT h.* FROM audit_head h JOIN kept_deadline d ON d.subject = h.subject"
        )
        cursor.execute(
            "CREATE TABLE kept_end AS SELECT (SELECT max(id) FROM clock_ring) AS ring, (SELECT max(id) FROM audit_entry) AS entry"
        )


def what_was_written() -> dict[int, Effects]:
    """By deadline; each message stands with a deadline of the batch that wrote it first."""
    effects: dict[int, Effects] = defaultdict(Effects)
    by_person: dict[int, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.id, d.next_step, d.next_step_at, d.next_ring_at, d.broken_at FROM clock_deadline d"
            " JOIN kept_deadline k ON k.id = d.id WHERE d.next_ring_at IS DISTINCT FROM k.next_ring_at"
        )
        for pk, *state in cursor.fetchall():
            effects[pk].state = tuple(state)
        cursor.execute(f"SELECT {RING} FROM clock_ring WHERE id > (SELECT ring FROM kept_end) ORDER BY id")
        for row in cursor.fetchall():
            effects[row[0]].rings.append(row)
            by_person.setdefault(row[6], row[0])
        cursor.execute(
            "SELECT event, line FROM audit_entry WHERE id > (SELECT entry FROM kept_end) ORDER BY id"
        )
        for event, line in cursor.fetchall():
            facts = json.loads(line)["facts"]
            effects[facts["deadline"]].entries.append((event, facts))
        cursor.execute(f"SELECT {MESSAGE} FROM outbox_message ORDER BY id")
        for row in cursor.fetchall():
            effects[by_person[row[3]]].messages.append(row)
    return dict(effects)


def forget() -> None:
    """As before the sweep, dead rows swept out."""
    with rules_asleep(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM clock_ring WHERE id > (SELECT ring FROM kept_end)")
        cursor.execute("DELETE FROM audit_entry WHERE id > (SELECT entry FROM kept_end)")
        cursor.execute("TRUNCATE outbox_message")
        cursor.execute(
            "UPDATE clock_deadline d SET next_step = k.next_step, next_step_at = k.next_step_at,"
            " next_ring_at = k.next_ring_at, broken_at = k.broken_at FROM kept_deadline k"
            " WHERE k.id = d.id AND k.next_ring_at IS DISTINCT FROM d.next_ring_at"
        )
        cursor.execute(
            "UPDATE audit_head h SET number = k.number, hash = k.hash FROM kept_head k"
            " WHERE k.subject = h.subject AND k.number <> h.number"
        )
        for table in ("clock_ring", "audit_entry", "clock_deadline", "audit_head"):
            cursor.execute(f"VACUUM {table}")


# Several at once


def side_by_side(sweepers: int) -> Ratio:
    """The whole rush by one process and by several that start together; each step still rings once."""
    connections.close_all()
    sides = {"ours": partial(run_sweepers, sweepers), "bare": partial(run_sweepers, 1)}
    costs = in_turns(sides, rounds=3, between=ring_once_and_forget)
    return Ratio(f"{sweepers} sweepers beside one, {MOST} due", costs["ours"], costs["bare"], bar=1 / 0.9)


def run_sweepers(count: int) -> None:
    context = multiprocessing.get_context("fork")
    together = context.Barrier(count)
    processes = [context.Process(target=one_sweeper, args=(together,)) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def one_sweeper(together) -> None:
    connection.ensure_connection()
    together.wait()
    sweep(AT + RUSH)


def ring_once_and_forget() -> None:
    rang = Ring.objects.extra(where=["id > (SELECT ring FROM kept_end)"]).count()
    if rang != MOST:
        raise AssertionError(f"{MOST} steps were due and {rang} rang")
    forget()
    connections.close_all()  # the processes' own are what counts
