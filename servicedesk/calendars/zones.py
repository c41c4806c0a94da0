"""From wall clock to real instants: which offset of a zone stands when. Pure, no Django.

Instants are whole microseconds since 1970 in UTC, days are numbers since 1970-01-01.
"""

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = EPOCH.date().toordinal()
EPOCH_WEEKDAY = EPOCH.weekday()
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
DAY = 86_400 * SECOND
FIRST_DAY = date(2, 1, 1).toordinal() - EPOCH_ORDINAL
LAST_DAY = date(9998, 12, 31).toordinal() - EPOCH_ORDINAL


def instant(moment: datetime) -> int:
    """An aware moment as microseconds since 1970; ValueError if it names no zone."""
    try:
        return (moment - EPOCH) // MICROSECOND
    except TypeError:
        raise ValueError("A moment needs a time zone.") from None


def moment(at: int, zone: tzinfo | None) -> datetime:
    """The instant as a moment shown in that zone."""
    found = EPOCH + timedelta(microseconds=at)
    return found if zone is UTC else found.astimezone(zone)


def day_number(day: date) -> int:
    return day.toordinal() - EPOCH_ORDINAL


def day_of(number: int) -> date:
    return date.fromordinal(number + EPOCH_ORDINAL)


def offset(zone: tzinfo, at: int) -> int:
    """How many microseconds the zone's wall clock is ahead of UTC at an instant."""
    at = min(max(at, FIRST_DAY * DAY), LAST_DAY * DAY)
    return (moment(at, zone).utcoffset() or timedelta(0)) // MICROSECOND


@lru_cache(maxsize=4096)
def spells(zone: tzinfo, first_day: int, days: int) -> tuple[tuple[int, int, int], ...]:
    """The spells of unchanged offset that cover `days` days: (from, until, offset), in order.

    Compares midnight with midnight in UTC, so it takes for granted that a zone changes its
    clock at most once between two of them.
    """
    since, current = first_day * DAY, offset(zone, first_day * DAY)
    found = []
    for day in range(first_day, first_day + days):
        following = offset(zone, (day + 1) * DAY)
        if following != current:
            change = _change_within(zone, day * DAY, current)
            found.append((since, change, current))
            since, current = change, following
    found.append((since, (first_day + days) * DAY, current))
    return tuple(found)


def _change_within(zone: tzinfo, start: int, before: int) -> int:
    """The first second of that UTC day at which the offset is no longer `before`."""
    low, high = 0, DAY // SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if offset(zone, start + middle * SECOND) == before:
            low = middle
        else:
            high = middle
    return start + high * SECOND


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of that name, or None where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
