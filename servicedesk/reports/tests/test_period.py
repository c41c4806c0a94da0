"""Periods and what they are compared with."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from servicedesk.reports.period import Against, Kind, Period, midnight, weeks_up_to

SHANGHAI = ZoneInfo("Asia/Shanghai")
BEFORE, YEAR = Against.BEFORE, Against.YEAR


def days(period):
    return period.first.isoformat(), period.last.isoformat()


@pytest.mark.parametrize(
    ("kind", "day", "expected"),
    [
        (Kind.WEEK, date(2026, 5, 17), ("2026-05-11", "2026-05-17")),
        (Kind.WEEK, date(2027, 1, 1), ("2026-12-28", "2027-01-03")),
        (Kind.MONTH, date(2028, 2, 10), ("2028-02-01", "2028-02-29")),
        (Kind.QUARTER, date(2026, 12, 31), ("2026-10-01", "2026-12-31")),
        (Kind.QUARTER, date(2026, 4, 1), ("2026-04-01", "2026-06-30")),
    ],
)
def test_a_period_lies_around_a_day(kind, day, expected):
    period = Period.around(kind, day)
    assert days(period) == expected
    assert period.start == midnight(period.first)
    assert days(period.after().compared(BEFORE)) == expected


def test_there_is_no_period_of_ones_own_around_a_day():
    with pytest.raises(ValueError, match="weeks, months and quarters"):
        Period.around(Kind.CUSTOM, date(2026, 5, 1))


@pytest.mark.parametrize(
    ("period", "before", "year"),
    [
        (
            Period.around(Kind.WEEK, date(2026, 5, 11)),
            ("2026-05-04", "2026-05-10"),
            ("2025-05-12", "2025-05-18"),
        ),
        (
            Period.around(Kind.MONTH, date(2026, 3, 31)),
            ("2026-02-01", "2026-02-28"),
            ("2025-03-01", "2025-03-31"),
        ),
        (
            Period.around(Kind.QUARTER, date(2026, 1, 1)),
            ("2025-10-01", "2025-12-31"),
            ("2025-01-01", "2025-03-31"),
        ),
        (
            Period(Kind.CUSTOM, date(2028, 2, 20), date(2028, 2, 29)),
            ("2028-02-10", "2028-02-19"),
            ("2027-02-20", "2027-02-28"),
        ),
    ],
)
def test_a_period_is_compared_with_the_one_before_or_a_year_before(period, before, year):
    assert days(period.compared(BEFORE)) == before
    assert days(period.compared(YEAR)) == year
    assert period.compared(Against.NOTHING) is None


def test_now_is_compared_with_the_same_moment_of_the_period_before():
    now = datetime(2026, 3, 31, 9, 30, tzinfo=SHANGHAI)
    expected = {Kind.WEEK: (2026, 3, 24), Kind.MONTH: (2026, 2, 28), Kind.QUARTER: (2025, 12, 31)}
    for kind, day in expected.items():
        assert Period.around(kind, now.date()).earlier(now, BEFORE) == datetime(*day, 9, 30, tzinfo=SHANGHAI)
    assert Period.around(Kind.WEEK, now.date()).earlier(now, Against.NOTHING) is None


def test_a_period_shorter_than_the_chart_is_shown_with_the_weeks_before_it():
    month = Period.around(Kind.MONTH, date(2026, 5, 1))
    assert [week.first.isoformat() for week in weeks_up_to(month, 2)] == [
        "2026-04-27", "2026-05-04", "2026-05-11", "2026-05-18", "2026-05-25",
    ]  # fmt: skip
    assert len(weeks_up_to(month, 12)) == 12
