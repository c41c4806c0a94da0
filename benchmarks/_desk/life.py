"""What becomes of each matter, and when: one row of the temporary table `plan` a ticket.

A matter is one of these courses. Every time but the last ones is given by hand, so that nothing lies ahead of now.

    waiting     one promise, still live; overdue where its time has passed
    wished      the same, the customer wished to hear much later
    renewed     the first promise kept, a second one live
    resolved    solved, the opinion check still owed
    answered    answered and accepted in the very contact
    solved      the promise kept by the solution
    twice       the first promise kept by news, the second by the solution
    late        the solution came after the promised time
    unreached   two attempts that reached nobody kept the first promise, the solution the second

What is solved is checked, accepted, decided or confirmed, as its kind demands, and thereby closed.
"""

# A number from 0 to 1 that follows from a ticket's own; `k` tells those of one ticket apart.
LUCK = """
CREATE OR REPLACE FUNCTION pg_temp.luck(i bigint, k bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN (hashint8extended(i, k) & 2147483647)::float8 / 2147483648
"""

# Open matters alone, spread evenly over the people. Those of the rush stand, one by one, right after now: odd ones at
# their due time, even ones at the first reminder; all others were promised so lately that nothing comes before tomorrow.
CALM = """
SELECT i, 'waiting' AS course, 'complaint' AS kind, 1 + mod(i * 7919, %(size)s) AS owner_at, FALSE AS moved, came_at,
    came_at + interval '5 days' AS due_at, NULL::timestamptz AS tried_at, NULL::timestamptz AS said_at,
    NULL::timestamptz AS next_due_at, NULL::timestamptz AS said_again_at
FROM generate_series(%(first)s::bigint, %(last)s) i CROSS JOIN LATERAL (
    SELECT %(at)s::timestamptz + CASE
        WHEN i > %(rush)s THEN interval '-66 hours' * pg_temp.luck(i, 1)
        ELSE i * %(step)s::interval - interval '1 microsecond'
            - CASE WHEN mod(i, 2) = 1 THEN interval '5 days' ELSE interval '90 hours' END END AS came_at) came
"""

# Each step stands by itself (MATERIALIZED, OFFSET 0): put together, an expression grows with every step that names it.
# Three years: seven of ten came evenly over them and are closed, three of ten came within the last half a year, most of
# them lately, and are open. The newer share of all is solved for the age, so that numbers follow the time. Some hundreds
# fall to the same busy person, whatever the size.
LIVED = """
WITH shares AS MATERIALIZED (
    SELECT i, (%(count)s - i + 0.5)::float8 / %(count)s AS newer,
        0.7 * 170 / 1095 AS closed_by_then, pg_temp.luck(i, 1) AS fate, pg_temp.luck(i, 2) AS way,
        pg_temp.luck(i, 3) AS sort, pg_temp.luck(i, 4) AS pace, pg_temp.luck(i, 10) AS turn
    FROM generate_series(%(first)s::bigint, %(last)s) i
), ages AS MATERIALIZED (
    SELECT *, (sqrt(0.09 + 4 * closed_by_then * newer) - 0.3) / (2 * closed_by_then) AS root
    FROM shares
), courses AS MATERIALIZED (
    SELECT *, %(at)s::timestamptz - age AS came_at, CASE
        WHEN newer < 0.3 + closed_by_then AND fate < 1 / (1 + root * 2 * closed_by_then / 0.3) THEN CASE
            WHEN age < interval '5 days' AND turn < 0.17 THEN 'resolved'
            WHEN age < interval '5 days' OR turn < 0.10 THEN 'waiting'
            WHEN age < interval '85 days' AND turn < 0.55 THEN 'wished'
            ELSE 'renewed' END
        WHEN way < 0.25 THEN 'answered'
        WHEN way < 0.65 OR age < interval '20 days' THEN 'solved'
        WHEN way < 0.80 THEN 'twice'
        WHEN way < 0.90 THEN 'late'
        ELSE 'unreached' END AS course
    FROM ages CROSS JOIN LATERAL (SELECT CASE WHEN newer < 0.3 + closed_by_then THEN interval '170 days' * root ^ 2
        ELSE interval '170 days' + interval '1095 days' * (newer - 0.3 - closed_by_then) / 0.7 END AS age OFFSET 0) aged
), kinds AS MATERIALIZED (
    SELECT *, CASE
        WHEN sort < 0.06 AND course IN ('waiting', 'solved') THEN 'task'
        WHEN sort < 0.40 THEN 'complaint'
        WHEN sort < 0.55 THEN 'fault'
        WHEN sort < 0.80 OR course = 'resolved' THEN 'request'
        WHEN sort < 0.93 OR course = 'answered' THEN 'inquiry'
        ELSE 'suggestion' END AS kind,
        course = 'renewed' AND age > interval '85 days' AS long
    FROM courses
), dated AS MATERIALIZED (
    SELECT *, CASE
        WHEN long THEN came_at + 0.5 * age + interval '2 days'
        WHEN course = 'wished' THEN %(at)s + pg_temp.luck(i, 5) * interval '6 days'
        ELSE came_at + interval '4 days' + pg_temp.luck(i, 5) * interval '3 days' END AS due_at
    FROM kinds
)
SELECT i, course, kind, CASE WHEN mod(i, %(rare)s) = 0 THEN 1 ELSE 1 + mod(i * 7919, %(size)s) END AS owner_at,
    age > interval '1 day' AND course <> 'answered' AND pg_temp.luck(i, 6) < 0.05 AS moved, came_at,
    CASE WHEN course <> 'answered' THEN due_at END AS due_at, tried_at, said_at, next_due_at,
    CASE WHEN course IN ('twice', 'unreached') THEN said_at + (0.1 + 0.8 * pace) * (next_due_at - said_at) END AS said_again_at
FROM dated CROSS JOIN LATERAL (SELECT
    CASE WHEN course = 'unreached' THEN came_at + 0.3 * (due_at - came_at) END AS tried_at,
    CASE
        WHEN course IN ('waiting', 'wished') THEN NULL
        WHEN course = 'answered' THEN came_at
        WHEN course = 'late' THEN due_at + (0.2 + 2 * pace) * interval '1 day'
        WHEN course = 'unreached' THEN came_at + 0.6 * (due_at - came_at)
        WHEN long THEN came_at + 0.5 * age
        ELSE came_at + (0.05 + 0.7 * pace) * least(0.8 * age, due_at - came_at) END AS said_at OFFSET 0) said
CROSS JOIN LATERAL (SELECT CASE
    WHEN course IN ('twice', 'unreached') THEN said_at + interval '3 days'
    WHEN course = 'renewed' AND pg_temp.luck(i, 7) < 0.1 THEN %(at)s - pg_temp.luck(i, 8) ^ 2 * least(age / 5, interval '9 days')
    WHEN course = 'renewed' THEN %(at)s + pg_temp.luck(i, 8) * interval '6 days' END AS next_due_at OFFSET 0) next
"""

