"""What the timeline of each matter tells, in the canonical lines of audit/line.py, each chained to the one before."""

from __future__ import annotations

# The hash of each line from that of the one before it, as a running aggregate.
CHAIN = (
    """
CREATE OR REPLACE FUNCTION pg_temp.chain(hash text, line text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN encode(sha256(convert_to(hash || line, 'UTF8')), 'hex')
""",
    "DROP AGGREGATE IF EXISTS pg_temp.chained(text)",
    f"CREATE AGGREGATE pg_temp.chained(text) (SFUNC = pg_temp.chain, STYPE = text, INITCOND = '{'0' * 64}')",
    """
CREATE OR REPLACE FUNCTION pg_temp.moment(at timestamptz) RETURNS text LANGUAGE sql STABLE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
""",
)

# One row an entry; `rank` orders those of one moment, `by` is empty where the clock acted. Facts are JSON already.
TOLD = """
CREATE TEMPORARY TABLE told AS
SELECT i, came_at AS at, 0 AS rank, 'received' AS event, first AS by,
    '"category":' || category || ',"channel":"' || channel || '","customer":' || COALESCE(customer::text, 'null')
    || ',"first_responder":' || first || ',"kind":"' || kind || '","owner":' || first || ',"read_back":"'
    || CASE WHEN kind IN ('complaint', 'fault') THEN 'yes' ELSE 'not_asked' END
    || '","received_at":{"moment":"' || pg_temp.moment(came_at) || '"},"repeat_of":null,"severity":"'
    || CASE WHEN mod(i, 9) = 0 THEN 'severe' WHEN mod(i, 9) < 4 THEN 'minor' ELSE 'ordinary' END
    || '","wanted":null,"words":' || kept AS facts
FROM plan JOIN said USING (i) WHERE slot = 1
UNION ALL
SELECT i, made_at, 10, 'promised', CASE seq WHEN 1 THEN p.first ELSE p.owner END,
    '"due_at":{"moment":"' || pg_temp.moment(o.due_at) || '"},"number":' || seq || CASE seq WHEN 1 THEN ',"wish":null' ELSE '' END
    || ',"wished":' || (course = 'wished' OR course = 'renewed' AND seq = 2) || ',"words":' || kept
FROM plan p JOIN owed o USING (i) JOIN said s USING (i)
WHERE o.kind IN ('promise', 'task') AND s.slot = CASE seq WHEN 1 THEN 2 ELSE 5 END
UNION ALL
SELECT i, came_at, 11, 'answered', first, '"accepted":true,"words":' || kept
FROM plan JOIN said USING (i) WHERE course = 'answered' AND slot = 4
UNION ALL
SELECT i, moved_at, 2, 'owner_changed', owner, '"how":"taken_over","owner":' || owner || ',"was":' || first FROM plan WHERE moved
UNION ALL
SELECT i, broken_at, 3, 'broke', NULL,
    '"deadline":' || id || ',"due_at":{"moment":"' || pg_temp.moment(due_at) || '"},"kind":"' || kind || '"'
FROM owed WHERE broken_at IS NOT NULL
UNION ALL
SELECT i, rang_at, 4, 'rang', NULL,
    '"deadline":' || deadline || ',"due_at":{"moment":"' || pg_temp.moment(due_at) || '"},"kind":"' || kind || '","person":' || person
    || ',"planned_at":{"moment":"' || pg_temp.moment(planned_at) || '"},"position":"' || position
    || '","reason":"holds","round":1,"rung":' || rung
FROM rang
UNION ALL
SELECT p.i, act.at, act.rank, act.event, act.by, act.facts || kept
FROM plan p CROSS JOIN LATERAL (VALUES
    (kind <> 'task', 3, tried_at, 5, 'said', owner,
        '"channel":"phone","contact":' || %(contacts)s * (p.i - 1) + 2 || ',"mode":"tried","purpose":"reply","words":'),
    (kind <> 'task' AND course <> 'answered', 4, said_at, 5, 'said', owner,
        '"channel":"' || CASE course WHEN 'unreached' THEN 'phone' ELSE channel END || '","contact":' || %(contacts)s * (p.i - 1) + 3
        || ',"mode":"' || CASE course WHEN 'unreached' THEN 'tried' ELSE mode END || '","purpose":"reply","words":'),
    (kind = 'task', 4, said_at, 5, 'task_finished', owner, '"words":'),
    (TRUE, 6, said_again_at, 5, 'said', owner,
        '"channel":"' || channel || '","contact":' || %(contacts)s * (p.i - 1) + 4 || ',"mode":"' || mode || '","purpose":"reply","words":'),
    (kind <> 'task', 7, asked_at, 5, 'said', owner,
        '"channel":"' || channel || '","contact":' || %(contacts)s * p.i || ',"mode":"' || mode || '","purpose":"check","words":')
) act (is_told, slot, at, rank, event, by, facts)
JOIN said s ON s.i = p.i AND s.slot = act.slot WHERE is_told AND act.at IS NOT NULL
UNION ALL
SELECT i, solved_at, 20, 'resolved', owner, '"accepted":' || (kind = 'inquiry') FROM plan WHERE solved_at IS NOT NULL AND course <> 'answered'
UNION ALL
SELECT i, made_at, 21, 'check_owed', NULL,
    '"due_at":{"moment":"' || pg_temp.moment(o.due_at) || '"},"form":"' || CASE p.kind WHEN 'task' THEN 'requester' ELSE 'customer' END
    || '","number":1,"owner":' || o.owner
FROM plan p JOIN owed o USING (i) WHERE o.kind IN ('check', 'confirmation')
UNION ALL
SELECT i, asked_at, 22, 'checked', CASE kind WHEN 'task' THEN colleague ELSE owner END,
    '"form":"' || CASE kind WHEN 'task' THEN 'requester' ELSE 'customer' END || '","number":1,"outcome":"satisfied"'
FROM plan WHERE asked_at IS NOT NULL
UNION ALL
SELECT i, COALESCE(asked_at, solved_at), 23, 'closed',
    CASE WHEN course = 'answered' THEN first WHEN kind = 'task' THEN colleague ELSE owner END,
    CASE WHEN course = 'answered' THEN '"closed_at":{"moment":"' || pg_temp.moment(solved_at) || '"},"ended":"accepted"'
        ELSE '"ended":"' || CASE WHEN kind = 'task' THEN 'confirmed' WHEN checked THEN 'checked'
            WHEN kind = 'inquiry' THEN 'accepted' ELSE 'decided' END || '"' END
FROM plan WHERE closed
"""

