"""A migration comes while workers of the old version run: they lose nothing, and the new ones carry it out."""

import pytest
from django.db import connection

from servicedesk.clock.models import Deadline, Ring
from servicedesk.testing.running import manage
from servicedesk.tests.faults.aftermath import judge

pytestmark = pytest.mark.postgresql
LATER = {"DJANGO_SETTINGS_MODULE": "servicedesk.tests.faults.meddling.later"}


@pytest.fixture
def tables_put_back(transactional_db):
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE clock_ring DROP COLUMN IF EXISTS tomorrow")


def test_workers_of_the_old_version_leave_to_the_new_one_what_they_cannot_write(
    desk, overdue, tables_put_back
):
    with desk.up():
        desk.wait_until_ready()
        migrating = manage(desk.environment | LATER, "migrate", "-v0")
        assert migrating.returncode == 0, migrating.stderr
        overdue(6)
        desk.wait_for_reason("the last sweep was")
        assert not Ring.objects.exists()
        assert not Deadline.objects.set_aside().exists()
    with connection.cursor() as cursor:  # the code of the new version knows what to write there
        cursor.execute("ALTER TABLE clock_ring ALTER COLUMN tomorrow SET DEFAULT 0")
    desk.environment |= LATER
    with desk.up():
        judge(tickets=6)
        desk.wait_until_ready()
