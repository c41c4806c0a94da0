"""The rows of each matter: what was said, the ticket, its contacts, promises, checks and owners."""

from __future__ import annotations

PER_TICKET = 5  # contacts at most: intake, an attempt, two replies, the check

# What was said on a matter; `slot` tells the texts of one ticket apart, `kept` is how its timeline names it.
SAID = """
CREATE TEMPORARY TABLE said AS
WITH picked AS MATERIALIZED (
    SELECT *, 'house ' || 1 + mod(i * 17, 97) || ', flat ' || i AS place,
        (ARRAY['heating', 'lift', 'tap', 'lamp', 'door', 'stairwell', 'barrier', 'pump', 'meter', 'key', 'hedge', 'gate'])
            [1 + mod((12 * pg_temp.luck(i, 21))::int, 12)] AS thing,
        (ARRAY['has been cold since Friday', 'makes a grinding noise at night', 'drips and drips', 'went out again',
            'does not close', 'smells of smoke', 'stands open the whole day', 'shows a wrong reading',
            'was promised for last week'])[1 + mod((9 * pg_temp.luck(i, 22))::int, 9)] AS trouble
    FROM plan
), texts AS (
    SELECT i, slot, text FROM picked CROSS JOIN LATERAL (VALUES
        (1, TRUE, place || ': the ' || thing || ' ' || trouble || ', and nobody has come to look at it.'),
        (2, due_at IS NOT NULL, 'When somebody will come to ' || place || ' to see to the ' || thing),
        (3, tried_at IS NOT NULL, 'Rang ' || place || ' twice, nobody answered'),
        (4, said_at IS NOT NULL, 'Told ' || place || ' what we found: the ' || thing || ' needs a part'),
        (5, next_due_at IS NOT NULL, 'When the part for the ' || thing || ' will be there'),
        (6, said_again_at IS NOT NULL, 'Told ' || place || ' that the ' || thing || ' is repaired'),
        (7, asked_at IS NOT NULL AND kind <> 'task', 'Asked at ' || place || ': the ' || thing || ' works, content')
    ) written (slot, given, text) WHERE given
), salted AS MATERIALIZED (SELECT *, %(words)s + 7 * (i - 1) + slot AS id, md5('salt' || i || '/' || slot) AS salt FROM texts)
SELECT *, '{"digest":"' || digest || '","words":' || id || '}' AS kept
FROM salted CROSS JOIN LATERAL (SELECT encode(sha256(convert_to(salt || text, 'UTF8')), 'hex') AS digest OFFSET 0) digested
"""

WORDS = "INSERT INTO audit_words (id, text, salt, digest) SELECT id, text, salt, digest FROM said"

TICKETS = """
INSERT INTO tickets_ticket (id, number, kind, category_id, severity, channel, customer_id, contact_person_id, anonymous,
    first_words_id, read_back, received_at, recorded_at, recorder_id, first_responder_id, owner_id, requester_id,
    department_id, state, ended, demands_check, is_history, live_deadline_id, open_check_id, due_at, resolved_at, closed_at,
    touched_at, chased, source, tokens)
SELECT p.i, number, kind, category, CASE WHEN mod(p.i, 9) = 0 THEN 'severe' WHEN mod(p.i, 9) < 4 THEN 'minor' ELSE 'ordinary' END,
    channel, customer, person, customer IS NULL AND kind <> 'task',
    s.id, CASE WHEN kind IN ('complaint', 'fault') THEN 'yes' ELSE 'not_asked' END,
    came_at, came_at, first, first, owner, CASE kind WHEN 'task' THEN colleague END,
    department, CASE WHEN closed THEN 'closed' WHEN course = 'resolved' THEN 'resolved' ELSE 'unresolved' END,
    CASE WHEN closed THEN CASE
        WHEN course = 'answered' THEN 'accepted'
        WHEN kind = 'task' THEN 'confirmed'
        WHEN checked THEN 'checked'
        WHEN kind = 'inquiry' THEN 'accepted'
        ELSE 'decided' END END,
    checked OR kind = 'task', FALSE, CASE WHEN solved_at IS NULL THEN o.id END, CASE WHEN course = 'resolved' THEN o.id END, o.until,
    solved_at, CASE WHEN closed THEN COALESCE(asked_at, solved_at) END,
    greatest(came_at, tried_at, said_at, said_again_at, asked_at), CASE WHEN mod(p.i, 30) = 11 AND said_at IS NOT NULL THEN 1 ELSE 0 END, '',
    replace(number, '-', ' ') || btrim(regexp_replace(lower(' ' || s.text), '[^a-z0-9]+', ' ', 'g'), '') || COALESCE(' ' || known_by, '')
FROM plan p
JOIN said s ON s.i = p.i AND s.slot = 1
LEFT JOIN (SELECT i, id, due_at AS until FROM owed WHERE settled_at IS NULL) o ON o.i = p.i
LEFT JOIN (SELECT id AS customer, tokens AS known_by FROM customers_customer) c USING (customer)
"""

