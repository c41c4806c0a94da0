"""Stretches of whole days in the organisation's zone, so that a figure is the same whoever reads it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from dateutil.relativedelta import relativedelta
from django.utils import timezone

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
FIRST, LAST = date(1990, 1, 1), date(2199, 12, 31)  # days that a period may touch


class Kind(StrEnum):
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    CUSTOM = "custom"


class Against(StrEnum):
    """What a period is compared with."""

    BEFORE = "before"
    YEAR = "year"
    NOTHING = "nothing"


MONTHS = {Kind.MONTH: 1, Kind.QUARTER: 3}


def midnight(day: date) -> datetime:
    """The moment at which a day begins for the organisation."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def today(at: datetime) -> date:
    """The day on which a moment falls for the organisation."""
    return timezone.localdate(at, timezone.get_default_timezone())


@dataclass(frozen=True)
class Period:
    """From the beginning of one day to the end of another: [start, end)."""

    kind: Kind
    first: date
    last: date

    @classmethod
    def around(cls, kind: Kind, day: date) -> Period:
        """The ISO week, the month or the quarter in which a day lies. Raises ValueError for another kind."""
        if kind == Kind.WEEK:
            first = day - timedelta(days=day.weekday())
            return cls(kind, first, first + WEEK - DAY)
        if kind not in MONTHS:
            raise ValueError("Only weeks, months and quarters lie around a day.")
        first = date(day.year, day.month - (day.month - 1) % MONTHS[kind], 1)
        return cls(kind, first, first + relativedelta(months=MONTHS[kind]) - DAY)

    @property
    def start(self) -> datetime:
        return midnight(self.first)

    @property
    def end(self) -> datetime:
        return midnight(self.last + DAY)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def after(self) -> Period:
        """The one that follows at once."""
        if self.kind == Kind.CUSTOM:
            length = timedelta(days=self.days)
            return Period(self.kind, self.first + length, self.last + length)
        return Period.around(self.kind, self.last + DAY)

    def compared(self, against: Against) -> Period | None:
        """The period it is measured against, of the same kind; None if against nothing."""
        if against == Against.NOTHING:
            return None
        first, last = (_back(day, self, against) for day in (self.first, self.last))
        return (
            Period(Kind.CUSTOM, first, last) if self.kind == Kind.CUSTOM else Period.around(self.kind, first)
        )

    def earlier(self, at: datetime, against: Against) -> datetime | None:
        """The same moment in the period it is measured against: a week, a month, a year before `at`."""
        if against == Against.NOTHING:
            return None
        local = timezone.localtime(at, timezone.get_default_timezone())
        return datetime.combine(_back(local.date(), self, against), local.timetz())


def _back(day: date, period: Period, against: Against) -> date:
    """A year is 52 whole weeks where weeks are compared, so that weekdays meet their like."""
    if against == Against.YEAR:
        return day - 52 * WEEK if period.kind == Kind.WEEK else day - relativedelta(years=1)
    if period.kind in MONTHS:
        return day - relativedelta(months=MONTHS[period.kind])
    return day - timedelta(days=period.days)


def weeks_up_to(period: Period, least: int) -> list[Period]:
    """The ISO weeks that the period touches, and as many before it as make `least`."""
    week = Period.around(Kind.WEEK, period.last)
    found = [week]
    while week.first > period.first or len(found) < least:
        week = Period.around(Kind.WEEK, week.first - DAY)
        found.insert(0, week)
    return found