LINES = """
CREATE TEMPORARY TABLE lines AS
WITH numbered AS MATERIALIZED (
    SELECT told.*, row_number() OVER (PARTITION BY i ORDER BY at, rank) AS number, 'ticket:' || plan.number AS subject,
        pg_temp.moment(at) AS written
    FROM told JOIN plan USING (i)
), encoded AS MATERIALIZED (
    SELECT i, number, event, by, at, subject, '{"at":"' || written || '","by":' || COALESCE(by::text, '"clock"')
        || ',"event":"' || event || '","facts":{' || facts || '},"number":' || number || ',"recorded_at":"' || written
        || '","subject":"' || subject || '"}' AS line
    FROM numbered
)
SELECT *, pg_temp.chained(line) OVER (PARTITION BY i ORDER BY number) AS hash FROM encoded
"""

ENTRIES = """
INSERT INTO audit_entry (subject, number, event, by_id, actor, at, recorded_at, line, previous, hash)
SELECT subject, number, event, by, CASE WHEN by IS NULL THEN 'clock' ELSE '' END, at, at, line,
    lag(hash, 1, repeat('0', 64)) OVER (PARTITION BY i ORDER BY number), hash
FROM lines
"""

HEADS = """
INSERT INTO audit_head (subject, number, hash)
SELECT DISTINCT ON (i) subject, number, hash FROM lines ORDER BY i, number DESC
"""
