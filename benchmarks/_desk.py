"""A desk full of open tickets, written by set-based SQL: every constraint and invariant holds (PostgreSQL)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from servicedesk.calendars.models import Calendar
from servicedesk.clock.models import Ladder
from servicedesk.staff.models import Department, Post, User
from tickets.models import Category

DEPARTMENTS, PEOPLE = 40, 1000
RUSH = timedelta(minutes=10)  # within it fall due, evenly, the tickets that a benchmark wants due
FILLED = (
    "audit_words",
    "clock_deadline",
    "clock_ring",
    "tickets_ticket",
    "tickets_contact",
    "tickets_promise",
    "tickets_ownershipperiod",
    "audit_head",
    "audit_entry",
)


@dataclass(frozen=True)
class House:
    """Who works here: each of `people` sits in a department with a manager and an executive."""

    people: list[User]
    category: Category
    ladder: Ladder


@contextmanager
def rules_asleep() -> Iterator[None]:
    """No trigger and no foreign key is judged on this connection: for filling, emptying, and bare comparisons."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            cursor.execute("SET session_replication_role = origin")


def build_house() -> House:
    """Forty departments of twenty-five, and a general manager."""
    top = Department.objects.create(name="Company")
    chief = _people(["chief"], [top])[0]
    Post.objects.filter(code="general_manager").update(holder=chief)
    departments = Department.objects.bulk_create(
        Department(name=f"Department {n}", parent=top) for n in range(DEPARTMENTS)
    )
    leads = _people([f"lead{n}" for n in range(2 * DEPARTMENTS)], departments)
    for department, manager, executive in zip(departments, leads, leads[DEPARTMENTS:], strict=False):
        department.manager, department.executive = manager, executive
    Department.objects.bulk_update(departments, ["manager", "executive"])
    people = _people([f"agent{n}" for n in range(PEOPLE)], departments)
    category = Category.objects.create(name="Heating", code="heating")
    return House(people, category, Ladder.objects.get(kind="promise", active=True))


def _people(names: list[str], departments: list[Department]) -> list[User]:
    return User.objects.bulk_create(
        User(
            username=name,
            display_name=name.capitalize(),
            email=f"{name}@example.org",
            password="!",
            department=departments[n % len(departments)],
        )
        for n, name in enumerate(names)
    )


def fill(house: House, count: int, *, at: datetime, rush: int = 0) -> None:
    """Write `count` open tickets as if logged before `at`; `rush` of them have a step due within RUSH after it.

    Every other one of the rush breaks its promise, the rest reach the first reminder; nothing else happens before
    the next day. The desk must hold no ticket yet.
    """
    work: dict[str, Any] = {
        "count": count, "rush": rush, "at": at, "step": RUSH / max(rush, 1), "kind": house.ladder.kind,
        "calendar": Calendar.objects.default().pk, "version": Calendar.objects.default().version,
        "category": house.category.pk, "category_name": house.category.name, "ladder": house.ladder.pk,
        "year": at.year,
        "people": [person.pk for person in house.people],
        "departments": [person.department_id for person in house.people],
        "rungs": list(house.ladder.rungs.values_list("pk", flat=True)),
    }  # fmt: skip
    with rules_asleep(), transaction.atomic(), connection.cursor() as cursor:
        for statement in (
            PLAN,
            WORDS,
            DEADLINES,
            RINGS,
            TICKETS,
            CONTACTS,
            PROMISES,
            PERIODS,
            LINES,
            ENTRIES,
            HEADS,
        ):
            cursor.execute(statement, work)
        cursor.execute("DROP TABLE plan, lines")
        for table in FILLED:
            if table != "audit_head":
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
                )
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO tickets_numberseries (year, last) VALUES (%(year)s, %(count)s)", work)
    analyse()


def analyse() -> None:
    """Give the planner its figures, as autovacuum would after a while."""
    with connection.cursor() as cursor:
        for table in (*FILLED, "outbox_message"):
            cursor.execute(f"ANALYZE {table}")


