"""The frozen content of a calendar version, and what one reads from it. Pure, no Django.

The content is JSON: zone, weekly hours, days off and make-up days with their names, and which
holiday lists it was made from. Its digest names it, so what is read from it may be kept for good.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo

from servicedesk.calendars.hours import Interval
from servicedesk.calendars.worktime import WorkCalendar

_KEPT = 256
_read: dict[str, "Edition"] = {}


@dataclass(frozen=True, slots=True)
class Day:
    """A date that differs from the week: kind "holiday", "rest" or "work", names by language code."""

    date: date
    kind: str
    names: Mapping[str, str]
    hours: tuple[Interval, ...] = ()
    is_core: bool = False

    def name(self, language: str) -> str:
        """The name in that language, else in English, else in any."""
        return self.names.get(language) or self.names.get("en") or next(filter(None, self.names.values()), "")


@dataclass(frozen=True, slots=True)
class Source:
    """One year's holiday list that an edition was made from."""

    region: str
    year: int
    number: int
    provisional: bool
    source: str


@dataclass(frozen=True, slots=True)
class Edition:
    """A calendar as it stood: its arithmetic, its special days, and the lists they come from."""

    work: WorkCalendar
    days: Mapping[date, Day]
    sources: Mapping[int, Source]

    def published(self, year: int) -> bool:
        """Whether that year's list is there and final."""
        return year in self.sources and not self.sources[year].provisional

    def provisional(self, year: int) -> bool:
        """Whether that year's list is there but may still change."""
        return year in self.sources and self.sources[year].provisional


def freeze(
    timezone: str,
    weekly: Mapping[int, Iterable[Interval]],
    days: Iterable[Day],
    sources: Iterable[Source],
) -> dict:
    """The content to keep. Raises NoWorkingTimeError if the calendar never opens."""
    content = {
        "timezone": timezone,
        "weekly": {str(weekday): _frozen(sorted(hours)) for weekday, hours in sorted(weekly.items())},
        "days": [
            {
                "date": day.date.isoformat(),
                "kind": day.kind,
                "names": dict(day.names),
                "hours": _frozen(day.hours),
                "core": day.is_core,
            }
            for day in sorted(days, key=lambda day: day.date)
        ],
        "sources": [
            {
                "region": s.region,
                "year": s.year,
                "number": s.number,
                "provisional": s.provisional,
                "source": s.source,
            }
            for s in sorted(sources, key=lambda s: s.year)
        ],
    }
    edition(content)
    return content


def digest(content: dict) -> str:
    """SHA-256 of the content as canonical JSON."""
    line = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(line.encode()).hexdigest()


def edition(content: dict) -> Edition:
    """What the frozen content says."""
    days = {day.date: day for day in map(_day, content["days"])}
    work = WorkCalendar(
        ZoneInfo(content["timezone"]),
        {int(weekday): _thawed(hours) for weekday, hours in content["weekly"].items()},
        [day.date for day in days.values() if day.kind != "work"],
        {day.date: day.hours for day in days.values() if day.kind == "work"},
    )
    sources = {row["year"]: Source(**row) for row in content["sources"]}
    return Edition(work, days, sources)


def read(key: str, content: Callable[[], dict]) -> Edition:
    """The edition with that digest, from memory or else from `content()`."""
    found = _read.get(key)
    if found is None:
        if len(_read) >= _KEPT:
            _read.clear()
        found = _read[key] = edition(content())
    return found


def _day(row: dict) -> Day:
    return Day(
        date.fromisoformat(row["date"]),
        row["kind"],
        row["names"],
        _thawed(row["hours"]),
        row["core"],
    )


def _frozen(hours: Iterable[Interval]) -> list[list[str]]:
    return [[opens.isoformat(), closes.isoformat()] for opens, closes in hours]


def _thawed(hours: list[list[str]]) -> tuple[Interval, ...]:
    return tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in hours)
