"""Holidays and make-up days as the `holidays` library knows them. No database.

The library knows China's yearly notices once they are in a release; for a year without one it gives
the statutory days only, and moves what falls on a weekend by rule. Such a year is provisional.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import holidays

from servicedesk.calendars.editions import Day

LANGUAGES = {"en": ["en_US"], "zh-hans": ["zh_CN"], "zh-hant": ["zh_TW", "zh_HK"]}  # ours: theirs
SOURCE = f"holidays {holidays.__version__} (Python)"
_SHIFTS_WORKING_DAYS = {"CN"}  # whole holiday periods are announced, weekends in them included
_CORE = ("元旦", "春节", "除夕", "劳动节", "国庆")  # the four that R5.8a names
_MADE_OFF = re.compile(r"补假|调休|observed|substituted")
_EXCHANGED = re.compile(r"\d{4}-\d{2}-\d{2}")
_ESTIMATED = re.compile(r"estimated|推定")
_ONE = timedelta(days=1)


class UnknownRegionError(ValueError):
    """The library knows no holidays of that region or year."""


def holidays_of(region: str, year: int) -> tuple[list[Day], bool]:
    """The days of a region's year that differ from the week, and whether the year is provisional.

    `region` is a country code or country and subdivision such as DE-BY. Raises UnknownRegionError.
    """
    by_language = {code: _named(region, year, wanted) for code, wanted in LANGUAGES.items()}
    found = by_language["zh-hans"]
    days = {day: _day(day, by_language) for day in found}
    exchanged = {_date_in(name): day for day, name in found.items() if _EXCHANGED.search(name)}
    for day in found.weekend_workdays:
        if day.year == year:
            days[day] = _make_up_day(day, exchanged.get(day))
    if region in _SHIFTS_WORKING_DAYS:
        days |= _weekends_within(days)
        days = _with_core(days)
    return [days[day] for day in sorted(days)], _is_provisional(region, year, found)


def _named(region: str, year: int, wanted: list[str]) -> holidays.HolidayBase:
    country, _, part = region.partition("-")
    try:
        known = holidays.country_holidays(country, subdiv=part or None)
        if not known.start_year <= year <= known.end_year:
            raise NotImplementedError
        chosen = next((code for code in [*wanted, "en_US"] if code in known.supported_languages), None)
        return holidays.country_holidays(country, subdiv=part or None, years=year, language=chosen)
    except NotImplementedError:
        raise UnknownRegionError(region) from None


def _day(day: date, by_language: dict[str, holidays.HolidayBase]) -> Day:
    names = {code: found[day] for code, found in by_language.items()}
    rest = _MADE_OFF.search(names["zh-hans"]) or _MADE_OFF.search(names["en"])
    work = _date_in(names["zh-hans"])
    if work:
        names["en"] = f"Day off in exchange for {work.isoformat()}"
    return Day(day, "rest" if rest else "holiday", names)


def _make_up_day(day: date, off: date | None) -> Day:
    if off is None:
        return Day(
            day, "work", {"en": "Make-up working day", "zh-hans": "调休上班日", "zh-hant": "調休上班日"}
        )
    names = {
        "en": f"Make-up working day for {off.isoformat()}",
        "zh-hans": f"调休上班日（换 {off.isoformat()} 休息）",
        "zh-hant": f"調休上班日（換 {off.isoformat()} 休息）",
    }
    return Day(day, "work", names)


def _date_in(name: str) -> date | None:
    match = _EXCHANGED.search(name)
    return date.fromisoformat(match.group()) if match else None


def _weekends_within(days: dict[date, Day]) -> dict[date, Day]:
    """The Saturdays and Sundays that lie in or beside a holiday period: announced as days off too."""
    names = {"en": "Weekend in the holiday period", "zh-hans": "假期内周末", "zh-hant": "假期內週末"}
    found: dict[date, Day] = {}
    for off in [day for day, rule in days.items() if rule.kind != "work"]:
        for step in (-_ONE, _ONE):
            day = off + step
            while day.weekday() >= 5 and day not in days and day.year == off.year:
                found[day] = Day(day, "rest", names)
                day += step
    return found


def _with_core(days: dict[date, Day]) -> dict[date, Day]:
    """Mark every day off of a period that holds one of the core holidays."""
    core = {
        day
        for period in _periods(days)
        if any(name in days[day].names["zh-hans"] for day in period for name in _CORE)
        for day in period
    }
    return {day: replace(rule, is_core=day in core) for day, rule in days.items()}


def _periods(days: dict[date, Day]) -> Iterable[list[date]]:
    """Days off in a row."""
    period: list[date] = []
    for day in sorted(day for day, rule in days.items() if rule.kind != "work"):
        if period and day - period[-1] > _ONE:
            yield period
            period = []
        period.append(day)
    if period:
        yield period


def _is_provisional(region: str, year: int, found: holidays.HolidayBase) -> bool:
    """Estimated dates, or no make-up days in a country that had some in the years before."""
    if any(_ESTIMATED.search(name) for name in found.values()):
        return True
    if any(day.year == year for day in found.weekend_workdays):
        return False
    country, _, part = region.partition("-")
    earlier = holidays.country_holidays(country, subdiv=part or None, years=range(year - 3, year))
    return bool(earlier.weekend_workdays)