# All that every row of a ticket follows from. `solved_at` is when the last words were said, `asked_at` when somebody
# asked whether it is well.
PLAN = """
CREATE TEMPORARY TABLE plan AS
WITH lot AS MATERIALIZED ({lot}), people AS MATERIALIZED (
    SELECT *, CASE WHEN moved THEN 1 + mod(owner_at + 39, %(size)s) ELSE owner_at END AS first_at, CASE
        WHEN course IN ('twice', 'unreached') THEN said_again_at
        WHEN course NOT IN ('waiting', 'wished', 'renewed') THEN said_at END AS solved_at,
        kind IN ('complaint', 'fault', 'request') AS checked, 1 + mod(i * 31, %(kinds)s) AS category_at,
        CASE WHEN mod(i, %(rare)s) = 7 THEN 1 ELSE 1 + mod(i * 6151, greatest(%(served)s, 1)) END AS customer_at
    FROM lot
)
SELECT i, course, kind, moved, came_at, due_at, tried_at, said_at, next_due_at, said_again_at, solved_at, checked,
    course IN ('answered', 'solved', 'twice', 'late', 'unreached') AS closed,
    to_char(came_at AT TIME ZONE %(zone)s, 'YYYY') || '-' || lpad(i::text, greatest(6, length(i::text)), '0') AS number,
    (%(people)s::bigint[])[owner_at] AS owner, (%(people)s::bigint[])[first_at] AS first,
    (%(people)s::bigint[])[1 + mod(owner_at + 79, %(size)s)] AS colleague,
    (%(departments)s::bigint[])[owner_at] AS department,
    (%(managers)s::bigint[])[owner_at] AS manager, (%(executives)s::bigint[])[owner_at] AS executive,
    (%(categories)s::bigint[])[category_at] AS category, (%(names)s::text[])[category_at] AS category_name,
    CASE WHEN kind <> 'task' THEN (%(customers)s::bigint[])[customer_at] END AS customer,
    CASE WHEN kind <> 'task' THEN (%(persons)s::bigint[])[customer_at] END AS person,
    CASE WHEN mod(i, 4) = 1 THEN 'email' ELSE 'phone' END AS channel,
    CASE WHEN mod(i, 4) = 1 THEN 'written' ELSE 'spoken' END AS mode,
    came_at + interval '2 minutes' AS moved_at,
    CASE WHEN solved_at IS NOT NULL AND course <> 'answered' AND (checked OR kind = 'task')
        THEN solved_at + interval '2 days' END AS check_due_at,
    CASE WHEN course NOT IN ('resolved', 'answered') AND (checked OR kind = 'task')
        THEN solved_at + (0.1 + 0.6 * pg_temp.luck(i, 9)) * least(interval '2 days', %(at)s - solved_at) END AS asked_at
FROM people
"""
