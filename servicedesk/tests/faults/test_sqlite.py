"""The embedded set-up on a disk without room."""

import pytest
from django.db import connection

from servicedesk.clock.models import Deadline, Ring
from servicedesk.testing.running import wait_for
from servicedesk.tests.faults.aftermath import judge

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="how SQLite runs out of room")


def test_a_full_disk_sets_no_row_aside_and_is_told(desk, overdue):
    overdue(40)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
    kept = desk.environment
    desk.environment = kept | {"MEDDLE_PAGES": str(pages)}
    with desk.up():
        wait_for(lambda: desk.told()["beat_age"] is not None)
        desk.wait_for_reason("the sweep has not run yet")
        assert not Ring.objects.exists()
        assert not Deadline.objects.set_aside().exists()
    desk.environment = kept
    with desk.up():
        judge(tickets=40)
        desk.wait_until_ready()
