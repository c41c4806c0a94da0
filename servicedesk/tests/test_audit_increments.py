"""What an increment of the audit sees of tickets: rows at odds with a timeline that moved, and none of those that rest."""

from datetime import timedelta

import pytest
from django.db import connection

from servicedesk.audit.invariants import findings
from servicedesk.audit.seals import seal
from tickets.contacts import update_customer
from tickets.testing import HOUR, MONDAY, make_ticket

pytestmark = pytest.mark.django_db


def wrong(**how) -> set[tuple[str, str]]:
    return {
        (one.invariant.check.__name__, example.subject) for one in findings(**how) for example in one.examples
    }


def test_a_forged_row_is_found_by_the_increment_where_its_matter_moved_and_else_by_the_full_run(
    triggers_lifted,
):
    rests, moves = make_ticket(), make_ticket()
    seal(MONDAY.date(), at=MONDAY)
    update_customer(moves, words="Ordered.", mode="spoken", channel="phone", by=moves.owner, at=MONDAY + HOUR)
    with triggers_lifted(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE clock_deadline SET due_at = %s WHERE id IN (%s, %s)",
            [MONDAY + timedelta(days=90), rests.live_deadline_id, moves.live_deadline_id],
        )

    check = "rows_agree_with_their_timeline"
    assert wrong(since=MONDAY.date()) == {(check, moves.key)}
    assert wrong() == {(check, moves.key), (check, rests.key)}
