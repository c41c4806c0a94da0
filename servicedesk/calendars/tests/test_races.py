"""Two administrators at once, with real transactions."""

from datetime import UTC, datetime, time
from threading import Barrier, Thread

import pytest
from django.db import connection

from servicedesk.calendars.models import Calendar, HolidayList
from servicedesk.calendars.publishing import load_holidays, set_hours
from servicedesk.calendars.testing import OFFICE_HOURS, default_calendar, make_calendar

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


def at_once(*acts):
    """Run the acts in threads that start together; what they raised."""
    barrier, raised = Barrier(len(acts)), []

    def run(act):
        barrier.wait()
        try:
            act()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_two_changes_at_once_make_two_versions():
    calendar = make_calendar()
    saturday = {**OFFICE_HOURS, 5: [(time(9), time(12))]}
    sunday = {**OFFICE_HOURS, 6: [(time(9), time(12))]}

    raised = at_once(
        lambda: set_hours(calendar, saturday, by=None, at=NOW),
        lambda: set_hours(calendar, sunday, by=None, at=NOW),
    )

    assert not raised
    calendar.refresh_from_db()
    assert calendar.version == 3
    assert calendar.hours.count() == 6
    assert [row.version for row in calendar.versions.order_by("version")] == [1, 2, 3]


def test_the_same_year_loaded_twice_at_once_is_loaded_once():
    calendar = make_calendar(region="DE-BY", timezone="Europe/Berlin")

    raised = at_once(*[lambda: load_holidays("DE-BY", 2026, by=None, at=NOW)] * 2)

    assert not raised
    assert HolidayList.objects.filter(region="DE-BY").count() == 1
    calendar.refresh_from_db()
    assert calendar.version == 2


def test_there_is_a_default_calendar_to_test_with():
    assert default_calendar() == Calendar.objects.default()
