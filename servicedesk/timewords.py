"""How a moment and a stretch of time are said on screen. Pure: the present moment is handed in.

The script that lets the time left tick uses the same formats (`time_formats`), so server and browser agree.
"""

from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache

from django.utils import dateformat, timezone
from django.utils.formats import get_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

CLOCK = "H:i"  # the end of all our formats that hold one
MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds
SOON_SHARE = 0.25  # of the interval, still to go (S4: a warning at 75 %)
SOON_AT_LEAST = timedelta(hours=1)


def time_formats() -> dict[str, str]:
    """The formats of a time left or exceeded, by unit; `days`, `hours`, `minutes`, `seconds` are whole numbers."""
    return _time_formats(get_language())


@cache
def _time_formats(language: str | None) -> dict[str, str]:
    return {
        "left_days": _("%(days)s d %(hours)s h left"),
        "left_hours": _("%(hours)s h %(minutes)s min left"),
        "left_minutes": _("%(minutes)s min left"),
        "left_seconds": _("%(minutes)s min %(seconds)s s left"),
        "over_days": _("%(days)s d %(hours)s h overdue"),
        "over_hours": _("%(hours)s h %(minutes)s min overdue"),
        "over_minutes": _("%(minutes)s min overdue"),
        "over_seconds": _("%(minutes)s min %(seconds)s s overdue"),
    }


def time_left(due_at: datetime, now: datetime) -> str:
    """How long until `due_at`, or how long since; seconds are said only in the last two minutes."""
    seconds = int(abs((due_at - now).total_seconds()))
    side = "over" if now > due_at else "left"
    if seconds >= 2 * DAY:
        unit = "days"
    elif seconds >= HOUR:
        unit = "hours"
    elif seconds >= 2 * MINUTE:
        unit = "minutes"
    else:
        unit = "seconds"
    parts = {
        "days": seconds // DAY,
        "hours": seconds % DAY // HOUR if unit == "days" else seconds // HOUR,
        "minutes": seconds % HOUR // MINUTE if unit != "seconds" else seconds // MINUTE,
        "seconds": seconds % MINUTE,
    }
    return time_formats()[f"{side}_{unit}"] % parts


def time_since(moment: datetime, now: datetime) -> str:
    """How long ago, in whole minutes, hours or days: what has just happened reads the same for a minute."""
    seconds = int((now - moment).total_seconds())
    if seconds < MINUTE:
        return _("less than a minute ago")
    if seconds < HOUR:
        return _("%(minutes)s min ago") % {"minutes": seconds // MINUTE}
    if seconds < 2 * DAY:
        return _("%(hours)s h ago") % {"hours": seconds // HOUR}
    return _("%(days)s d ago") % {"days": seconds // DAY}


def soon_from(due_at: datetime, made_at: datetime | None = None) -> datetime:
    """The moment from which a due time counts as near: the last quarter of its interval, at least the last hour."""
    last_hour = due_at - SOON_AT_LEAST
    return last_hour if made_at is None else min(last_hour, due_at - (due_at - made_at) * SOON_SHARE)


def urgency(due_at: datetime, now: datetime, made_at: datetime | None = None) -> str:
    """ "calm", "soon" or "overdue"; at the very moment it is due it is not yet overdue."""
    if now > due_at:
        return "overdue"
    return "soon" if now >= soon_from(due_at, made_at) else "calm"


def short_time(moment: datetime, now: datetime) -> str:
    """A moment in the current zone, as short as it can be said: "today 14:30", "3 May 14:30", "3 May 2025 14:30"."""
    moment, now = timezone.localtime(moment), timezone.localtime(now)
    clock = f"{moment:%H:%M}"
    match (moment.date() - now.date()).days:
        case 0:
            return _("today %(time)s") % {"time": clock}
        case 1:
            return _("tomorrow %(time)s") % {"time": clock}
        case -1:
            return _("yesterday %(time)s") % {"time": clock}
    if moment.year == now.year:
        return _said(moment, "DAY_TIME_FORMAT")
    return _said(moment, "DATETIME_FORMAT")


def _said(moment: datetime, name: str) -> str:
    """A moment by one of our formats, all of which end with the clock; a list names few days and many moments."""
    day = get_format(name).removesuffix(CLOCK)
    return f"{_day(moment.date(), day, get_language())}{moment:%H:%M}"


@lru_cache(maxsize=4096)
def _day(day: date, format_: str, language: str | None) -> str:
    return dateformat.format(day, format_)


def midnight(day: date) -> datetime:
    """The moment at which a day begins in the current zone."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def next_midnight(now: datetime) -> datetime:
    """The end of the day on which `now` falls in the current zone."""
    return midnight(timezone.localtime(now).date() + timedelta(days=1))


def full_time(moment: datetime) -> str:
    """A moment in the current zone with weekday, year and zone: "Monday 3 May 2027, 14:30 (Asia/Shanghai)"."""
    moment = timezone.localtime(moment)
    return f"{_said(moment, 'FULL_FORMAT')} ({timezone.get_current_timezone_name()})"
