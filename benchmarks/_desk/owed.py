"""What is owed on each matter, and which steps of its ladder have rung: deadlines and rings."""

from __future__ import annotations

from collections.abc import Iterable

from servicedesk.clock.models import Ladder, Rung

PER_TICKET = 3  # deadlines at most: two promises and a check
WHO = {
    "owner": "owner",
    "department_manager": "manager",
    "executive": "executive",
    "general_manager": "%(chief)s",
}

MOMENT = """to_char(({}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""


def owed(ladders: Iterable[Ladder]) -> str:
    """The temporary table `owed`: one row a deadline, with the moments of its ladder and how many of them have come."""
    return OWED.format(
        moments=_by_kind(ladders, _moments, "timestamptz"),
        rungs=_by_kind(ladders, _rungs, "bigint"),
        told=_by_kind(ladders, _told, "bigint"),
        positions=_by_kind(ladders, _positions, "text"),
    )


def _by_kind(ladders: Iterable[Ladder], column, type_: str) -> str:
    whens = " ".join(f"WHEN '{one.kind}' THEN ARRAY[{', '.join(column(one))}]::{type_}[]" for one in ladders)
    return f"CASE kind {whens} END"


def _steps(ladder: Ladder) -> list[Rung | None]:
    """The rungs in ringing order, None for the stamp; without a calendar a working day is a day."""
    rungs = list(ladder.rungs.all())
    return [*(r for r in rungs if r.is_reminder), None, *(r for r in rungs if not r.is_reminder)]


def _moments(ladder: Ladder) -> list[str]:
    return [_moment(step) for step in _steps(ladder)]


def _moment(rung: Rung | None) -> str:
    if rung is None:
        return "due_at"
    if rung.when == Rung.When.SHARE:
        return f"made_at + (due_at - made_at) * {rung.amount / 100}"
    sign, unit = "-" if rung.when == Rung.When.BEFORE else "+", rung.unit.removeprefix("working_")
    return f"due_at {sign} interval '{rung.amount} {unit}'"


def _rungs(ladder: Ladder) -> list[str]:
    return [str(step.pk) if step else "NULL" for step in _steps(ladder)]


def _told(ladder: Ladder) -> list[str]:
    return [WHO[step.position] if step else "NULL" for step in _steps(ladder)]


def _positions(ladder: Ladder) -> list[str]:
    return [f"'{step.position}'" if step else "NULL" for step in _steps(ladder)]


# A sweep every few seconds: what was planned has rung two seconds later, unless it was settled before. Whoever asked
# for a task owes the confirmation that it is done.
OWED = """
CREATE TEMPORARY TABLE owed AS
WITH given AS (
    SELECT 1 AS seq, CASE kind WHEN 'task' THEN 'task' ELSE 'promise' END AS kind, came_at AS made_at, due_at,
        said_at AS settled_at, i, owner
    FROM plan WHERE due_at IS NOT NULL
    UNION ALL
    SELECT 2, 'promise', said_at, next_due_at, said_again_at, i, owner FROM plan WHERE next_due_at IS NOT NULL
    UNION ALL
    SELECT 3, CASE kind WHEN 'task' THEN 'confirmation' ELSE 'check' END, solved_at, check_due_at, asked_at, i,
        CASE kind WHEN 'task' THEN colleague ELSE owner END
    FROM plan WHERE check_due_at IS NOT NULL
), steps AS MATERIALIZED (
    SELECT given.*, COALESCE(settled_at, %(at)s) - interval '2 seconds' AS heard,
        {moments} AS moments, {rungs} AS rungs, {told} AS told, {positions} AS positions
    FROM (SELECT g.*, p.manager, p.executive, p.number, p.category_name, p.first, p.department FROM given g JOIN plan p USING (i)) given
)
SELECT *, (i - 1) * %(each)s + least(seq, %(each)s) AS id,
    (SELECT count(*) FROM unnest(moments) moment WHERE moment <= heard)::int AS passed,
    CASE WHEN due_at <= heard THEN due_at + interval '2 seconds' END AS broken_at
FROM steps
"""

DEADLINES = f"""
INSERT INTO clock_deadline (id, kind, subject, path, label, owner_id, first_responder_id, department_id, calendar_id,
    round_the_clock, made_at, due_at, derivation, ladder_id, schedule, next_step, next_step_at, next_ring_at, broken_at,
    settled_at, outcome, error)
SELECT id, kind, 'ticket:' || number, '/tickets/' || number || '/', number || ' · ' || category_name,
    owner, first, department, %(calendar)s, FALSE, made_at, due_at,
    jsonb_build_object('rule', 'S2', 'span', NULL, 'from', {MOMENT.format("made_at")},
        'calendar', %(calendar)s, 'version', %(version)s, 'skipped', '[]'::jsonb),
    (%(ladders)s::jsonb ->> kind)::bigint,
    (SELECT jsonb_agg(jsonb_build_array({MOMENT.format("moment")}, rung) ORDER BY n)
        FROM unnest(moments, rungs) WITH ORDINALITY step (moment, rung, n)),
    passed, CASE WHEN settled_at IS NULL THEN moments[passed + 1] END,
    CASE WHEN settled_at IS NULL THEN moments[passed + 1] END, broken_at, settled_at,
    CASE WHEN settled_at > due_at THEN 'late' WHEN settled_at IS NOT NULL THEN 'kept' END, ''
FROM owed
"""

RINGS = """
CREATE TEMPORARY TABLE rang AS
SELECT i, id AS deadline, kind, due_at, rung, moment AS planned_at, moment + interval '2 seconds' AS rang_at, person, owner,
    step.position
FROM owed CROSS JOIN LATERAL unnest(moments, rungs, told, positions) step (moment, rung, person, position)
WHERE passed > 0 AND rung IS NOT NULL AND moment <= heard
"""

RUNG = """
INSERT INTO clock_ring (deadline_id, rung_id, round, planned_at, rang_at, skipped, person_id, owner_id, position, reason)
SELECT deadline, rung, 1, planned_at, rang_at, FALSE, person, owner, position,
    jsonb_build_object('person_id', person, 'position', position, 'asked', position, 'reason', 'holds',
        'on_behalf_of_id', NULL, 'why', '', 'absence_until', NULL, 'passed_over', '[]'::jsonb)
FROM rang ORDER BY deadline, planned_at
"""
