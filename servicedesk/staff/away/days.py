"""The days that the calendar of absences shows: a month, or a strip of thirteen weeks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Self

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format

from servicedesk.calendars.editions import Edition
from servicedesk.calendars.explaining import name_of
from servicedesk.calendars.worktime import OPEN
from servicedesk.calendars.year import LABELS, SHORT_WEEKDAYS, kind_of
from servicedesk.timewords import midnight

MONTH, WEEKS = "month", "weeks"
STRIP = timedelta(weeks=13)
DAY = timedelta(days=1)
FIRST, LAST = date(2000, 1, 1), date(2199, 12, 31)  # no absence lies outside


@dataclass(frozen=True)
class Stretch:
    """Some days in a row, `first` and `last` included, in the reader's zone."""

    kind: str
    first: date
    last: date

    @classmethod
    def around(cls, day: date, kind: str) -> Self:
        """The month that holds the day, or the thirteen weeks that begin with its week."""
        day = min(max(day, FIRST + DAY * 7), LAST)
        if kind == WEEKS:
            monday = day - DAY * day.weekday()
            return cls(WEEKS, monday, min(monday + STRIP - DAY, LAST))
        first = day.replace(day=1)
        return cls(MONTH, first, (first + DAY * 31).replace(day=1) - DAY if first < LAST - DAY * 31 else LAST)

    @property
    def before(self) -> date | None:
        """A day in the stretch before this one, None where the calendar begins."""
        earlier = self.first - (STRIP if self.kind == WEEKS else DAY)
        return earlier if earlier >= FIRST + DAY * 7 else None

    @property
    def after(self) -> date | None:
        """The first day of the stretch after this one, None where the calendar ends."""
        return self.last + DAY if self.last < LAST else None

    @property
    def days(self) -> list[date]:
        return [self.first + DAY * n for n in range((self.last - self.first).days + 1)]

    @property
    def starts_at(self) -> datetime:
        return midnight(self.first)

    @property
    def ends_at(self) -> datetime:
        """The end of the last day, itself outside."""
        return midnight(self.last + DAY)

    @property
    def name(self) -> str:
        """The month, or the first day and the last."""
        if self.kind == MONTH:
            return date_format(self.first, "YEAR_MONTH_FORMAT")
        return f"{date_format(self.first, 'DATE_FORMAT')} – {date_format(self.last, 'DATE_FORMAT')}"


@dataclass(frozen=True)
class Day:
    """One column: `kind` is that of the work calendar, `text` says it, empty for a plain working day."""

    date: date
    weekday: str
    kind: str
    text: str
    is_today: bool
    looks: str  # classes of its column, worked out once for all rows


@dataclass(frozen=True)
class Head:
    """A month over its columns."""

    name: str
    count: int


def days_of(stretch: Stretch, edition: Edition, *, today: date) -> list[Day]:
    """The columns, as the work calendar has them."""
    return [_day(day, edition, today) for day in stretch.days]


def heads_of(stretch: Stretch) -> list[Head]:
    """The months of the stretch, each with its number of columns."""
    months = groupby(stretch.days, key=lambda day: (day.year, day.month))
    found = [list(days) for _month, days in months]
    return [Head(date_format(days[0], "YEAR_MONTH_FORMAT"), len(days)) for days in found]


def day_in(text: str) -> date | None:
    """A day as an address says it, 2026-12-01, within the calendar; anything else is none."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 and text.isascii() else None
    except ValueError:
        return None
    return day if day and FIRST <= day <= LAST else None


def _day(day: date, edition: Edition, today: date) -> Day:
    kind = kind_of(edition, day)
    named = name_of(day, edition.days)
    said = "" if kind == OPEN else str(LABELS[kind])
    text = f"{said}: {named}" if named and said else said
    weekday = str(SHORT_WEEKDAYS[day.weekday()])
    full = f"{WEEKDAYS[day.weekday()]} {date_format(day, 'MONTH_DAY_FORMAT')}"
    looks = f"is-{kind}{' is-today' if day == today else ''}{' starts-week' if day.weekday() == 0 else ''}"
    return Day(day, weekday, kind, f"{full}, {text}" if text else full, day == today, looks)
