"""A calendar's year as the year view shows it: twelve months of days with their kind and name."""

import calendar as months
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from servicedesk.calendars.editions import Edition
from servicedesk.calendars.explaining import date_range, month_and_day, name_of
from servicedesk.calendars.worktime import HOLIDAY, MAKE_UP, OPEN, WEEKEND

REST = "rest"
LABELS = {
    OPEN: gettext_lazy("working day"),
    WEEKEND: gettext_lazy("non-working day"),
    HOLIDAY: gettext_lazy("public holiday"),
    REST: gettext_lazy("adjusted rest day"),
    MAKE_UP: gettext_lazy("make-up working day"),
}
SHORT_WEEKDAYS = [
    pgettext_lazy("head of a calendar column", "Mon"),
    pgettext_lazy("head of a calendar column", "Tue"),
    pgettext_lazy("head of a calendar column", "Wed"),
    pgettext_lazy("head of a calendar column", "Thu"),
    pgettext_lazy("head of a calendar column", "Fri"),
    pgettext_lazy("head of a calendar column", "Sat"),
    pgettext_lazy("head of a calendar column", "Sun"),
]
_OFF = pgettext_lazy("mark on a calendar day", "off")
MARKS = {HOLIDAY: _OFF, REST: _OFF, MAKE_UP: pgettext_lazy("mark on a calendar day", "work")}


@dataclass(frozen=True)
class Cell:
    """One day: `kind` also names its colour; `text` is what a screen reader says."""

    date: date
    kind: str
    text: str
    mark: str
    is_today: bool


@dataclass(frozen=True)
class Month:
    """One month in weeks from Monday to Sunday; days of other months are None."""

    name: str
    weeks: list[list[Cell | None]]


@dataclass(frozen=True)
class Period:
    """Special days in a row that belong together, for the list beside the months."""

    days: str
    kind: str
    label: str
    name: str
    count: int


def months_of(edition: Edition, year: int, *, today: date) -> list[Month]:
    """The twelve months."""
    return [
        Month(
            str(MONTHS[number]),
            [
                [_cell(edition, day, today) if day.month == number else None for day in week]
                for week in months.Calendar().monthdatescalendar(year, number)
            ],
        )
        for number in range(1, 13)
    ]


def counts_of(edition: Edition, year: int) -> list[tuple[str, str, int]]:
    """How many days of each kind the year has: (kind, label, count), kinds that occur only."""
    counted = Counter(kind_of(edition, day) for day in _days(year))
    return [(kind, str(label), counted[kind]) for kind, label in LABELS.items() if counted[kind]]


def periods_of(edition: Edition, year: int) -> list[Period]:
    """The year's holidays, neighbouring days off as one, and its make-up days."""
    runs: list[list[date]] = []
    for day in sorted(day for day in edition.days if day.year == year):
        if runs and _continues(edition, runs[-1][-1], day):
            runs[-1].append(day)
        else:
            runs.append([day])
    return [_period(edition, run) for run in runs]


def kind_of(edition: Edition, day: date) -> str:
    """The day's kind; days off are told apart into public holidays and adjusted rest days."""
    kind = edition.work.kind(day)
    return edition.days[day].kind if kind == HOLIDAY else kind


def weekdays() -> list[tuple[str, str]]:
    """Short and full names of the weekdays, Monday first."""
    return [(str(SHORT_WEEKDAYS[number]), str(WEEKDAYS[number])) for number in range(7)]


def _cell(edition: Edition, day: date, today: date) -> Cell:
    kind = kind_of(edition, day)
    facts = {
        "day": month_and_day(day),
        "kind": LABELS[kind],
        "name": name_of(day, edition.days),
    }
    text = _("%(day)s: %(kind)s, %(name)s") if facts["name"] else _("%(day)s: %(kind)s")
    return Cell(day, kind, text % facts, str(MARKS.get(kind, "")), day == today)


def _continues(edition: Edition, before: date, day: date) -> bool:
    both_off = edition.days[before].kind != "work" and edition.days[day].kind != "work"
    return both_off and day - before == timedelta(days=1)


def _period(edition: Edition, run: list[date]) -> Period:
    named = [day for day in run if edition.days[day].kind == HOLIDAY] or run[:1]
    names = _(", ").join(dict.fromkeys(name_of(day, edition.days) for day in named))
    kind = kind_of(edition, named[0])
    return Period(date_range(run[0], run[-1]), kind, str(LABELS[kind]), names, len(run))


def _days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range(366 if months.isleap(year) else 365)]
