"""The least that a run of the clock could cost: one set-based statement that knows no rule, with triggers and keys asleep."""

from datetime import datetime

from django.db import connection

from benchmarks._desk import rules_asleep


def ring_by_one_statement(at: datetime) -> int:
    """Claim what is due, ring the owner of what nears and the manager of what breaks, with entry, head and messages."""
    with rules_asleep(), connection.cursor() as cursor:
        cursor.execute(STATEMENT, {"at": at})
        return cursor.fetchone()[0]


_ISO = """to_char(%(at)s::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""

STATEMENT = f"""
WITH claimed AS (
    SELECT d.*, d.schedule -> d.next_step ->> 1 IS NULL AS breaks
    FROM clock_deadline d WHERE d.next_ring_at < %(at)s FOR UPDATE OF d SKIP LOCKED
), due AS (
    SELECT c.*, CASE WHEN breaks THEN p.manager_id ELSE c.owner_id END AS person_id,
        CASE WHEN breaks THEN 'department_manager' ELSE 'owner' END AS position,
        c.schedule -> (c.next_step + breaks::int) AS ringing,
        (c.schedule -> (c.next_step + breaks::int + 1) ->> 0)::timestamptz AS following
    FROM claimed c JOIN staff_department p ON p.id = c.department_id
), moved AS (
    UPDATE clock_deadline d SET next_step = due.next_step + breaks::int + 1, next_step_at = following,
        next_ring_at = following, broken_at = CASE WHEN breaks THEN %(at)s::timestamptz ELSE d.broken_at END
    FROM due WHERE due.id = d.id
), rung AS (
    INSERT INTO clock_ring (deadline_id, rung_id, round, planned_at, rang_at, skipped, person_id, owner_id, position, reason)
    SELECT id, (ringing ->> 1)::bigint, 1, (ringing ->> 0)::timestamptz, %(at)s, FALSE, person_id, owner_id, position,
        '{{"reason": "holds"}}'::jsonb
    FROM due
), told AS (
    SELECT h.subject, h.number + 1 AS number, h.hash AS previous, format(
        '{{"at":"%%1$s","by":"clock","event":"rang","facts":{{"deadline":%%2$s,"rung":%%3$s}},"number":%%4$s,'
            '"recorded_at":"%%1$s","subject":"%%5$s"}}',
        {_ISO}, due.id, ringing ->> 1, h.number + 1, h.subject) AS line
    FROM due JOIN audit_head h ON h.subject = due.subject
), chained AS (
    SELECT *, encode(sha256(convert_to(previous || line, 'UTF8')), 'hex') AS hash FROM told
), entered AS (
    INSERT INTO audit_entry (subject, number, event, actor, at, recorded_at, line, previous, hash)
    SELECT subject, number, 'rang', 'clock', %(at)s, %(at)s, line, previous, hash FROM chained
), headed AS (
    UPDATE audit_head h SET number = c.number, hash = c.hash FROM chained c WHERE c.subject = h.subject
), posted AS (
    INSERT INTO outbox_message (key, event, channel, recipient_id, address, language, timezone, params, urgent, created_at,
        send_after, state, tries, next_try_at, last_error, sent_at)
    SELECT 'sweep:statement:' || person_id || ':' || channel, 'owed', channel, person_id, '', '', '',
        jsonb_build_object('count', count(*), 'items', jsonb_agg(jsonb_build_object('kind', kind, 'label', label, 'path', path,
            'due_at', due_at, 'position', position))), FALSE, %(at)s, %(at)s,
        CASE channel WHEN 'email' THEN 'queued' ELSE 'sent' END, 0,
        CASE channel WHEN 'email' THEN %(at)s::timestamptz END, '',
        CASE channel WHEN 'email' THEN NULL ELSE %(at)s::timestamptz END
    FROM due CROSS JOIN (VALUES ('in_app'), ('email')) channels (channel)
    GROUP BY person_id, channel
)
SELECT count(*) FROM due
"""