# An accepted answer stands in the very reply that solved the matter.
CONTACTS = """
INSERT INTO tickets_contact (id, ticket_id, direction, mode, purpose, channel, person_id, by_id, at, recorded_at, words_id,
    chased, accepted)
SELECT %(contacts)s * (p.i - 1) + contact.n, p.i, direction, contact.mode, purpose,
    CASE WHEN contact.mode = 'tried' THEN 'phone' ELSE channel END, person, by, at, at, s.id,
    contact.n = 3 AND mod(p.i, 30) = 11, purpose = 'reply' AND (at = solved_at) IS TRUE AND (course = 'answered' OR kind = 'inquiry')
FROM plan p CROSS JOIN LATERAL (VALUES
    (1, 1, 'in', p.mode, 'intake', first, came_at),
    (2, 3, 'out', 'tried', 'reply', owner, tried_at),
    (3, 4, 'out', CASE course WHEN 'unreached' THEN 'tried' ELSE p.mode END, 'reply',
        CASE course WHEN 'answered' THEN first ELSE owner END, said_at),
    (4, 6, 'out', p.mode, 'reply', owner, said_again_at),
    (5, 7, 'out', p.mode, 'check', owner, asked_at)
) contact (n, slot, direction, mode, purpose, by, at)
JOIN said s ON s.i = p.i AND s.slot = contact.slot
WHERE p.kind <> 'task' AND at IS NOT NULL
"""

PROMISES = """
INSERT INTO tickets_promise (ticket_id, deadline_id, number, words_id, channel, person_id, made_by_id, made_at, wished, reply_id)
SELECT p.i, o.id, seq, s.id, channel, p.person, CASE seq WHEN 1 THEN p.first ELSE p.owner END, made_at,
    course = 'wished' OR course = 'renewed' AND seq = 2,
    CASE WHEN settled_at IS NOT NULL THEN %(contacts)s * (p.i - 1) + 2 + seq END
FROM plan p JOIN owed o USING (i) JOIN said s ON s.i = p.i AND s.slot = CASE seq WHEN 1 THEN 2 ELSE 5 END
WHERE o.kind = 'promise' ORDER BY o.id
"""

CHECKS = """
INSERT INTO tickets_opinioncheck (ticket_id, deadline_id, number, form, solver_id, outcome, asked_by_id, asked_at, contact_id)
SELECT p.i, o.id, 1, CASE p.kind WHEN 'task' THEN 'requester' ELSE 'customer' END,
    CASE course WHEN 'answered' THEN first ELSE p.owner END, CASE WHEN closed THEN 'satisfied' END,
    CASE WHEN closed THEN CASE WHEN p.kind = 'task' THEN colleague WHEN course = 'answered' THEN first ELSE p.owner END END,
    CASE WHEN closed THEN COALESCE(asked_at, solved_at) END,
    CASE WHEN asked_at IS NOT NULL AND p.kind <> 'task' THEN %(contacts)s * p.i END
FROM plan p LEFT JOIN (SELECT i, id FROM owed WHERE kind IN ('check', 'confirmation')) o USING (i)
WHERE o.id IS NOT NULL OR course = 'answered' AND checked ORDER BY p.i
"""

PERIODS = """
INSERT INTO tickets_ownershipperiod (ticket_id, owner_id, department_id, how, from_at, to_at)
SELECT p.i, who, department, how, from_at, to_at
FROM plan p CROSS JOIN LATERAL (SELECT CASE WHEN closed THEN COALESCE(asked_at, solved_at) END AS closed_at) ending
CROSS JOIN LATERAL (VALUES
    (TRUE, first, 'received', came_at, CASE WHEN moved THEN moved_at ELSE closed_at END),
    (moved, owner, 'taken_over', moved_at, closed_at)
) period (held, who, how, from_at, to_at) WHERE held ORDER BY p.i, from_at
"""
