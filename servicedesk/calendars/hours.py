"""Opening hours as stretches of wall clock from midnight, in microseconds. Pure, no Django."""

from collections.abc import Iterable, Mapping
from datetime import date, time

from servicedesk.calendars.zones import DAY, SECOND, day_number

Interval = tuple[time, time]
Weekly = Mapping[int, Iterable[Interval]]
Workdays = Iterable[date] | Mapping[date, Iterable[Interval] | None]
Hours = tuple[tuple[int, int], ...]


def hours_of(intervals: Iterable[Interval]) -> Hours:
    """A day's intervals; one whose end is not after its start runs past midnight."""
    found = []
    for opens, closes in intervals:
        if opens.tzinfo or closes.tzinfo:
            raise ValueError("Opening hours are wall clock: they carry no time zone.")
        start, end = _since_midnight(opens), _since_midnight(closes)
        found.append((start, end if end > start else end + DAY))
    return tuple(sorted(found))


def week_of(weekly: Weekly) -> tuple[Hours, ...]:
    """The hours of the seven weekdays, Monday first."""
    if not set(weekly) <= set(range(7)):
        raise ValueError("Weekdays are numbered 0 (Monday) to 6 (Sunday).")
    return tuple(hours_of(weekly.get(weekday, ())) for weekday in range(7))


def make_up_days(workdays: Workdays, week: tuple[Hours, ...]) -> dict[int, Hours]:
    """The hours of make-up days: their own, else the weekday's, else those of the first weekday that has any."""
    own = workdays if isinstance(workdays, Mapping) else dict.fromkeys(workdays)
    usual = next(filter(None, week), ())
    return {
        day_number(day): hours_of(hours or ()) or week[day.weekday()] or usual for day, hours in own.items()
    }


def _since_midnight(at: time) -> int:
    return (at.hour * 3600 + at.minute * 60 + at.second) * SECOND + at.microsecond