# Row i: who owns it, when it was promised, when it is due, and which step of the ladder comes next. In the rush odd
# rows stand at the due time, even ones at three quarters of two days; all others come a day later or more.
PLAN = """
CREATE TEMPORARY TABLE plan AS
WITH moments AS (
    SELECT i, i <= %(rush)s AND i %% 2 = 1 AS breaking,
        %(at)s::timestamptz + CASE WHEN i <= %(rush)s THEN i * %(step)s::interval - interval '1 microsecond'
            ELSE interval '1 day' + i %% 259200 * interval '1 second' END AS next_at
    FROM generate_series(1, %(count)s) i
)
SELECT i, breaking, next_at, due_at, due_at - interval '2 days' AS made_at,
    '%(year)s-' || lpad(i::text, 6, '0') AS number,
    (%(people)s::bigint[])[1 + i * 7919::bigint %% %(size)s] AS person,
    (%(departments)s::bigint[])[1 + i * 7919::bigint %% %(size)s] AS department,
    md5('told' || i) AS told_salt, md5('said' || i) AS said_salt,
    'Flat ' || i || ': the heating has been cold since Friday, and nobody has come to look at it.' AS said,
    'When the engineer will come to flat ' || i AS told
FROM moments CROSS JOIN LATERAL (
    SELECT CASE WHEN breaking THEN next_at ELSE next_at + interval '12 hours' END AS due_at) due
""".replace("%(size)s", str(PEOPLE))

WORDS = """
INSERT INTO audit_words (id, text, salt, digest)
SELECT 2 * i - 1, said, said_salt, encode(sha256(convert_to(said_salt || said, 'UTF8')), 'hex') FROM plan
UNION ALL
SELECT 2 * i, told, told_salt, encode(sha256(convert_to(told_salt || told, 'UTF8')), 'hex') FROM plan
"""

_ISO = """to_char(({}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"""

DEADLINES = f"""
INSERT INTO clock_deadline (id, kind, subject, path, label, owner_id, first_responder_id, department_id, calendar_id,
    round_the_clock, made_at, due_at, derivation, ladder_id, schedule, next_step, next_step_at, next_ring_at, error)
SELECT i, %(kind)s, 'ticket:' || number, '/tickets/' || number || '/', number || ' · ' || %(category_name)s,
    person, person, department, %(calendar)s, FALSE, made_at, due_at,
    jsonb_build_object('rule', 'S2', 'span', NULL, 'from', {_ISO.format("made_at")} || '+00:00',
        'calendar', %(calendar)s, 'version', %(version)s, 'skipped', '[]'::jsonb),
    %(ladder)s,
    jsonb_build_array(
        jsonb_build_array({_ISO.format("made_at + interval '36 hours'")} || '+00:00', (%(rungs)s::bigint[])[1]),
        jsonb_build_array({_ISO.format("due_at - interval '1 hour'")} || '+00:00', (%(rungs)s::bigint[])[2]),
        jsonb_build_array({_ISO.format("due_at")} || '+00:00', NULL),
        jsonb_build_array({_ISO.format("due_at")} || '+00:00', (%(rungs)s::bigint[])[3]),
        jsonb_build_array({_ISO.format("due_at + interval '1 day'")} || '+00:00', (%(rungs)s::bigint[])[4]),
        jsonb_build_array({_ISO.format("due_at + interval '3 days'")} || '+00:00', (%(rungs)s::bigint[])[5])),
    CASE WHEN breaking THEN 2 ELSE 0 END, next_at, next_at, ''
FROM plan
"""

# What breaks has had its two reminders.
RINGS = """
INSERT INTO clock_ring (deadline_id, rung_id, round, planned_at, rang_at, skipped, person_id, owner_id, position, reason)
SELECT i, (%(rungs)s::bigint[])[step], 1, moment, moment, FALSE, person, person, 'owner',
    jsonb_build_object('person_id', person, 'position', 'owner', 'asked', 'owner', 'reason', 'holds',
        'on_behalf_of_id', NULL, 'why', '', 'absence_until', NULL, 'passed_over', '[]'::jsonb)
FROM plan CROSS JOIN LATERAL (
    VALUES (1, due_at - interval '12 hours'), (2, due_at - interval '1 hour')) steps (step, moment)
WHERE breaking ORDER BY i, step
"""

