"""How moments and stretches of time are said."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from servicedesk.timewords import full_time, short_time, soon_from, time_left, time_since, urgency

NOW = datetime(2027, 5, 3, 4, 0, tzinfo=UTC)  # noon in Shanghai


@pytest.fixture(autouse=True)
def shanghai():
    with timezone.override(ZoneInfo("Asia/Shanghai")), translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(days=3, hours=2, minutes=59), "3 d 2 h left"),
        (timedelta(hours=47, minutes=59), "47 h 59 min left"),
        (timedelta(hours=1), "1 h 0 min left"),
        (timedelta(minutes=59, seconds=59), "59 min left"),
        (timedelta(seconds=119), "1 min 59 s left"),
        (timedelta(0), "0 min 0 s left"),
        (-timedelta(seconds=1), "0 min 1 s overdue"),
        (-timedelta(minutes=12), "12 min overdue"),
        (-timedelta(days=2), "2 d 0 h overdue"),
    ],
)
def test_the_time_left_is_said_in_the_unit_that_matters(away, said):
    assert time_left(NOW + away, NOW) == said


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (-timedelta(seconds=3), "less than a minute ago"),
        (timedelta(seconds=59), "less than a minute ago"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=47, minutes=59), "47 h ago"),
        (timedelta(hours=48), "2 d ago"),
    ],
)
def test_what_has_just_happened_reads_the_same_for_a_minute(ago, said):
    assert time_since(NOW - ago, NOW) == said


def test_a_due_time_is_overdue_only_after_its_moment():
    assert urgency(NOW, NOW) == "soon"
    assert urgency(NOW, NOW + timedelta(microseconds=1)) == "overdue"


def test_soon_begins_with_the_last_quarter_and_at_least_the_last_hour():
    made = NOW - timedelta(days=3)
    due = NOW + timedelta(days=1)

    assert soon_from(due, made) == NOW
    assert urgency(due, NOW - timedelta(seconds=1), made) == "calm"
    assert soon_from(due) == due - timedelta(hours=1)
    assert soon_from(due, due - timedelta(minutes=30)) == due - timedelta(hours=1)


def test_a_moment_is_said_by_the_day_it_falls_on_in_the_readers_zone():
    assert short_time(datetime(2027, 5, 3, 15, 59, tzinfo=UTC), NOW) == "today 23:59"
    assert short_time(datetime(2027, 5, 3, 16, 0, tzinfo=UTC), NOW) == "tomorrow 00:00"
    assert short_time(datetime(2027, 5, 2, 15, 59, tzinfo=UTC), NOW) == "yesterday 23:59"
    assert short_time(NOW + timedelta(days=20), NOW) == "23 May 12:00"
    assert short_time(NOW - timedelta(days=400), NOW) == "29 Mar 2026 12:00"
    assert full_time(NOW) == "Monday 3 May 2027, 12:00 (Asia/Shanghai)"
