"""A stretch of time as people speak of it: whole days, the last one included, or with the hours."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from servicedesk.calendars.explaining import date_range

MICROSECOND = timedelta(microseconds=1)


def period(starts_at: datetime, ends_at: datetime | None) -> str:
    """From when to when: whole days without the hours, the last day included; years where they differ."""
    start = timezone.localtime(starts_at)
    if ends_at is None:
        return _("from %(first)s until further notice") % {"first": _said(start, years=False)}
    end = timezone.localtime(ends_at)
    last = end - MICROSECOND if _is_midnight(end) else end
    if _is_midnight(start) and _is_midnight(end) and start.year == last.year:
        return date_range(start.date(), last.date())
    years = start.year != last.year
    if start.date() == last.date() and not _is_midnight(end):
        return _("%(first)s to %(last)s") % {
            "first": _said(start, years=years),
            "last": date_format(end, "TIME_FORMAT"),
        }
    if start.date() == last.date():
        facts = {"day": date_format(start, "MONTH_DAY_FORMAT"), "time": date_format(start, "TIME_FORMAT")}
        return _("%(day)s from %(time)s") % facts
    said = _said(last, years=years, whole=_is_midnight(end))
    return _("%(first)s to %(last)s") % {"first": _said(start, years=years), "last": said}


def _said(moment: datetime, *, years: bool, whole: bool | None = None) -> str:
    """A day, with its hour unless it is whole."""
    if whole or (whole is None and _is_midnight(moment)):
        return date_format(moment, "DATE_FORMAT" if years else "MONTH_DAY_FORMAT")
    return date_format(moment, "DATETIME_FORMAT" if years else "DAY_TIME_FORMAT")


def _is_midnight(local: datetime) -> bool:
    return (local.hour, local.minute, local.second) == (0, 0, 0)