TICKETS = """
INSERT INTO tickets_ticket (id, number, kind, category_id, severity, channel, anonymous, first_words_id, read_back,
    received_at, recorded_at, recorder_id, first_responder_id, owner_id, department_id, state, demands_check, is_history,
    live_deadline_id, touched_at, chased, source, tokens)
SELECT i, number, 'complaint', %(category)s, 'ordinary', 'phone', TRUE, 2 * i - 1, 'yes',
    made_at, made_at, person, person, person, department, 'unresolved', TRUE, FALSE, i, made_at, 0, '',
    replace(number, '-', ' ') || ' flat ' || i || ' the heating has been cold since friday and nobody come to look at it'
FROM plan
"""

CONTACTS = """
INSERT INTO tickets_contact (id, ticket_id, direction, mode, purpose, channel, by_id, at, recorded_at, words_id, chased)
SELECT i, i, 'in', 'spoken', 'intake', 'phone', person, made_at, made_at, 2 * i - 1, FALSE FROM plan
"""

PROMISES = """
INSERT INTO tickets_promise (id, ticket_id, deadline_id, number, words_id, channel, made_by_id, made_at, wished)
SELECT i, i, i, 1, 2 * i, 'phone', person, made_at, FALSE FROM plan
"""

PERIODS = """
INSERT INTO tickets_ownershipperiod (id, ticket_id, owner_id, department_id, how, from_at)
SELECT i, i, person, department, 'received', made_at FROM plan
"""

# The canonical lines of audit/line.py: sorted keys, no spaces, moments in UTC to the microsecond.
LINES = f"""
CREATE TEMPORARY TABLE lines AS
SELECT i, 'ticket:' || number AS subject, person, made_at,
    format('{{"at":"%%1$s","by":%%2$s,"event":"received","facts":{{"category":%%3$s,"channel":"phone","customer":null,'
        '"first_responder":%%2$s,"kind":"complaint","owner":%%2$s,"read_back":"yes","received_at":{{"moment":"%%1$s"}},'
        '"repeat_of":null,"severity":"ordinary","wanted":null,"words":{{"digest":"%%4$s","words":%%5$s}}}},'
        '"number":1,"recorded_at":"%%1$s","subject":"ticket:%%6$s"}}',
        made, person, %(category)s, said.digest, said.id, number) AS received,
    format('{{"at":"%%1$s","by":%%2$s,"event":"promised","facts":{{"due_at":{{"moment":"%%3$s"}},"number":1,"wished":false,'
        '"words":{{"digest":"%%4$s","words":%%5$s}}}},"number":2,"recorded_at":"%%1$s","subject":"ticket:%%6$s"}}',
        made, person, due, told.digest, told.id, number) AS promised
FROM plan
JOIN audit_words said ON said.id = 2 * i - 1
JOIN audit_words told ON told.id = 2 * i
CROSS JOIN LATERAL (SELECT {_ISO.format("made_at")} || 'Z' AS made, {_ISO.format("due_at")} || 'Z' AS due) written
"""

ENTRIES = """
WITH first AS (
    SELECT *, encode(sha256(convert_to(repeat('0', 64) || received, 'UTF8')), 'hex') AS hash FROM lines
), both_entries AS (
    SELECT i, 1 AS number, subject, 'received' AS event, person, made_at, received AS line, repeat('0', 64) AS previous, hash
    FROM first
    UNION ALL
    SELECT i, 2, subject, 'promised', person, made_at, promised, hash,
        encode(sha256(convert_to(hash || promised, 'UTF8')), 'hex')
    FROM first
)
INSERT INTO audit_entry (id, subject, number, event, by_id, actor, at, recorded_at, line, previous, hash)
SELECT 2 * i - 2 + number, subject, number, event, person, '', made_at, made_at, line, previous, hash FROM both_entries
"""

HEADS = "INSERT INTO audit_head (subject, number, hash) SELECT subject, number, hash FROM audit_entry WHERE number = 2"
