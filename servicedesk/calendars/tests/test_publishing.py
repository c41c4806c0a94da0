from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from servicedesk.calendars import editions
from servicedesk.calendars.models import Calendar, CalendarVersion, HolidayList
from servicedesk.calendars.publishing import load_holidays, publish, set_hours
from servicedesk.calendars.testing import OFFICE_HOURS, ROUND_THE_CLOCK, make_calendar
from servicedesk.testing.people import make_user

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.mark.clause("R3.7.1a")
def test_the_organisation_starts_with_office_hours_and_chinas_holidays():
    calendar = Calendar.objects.default()

    assert calendar.version == 1
    work = calendar.work_calendar()
    assert work.add_days(datetime(2026, 9, 30, 15, tzinfo=SHANGHAI), 1) == datetime(
        2026, 10, 8, 17, 30, tzinfo=SHANGHAI
    )
    assert work.is_open(datetime(2026, 10, 10, 8, 30, tzinfo=SHANGHAI))  # a Saturday, made up


@pytest.mark.clause("R5.8a")
def test_a_year_is_published_provisional_or_missing():
    calendar = Calendar.objects.default()

    assert calendar.published(2026)
    assert not calendar.provisional(2026)
    assert calendar.provisional(2027)
    assert not calendar.published(2027)
    assert not calendar.published(2028)
    assert not calendar.provisional(2028)


def test_changed_hours_make_one_new_version_and_the_old_one_can_be_replayed():
    calendar = make_calendar()
    changed = set_hours(calendar, {**OFFICE_HOURS, 5: [(time(9), time(12))]}, by=make_user(), at=NOW)

    saturday = datetime(2026, 3, 7, 10, tzinfo=SHANGHAI)
    assert changed.version == 2
    assert changed.work_calendar().is_open(saturday)
    assert not changed.work_calendar(version=1).is_open(saturday)


def test_publishing_what_has_not_changed_makes_no_version():
    calendar = make_calendar()

    assert publish(calendar, by=None, at=NOW).version == 1
    assert set_hours(calendar, OFFICE_HOURS, by=None, at=NOW).version == 1
    assert CalendarVersion.objects.filter(calendar=calendar).count() == 1


def test_a_calendar_without_working_time_is_refused_and_nothing_changes():
    calendar = make_calendar()

    with pytest.raises(ValidationError, match="at least one weekday"):
        set_hours(calendar, {}, by=None, at=NOW)

    assert calendar.hours.count() == 5


def test_an_unknown_zone_is_refused():
    with pytest.raises(ValidationError, match="time zone"):
        Calendar(name="Moon", timezone="Moon/Tranquility").full_clean()
    with pytest.raises(ValidationError, match="time zone"):
        make_calendar(timezone="../etc/passwd")


def test_there_is_one_default_calendar():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_calendar(is_default=True)


def test_a_calendar_without_a_region_has_no_holidays_to_wait_for():
    calendar = make_calendar(ROUND_THE_CLOCK, region="")

    assert calendar.published(2031)
    assert calendar.work_calendar().is_open(datetime(2026, 10, 1, tzinfo=UTC))


def test_the_arithmetic_is_read_once_per_version(django_assert_num_queries):
    calendar = make_calendar(timezone="Asia/Urumqi")
    editions._read.clear()  # whoever hears that a calendar changed may have read it

    with django_assert_num_queries(1):
        calendar.work_calendar()
    with django_assert_num_queries(0):
        calendar.work_calendar()


def test_loading_a_new_year_gives_its_calendars_a_version():
    calendar = make_calendar(region="DE-BY", timezone="Europe/Berlin")
    listed = load_holidays("DE-BY", 2026, by=None, at=NOW)

    calendar.refresh_from_db()
    assert calendar.version == 2
    assert calendar.published(2026)
    assert not calendar.work_calendar().is_working_day(date(2026, 6, 4))  # Corpus Christi
    assert listed.number == 1


def test_loading_the_same_year_again_changes_nothing():
    before = Calendar.objects.default()
    load_holidays("CN", 2026, by=None, at=NOW)

    assert Calendar.objects.default().version == before.version
    assert HolidayList.objects.filter(region="CN", year=2026).count() == 1


def test_a_list_that_changed_is_kept_beside_the_one_in_force():
    current = HolidayList.objects.current().get(region="CN", year=2026)
    current.rules.get(date="2026-10-10").delete()
    load_holidays("CN", 2026, by=make_user(), at=NOW)

    kept = HolidayList.objects.get(region="CN", year=2026, number=1)
    assert kept.superseded_at == NOW
    assert not kept.rules.filter(date="2026-10-10").exists()
    now = HolidayList.objects.current().get(region="CN", year=2026)
    assert (now.pk, now.number) == (current.pk, 2)
    assert now.rules.get(date="2026-10-10").kind == "work"


@pytest.mark.parametrize(("region", "year"), [("XX", 2026), ("DE-QQ", 2026), ("CN", 2500)])
def test_an_unknown_region_or_year_is_refused(region, year):
    with pytest.raises(ValidationError, match="No holidays are known"):
        load_holidays(region, year, by=None, at=NOW)


def test_each_change_is_on_record_with_who_and_when():
    calendar, person = make_calendar(), make_user()
    set_hours(calendar, ROUND_THE_CLOCK, by=person, at=NOW)

    assert calendar.history.order_by("history_id").last().history_user == person
    entry = calendar.hours.first().history.latest()
    assert (entry.history_user, entry.history_date) == (person, NOW)
