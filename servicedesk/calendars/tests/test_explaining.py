from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from servicedesk.calendars.explaining import describe, skipped
from servicedesk.calendars.models import Calendar

pytestmark = pytest.mark.django_db
START = datetime(2026, 9, 30, 15, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def edition():
    return Calendar.objects.default().edition()


def test_a_promise_over_the_national_day_says_why(edition):
    steps = edition.work.explain_days(START, 1)

    assert skipped(steps, edition.days) == "1 to 7 Oct: National Day"
    assert describe(steps, edition.days) == [
        "1 to 7 Oct: National Day",
        "8 Oct: working day, until 17:30",
    ]


def test_working_hours_are_told_day_by_day(edition):
    steps = edition.work.explain(START, timedelta(hours=22))

    assert describe(steps, edition.days) == [
        "30 Sep: 15:00 to 17:30, 2 h 30 min",
        "1 to 7 Oct: National Day",
        "8 Oct: 08:30 to 17:30, 9 h",
        "9 Oct: 08:30 to 17:30, 9 h",
        "10 Oct, make-up working day: 08:30 to 10:00, 1 h 30 min",
    ]


def test_a_plain_weekend_is_no_reason(edition):
    steps = edition.work.explain_days(datetime(2026, 11, 27, 15, tzinfo=START.tzinfo), 1)

    assert skipped(steps, edition.days) == ""
    assert describe(steps, edition.days)[0] == "28 to 29 Nov: non-working day"


def test_the_reason_is_given_in_the_readers_language(edition):
    steps = edition.work.explain_days(START, 1)

    with translation.override("zh-hans"):
        assert "国庆节" in skipped(steps, edition.days)
    with translation.override("zh-hant"):
        assert "國慶節" in skipped(steps, edition.days)
