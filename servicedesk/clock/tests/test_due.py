"""Due times are chosen by the calendar and explained from what was stored."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from servicedesk.calendars.models import Calendar
from servicedesk.clock.due import due_after, due_before, propose
from servicedesk.clock.explaining import explain
from servicedesk.regulations.span import Span

pytestmark = pytest.mark.django_db
BEFORE_GOLDEN_WEEK = datetime(2026, 9, 30, 8, 0, tzinfo=UTC)  # Wednesday 16:00 in Shanghai


def test_one_working_day_before_national_day_ends_after_it():
    proposal = propose(Span(1, "working_days"), BEFORE_GOLDEN_WEEK, Calendar.objects.default(), rule="S2a")
    assert proposal.due_at == datetime(2026, 10, 8, 9, 30, tzinfo=UTC)


def test_the_reason_names_the_holidays_in_the_readers_language():
    proposal = propose(Span(1, "working_days"), BEFORE_GOLDEN_WEEK, Calendar.objects.default(), rule="S2a")
    with timezone.override("Asia/Shanghai"):
        first, second = explain(proposal.derivation)
        assert first.startswith("1 working day (S2a)")
        assert "National Day" in second
        with translation.override("zh-hans"):
            assert "国庆" in explain(proposal.derivation)[1]


@pytest.mark.parametrize(
    ("span", "due"),
    [
        (Span(90, "minutes"), datetime(2026, 9, 30, 9, 30, tzinfo=UTC)),
        (Span(2, "working_hours"), datetime(2026, 10, 8, 1, 0, tzinfo=UTC)),
        (Span(7, "days"), datetime(2026, 10, 7, 8, 0, tzinfo=UTC)),
        (Span(1, "months"), datetime(2026, 10, 30, 8, 0, tzinfo=UTC)),
        (Span(1, "quarters"), datetime(2026, 12, 30, 8, 0, tzinfo=UTC)),
    ],
)
def test_every_unit_has_its_own_way_of_counting(span, due):
    assert due_after(span, BEFORE_GOLDEN_WEEK, Calendar.objects.default().work_calendar()) == due


@pytest.mark.parametrize(
    "span", [Span(1, "working_days"), Span(2, "working_hours"), Span(3, "days"), Span(2, "months")]
)
def test_what_began_just_before_is_due_and_what_began_later_is_not(span):
    work = Calendar.objects.default().work_calendar()
    end = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)  # Friday 10:00, the second day after the holiday
    since = due_before(span, end, work)
    assert due_after(span, since, work) < end
    assert due_after(span, since + timedelta(seconds=2), work) >= end


def test_one_working_day_before_a_friday_morning_is_the_midnight_that_began_thursday():
    work = Calendar.objects.default().work_calendar()
    since = due_before(Span(1, "working_days"), datetime(2026, 10, 9, 2, 0, tzinfo=UTC), work)
    assert abs(since - datetime(2026, 10, 7, 16, 0, tzinfo=UTC)) <= timedelta(seconds=1)
