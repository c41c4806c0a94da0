"""From what the administrator edits to a frozen version, and from the library to a holiday list."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history

from servicedesk.calendars.editions import Day, Source, digest, freeze
from servicedesk.calendars.hours import Interval
from servicedesk.calendars.library import SOURCE, UnknownRegionError, holidays_of
from servicedesk.calendars.models import Calendar, DayRule, HolidayList, OpeningHours
from servicedesk.calendars.signals import calendars_changed
from servicedesk.calendars.texts import format_hours
from servicedesk.calendars.worktime import NoWorkingTimeError
from servicedesk.calendars.zones import zone_named


@transaction.atomic
def publish(calendar: Calendar, *, by, at: datetime) -> Calendar:
    """Freeze what the calendar holds now as its next version, if anything changed.

    Due times worked out before keep the version they name. Raises ValidationError if the zone is
    unknown or nothing would ever be open. `by` is None for what ships with the desk.
    """
    calendar = Calendar.objects.select_for_update().get(pk=calendar.pk)
    content = _content(calendar)
    mark = digest(content)
    if mark == calendar.digest:
        return calendar
    calendar.version += 1
    calendar.digest = mark
    calendar.versions.create(version=calendar.version, content=content, digest=mark, by=by, at=at)
    _sign(calendar, by=by, at=at)
    calendar.save(update_fields=["version", "digest"])
    calendars_changed.send(sender=Calendar, ids=[calendar.pk])
    return calendar


def publish_region(region: str, *, by, at: datetime) -> list[Calendar]:
    """The next version of every calendar that keeps that region's holidays."""
    return [publish(calendar, by=by, at=at) for calendar in Calendar.objects.of_region(region).order_by("pk")]


@transaction.atomic
def set_hours(calendar: Calendar, weekly: Mapping[int, Iterable[Interval]], *, by, at: datetime) -> Calendar:
    """Replace the calendar's weekly hours and freeze the next version; ValidationError as for `publish`."""
    calendar = Calendar.objects.select_for_update().get(pk=calendar.pk)  # one change at a time
    calendar.hours.all().delete()
    rows = [
        OpeningHours(calendar=calendar, weekday=weekday, opens=opens, closes=closes)
        for weekday, intervals in weekly.items()
        for opens, closes in intervals
    ]
    bulk_create_with_history(rows, OpeningHours, default_user=by, default_date=at)
    return publish(calendar, by=by, at=at)


@transaction.atomic
def load_holidays(region: str, year: int, *, by, at: datetime) -> HolidayList:
    """Take a year's days from the library as the region's list in force (R5.8a).

    What was in force before is kept as a superseded list; if it held the same, nothing changes.
    Calendars of the region get their next version. Raises ValidationError for a region or year
    that the library does not know.
    """
    try:
        days, provisional = holidays_of(region, year)
    except UnknownRegionError:
        raise ValidationError(
            _("No holidays are known for %(region)s in %(year)s."),
            params={"region": region, "year": str(year)},
        ) from None
    list(Calendar.objects.of_region(region).select_for_update().order_by("pk"))  # one load at a time
    current = HolidayList.objects.current().select_for_update().filter(region=region, year=year).first()
    if current and current.provisional == provisional and days == days_of(current):
        return current
    if current:
        supersede(current, at=at)
    else:
        current = HolidayList(region=region, year=year)
    current.source, current.provisional, current.valid_since, current.by = SOURCE, provisional, at, by
    _sign(current, by=by, at=at)
    current.save()
    current.rules.all().delete()
    bulk_create_with_history(
        [rule_of(day, current) for day in days], DayRule, default_user=by, default_date=at
    )
    publish_region(region, by=by, at=at)
    return current


@transaction.atomic
def supersede(current: HolidayList, *, at: datetime) -> HolidayList:
    """Keep a copy of the list as it stands in the database under its number; the list takes the next number.

    To be called before the list's days change; the caller saves the list.
    """
    kept: Any = HolidayList.objects.select_for_update().get(pk=current.pk)
    rules = list(kept.rules.all())
    current.number = kept.number + 1
    HolidayList.objects.filter(pk=kept.pk).update(number=current.number)  # makes room for the copy
    kept.pk, kept.superseded_at = None, at
    kept.save_without_historical_record()
    for rule in rules:
        rule.pk, rule.holidays = None, kept
    DayRule.objects.bulk_create(rules)
    return kept


def days_of(holidays: HolidayList) -> list[Day]:
    """The list's rules as the arithmetic wants them, by date."""
    return [day_of_rule(rule) for rule in holidays.rules.order_by("date")]


def day_of_rule(rule: DayRule) -> Day:
    names = {"en": rule.name_en, "zh-hans": rule.name_zh_hans, "zh-hant": rule.name_zh_hant}
    return Day(rule.date, rule.kind, names, tuple(rule.intervals()), rule.is_core)


def rule_of(day: Day, holidays: HolidayList) -> DayRule:
    return DayRule(
        holidays=holidays,
        date=day.date,
        kind=day.kind,
        name_en=day.names["en"],
        name_zh_hans=day.names["zh-hans"],
        name_zh_hant=day.names["zh-hant"],
        hours=format_hours(day.hours),
        is_core=day.is_core,
    )


def _sign(row: Any, *, by, at: datetime) -> None:
    """Say whom and when the row's history is to name."""
    row._history_user, row._history_date = by, at


def _content(calendar: Calendar) -> dict:
    weekly: dict[int, list[Interval]] = {}
    for row in calendar.hours.all():
        weekly.setdefault(row.weekday, []).append((row.opens, row.closes))
    return content_of(calendar.timezone, weekly, calendar.region)


def content_of(timezone: str, weekly: Mapping[int, Iterable[Interval]], region: str) -> dict:
    """What a calendar of these hours holds, with the lists in force of its region.

    Raises ValidationError if the zone is unknown or nothing would ever be open.
    """
    if zone_named(timezone) is None:
        raise ValidationError(_("“%(name)s” is no time zone."), params={"name": timezone})
    lists = _lists(region)
    sources = [Source(one.region, one.year, one.number, one.provisional, one.source) for one in lists]
    days = [day_of_rule(rule) for one in lists for rule in one.rules.all()]
    try:
        return freeze(timezone, weekly, days, sources)
    except NoWorkingTimeError:
        raise ValidationError(_("A calendar needs opening hours on at least one weekday.")) from None


def _lists(region: str) -> list[HolidayList]:
    if not region:
        return []
    return list(
        HolidayList.objects.current().filter(region=region).order_by("year").prefetch_related("rules")
    )
