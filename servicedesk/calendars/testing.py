"""Builders for tests."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from itertools import count

from servicedesk.calendars.hours import Interval
from servicedesk.calendars.models import Calendar
from servicedesk.calendars.publishing import set_hours

_numbers = count(1)

OFFICE_HOURS = {weekday: [(time(8, 30), time(17, 30))] for weekday in range(5)}
ROUND_THE_CLOCK = {weekday: [(time(0), time(0))] for weekday in range(7)}


def default_calendar() -> Calendar:
    """The organisation's calendar; made anew where a test with real transactions has emptied the tables."""
    found = Calendar.objects.filter(is_default=True).first()
    return found or make_calendar(is_default=True)


def make_calendar(
    weekly: Mapping[int, Iterable[Interval]] = OFFICE_HOURS,
    *,
    by=None,
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    **fields,
) -> Calendar:
    """A calendar with hours, published once; without holidays unless `region` names some."""
    fields.setdefault("name", f"Calendar {next(_numbers)}")
    fields.setdefault("timezone", "Asia/Shanghai")
    is_default = fields.pop("is_default", False)
    calendar = set_hours(Calendar.objects.create(**fields), weekly, by=by, at=at)
    if is_default:  # only one that opens can be
        Calendar.objects.filter(pk=calendar.pk).update(is_default=True)
        calendar.is_default = True
    return calendar
