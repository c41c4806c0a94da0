"""How periods, ages, rates and changes are said."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.calendars.explaining import date_range
from servicedesk.reports.backlog import AGES
from servicedesk.reports.kept import Kept
from servicedesk.reports.period import Against, Kind, Period


def period_name(period: Period) -> str:
    """ "week 20 of 2026", "May 2026", "2nd quarter of 2026", or its days."""
    if period.kind == Kind.WEEK:
        year, week, _day = period.first.isocalendar()
        return _("week %(week)s of %(year)s") % {"week": week, "year": year}
    if period.kind == Kind.MONTH:
        return date_format(period.first, "YEAR_MONTH_FORMAT")
    if period.kind == Kind.QUARTER:
        number = (period.first.month + 2) // 3
        return _("quarter %(quarter)s of %(year)s") % {"quarter": number, "year": period.first.year}
    return days_of(period)


def days_of(period: Period) -> str:
    """ "11 to 17 May 2026", "27 Apr to 3 May 2026", or one day."""
    if period.first.year == period.last.year:
        days = date_range(period.first, period.last)
        return _("%(days)s %(year)s") % {"days": days, "year": period.first.year}
    ends = {
        "first": date_format(period.first, "DATE_FORMAT"),
        "last": date_format(period.last, "DATE_FORMAT"),
    }
    return _("%(first)s to %(last)s") % ends


def short_week(period: Period) -> str:
    return _("W%(week)s") % {"week": period.first.isocalendar().week}


def age_name(band: int) -> str:
    """ "0–2 days", "more than 90 days"."""
    if band + 1 == len(AGES):
        return _("more than %(days)s days") % {"days": AGES[band] - 1}
    return _("%(first)s–%(last)s days") % {"first": AGES[band], "last": AGES[band + 1] - 1}


def per_cent(rate: Decimal | None) -> str:
    return "–" if rate is None else _("%(rate)s %%") % {"rate": localize(rate)}


def ago(period: Period, against: Against) -> str:
    """When the same moment of the other period was."""
    if against == Against.YEAR:
        return _("a year ago")
    if period.kind == Kind.WEEK:
        return _("a week ago")
    if period.kind == Kind.MONTH:
        return _("a month ago")
    if period.kind == Kind.QUARTER:
        return _("three months ago")
    return ngettext("%(days)s day ago", "%(days)s days ago", period.days) % {"days": period.days}


def change_of(now: int, before: int, when: str) -> str:
    """ "3 more than a week ago"."""
    said = {"number": abs(now - before), "when": when}
    if now > before:
        return _("%(number)s more than %(when)s") % said
    if now < before:
        return _("%(number)s fewer than %(when)s") % said
    return _("as many as %(when)s") % said


def change_of_rate(kept: Kept, before: Kept, name: str) -> str:
    """ "+1.2 points against week 19 of 2026 (94 of 102)"; says so where one of the two has no rate."""
    if kept.rate is None or before.rate is None:
        return _("no rate to compare with in %(period)s") % {"period": name} if before.rate is None else ""
    points = kept.rate - before.rate
    sign = "+" if points > 0 else "−" if points < 0 else "±"
    said = {"points": sign + localize(abs(points)), "period": name, "kept": before.kept, "due": before.due}
    return _("%(points)s points against %(period)s (%(kept)s of %(due)s)") % said
