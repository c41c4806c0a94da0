"""When a person can be reached: working time less absences (DESIGN 4, CASES t)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from servicedesk.calendars.models import Calendar
from servicedesk.calendars.testing import make_calendar
from servicedesk.staff.directory import Directory
from servicedesk.staff.testing import make_absence, make_department, make_user

pytestmark = pytest.mark.django_db

SHANGHAI = ZoneInfo("Asia/Shanghai")


def shanghai(*parts) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)


WEDNESDAY_NIGHT = shanghai(2026, 3, 4, 23, 0)
THURSDAY_OPENING = shanghai(2026, 3, 5, 8, 30)


@pytest.fixture
def person():
    return make_user(department=make_department())


def directory() -> Directory:
    return Directory.at(WEDNESDAY_NIGHT)


def test_at_night_a_person_is_reached_at_the_next_opening(person):
    assert directory().reachable(person.pk, WEDNESDAY_NIGHT) == THURSDAY_OPENING


def test_in_working_time_a_person_is_reached_at_once(person):
    noon = shanghai(2026, 3, 5, 12, 0)

    assert directory().reachable(person.pk, noon) == noon


def test_the_end_of_an_absence_comes_first(person):
    make_absence(person, starts_at=shanghai(2026, 3, 5), ends_at=shanghai(2026, 3, 6, 14, 0))

    assert directory().reachable(person.pk, WEDNESDAY_NIGHT) == shanghai(2026, 3, 6, 14, 0)


def test_absences_that_follow_each_other_are_waited_for_one_by_one(person):
    make_absence(person, starts_at=shanghai(2026, 3, 4), ends_at=shanghai(2026, 3, 6))
    make_absence(person, starts_at=shanghai(2026, 3, 6, 8), ends_at=shanghai(2026, 3, 6, 18))

    assert directory().reachable(person.pk, WEDNESDAY_NIGHT) == shanghai(2026, 3, 9, 8, 30)


def test_an_absence_without_end_holds_nothing_back(person):
    make_absence(person)

    assert directory().reachable(person.pk, WEDNESDAY_NIGHT) == THURSDAY_OPENING


def test_the_last_moment_before_the_night_is_a_minute_before_closing(person):
    assert directory().last_reachable(person.pk, WEDNESDAY_NIGHT) == shanghai(2026, 3, 4, 17, 29)


def test_the_last_moment_lies_before_an_absence(person):
    make_absence(person, starts_at=shanghai(2026, 3, 4, 12, 0), ends_at=shanghai(2026, 3, 6))

    found = directory().last_reachable(person.pk, WEDNESDAY_NIGHT)

    assert found == shanghai(2026, 3, 4, 11, 59)


def test_the_calendar_is_the_departments_or_the_one_above_or_the_organisations(person):
    nights = make_calendar({weekday: [(time(22), time(6))] for weekday in range(7)})
    above = make_department(calendar=nights)
    below = make_department(parent=above)
    watch = make_user(department=below)

    assert directory().calendar_of(below.pk) == nights
    assert directory().reachable(watch.pk, WEDNESDAY_NIGHT) == WEDNESDAY_NIGHT
    assert directory().calendar_of(person.department_id) == Calendar.objects.default()
    assert directory().calendar_of(None) == Calendar.objects.default()


def test_the_answer_comes_in_the_zone_of_the_question(person):
    make_absence(person, starts_at=shanghai(2026, 3, 5), ends_at=shanghai(2026, 3, 5, 12))
    asked = WEDNESDAY_NIGHT.astimezone(UTC)

    assert directory().reachable(person.pk, asked).utcoffset() == timedelta(0)
