"""The calendar of absences as a table: a row a person, a column a day, an absence across its days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from servicedesk.calendars.explaining import date_range
from servicedesk.staff.away.days import DAY, Day
from servicedesk.staff.away.shown import Shown
from servicedesk.timewords import midnight

if TYPE_CHECKING:
    from servicedesk.staff.away.charge import Charge, Run
    from servicedesk.staff.models import Department, User


@dataclass(frozen=True)
class Cell:
    """A day of somebody who is there, or the days of the same absences in a row.

    `may_enter` says that the reader may enter an absence from this day on.
    """

    day: Day
    count: int = 1
    absences: tuple[Shown, ...] = ()
    may_enter: bool = False
    goes_on_before: bool = False
    goes_on_after: bool = False


@dataclass(frozen=True)
class Row:
    person: User
    cells: list[Cell]
    may_enter: bool


@dataclass(frozen=True)
class Group:
    """The people of one department, under who is in charge of it while its manager is away."""

    unit: Department | None
    rows: list[Row]
    charges: list[Run] = field(default_factory=list)

    @property
    def somebody_stands_in(self) -> bool:
        return any(run.charge for run in self.charges)


@dataclass(frozen=True)
class Away:
    """A day of the list by day, or several that are alike: who is away, and who is in charge where a manager is."""

    text: str
    is_today: bool
    absences: tuple[Shown, ...]
    charges: tuple[tuple[Department, Charge], ...]


def row_of(
    person: User, absences: Iterable[Shown], days: Sequence[Day], *, may_enter: bool, from_day: date | None
) -> Row:
    """One person's row; where the reader may enter absences, each day from `from_day` on leads to the form."""
    touched = _by_day(absences, days)
    cells = []
    for these, run in groupby(days, key=lambda day: touched.get(day.date, ()) or day.date):
        same = list(run)
        if isinstance(these, date):
            cells.append(Cell(same[0], may_enter=may_enter and from_day is not None and these >= from_day))
        else:
            cells.append(_bar(same, these))
    return Row(person, cells, may_enter)


def by_day(groups: Sequence[Group], days: Sequence[Day]) -> Iterator[Away]:
    """The same for a narrow screen: the days on which somebody is away, those alike as one, and today."""
    away: dict[date, tuple[Shown, ...]] = defaultdict(tuple)
    for group in groups:
        for row in group.rows:
            for cell, day in _spread(row.cells, days):
                away[day.date] += _on(cell.absences, day.date)
    charged = {day.date: _charged(groups, day.date) for day in days}
    for (these, charges, is_today), run in groupby(
        days, key=lambda day: (away[day.date], charged[day.date], day.is_today)
    ):
        same = list(run)
        if these or charges or is_today:
            text = same[0].text if len(same) == 1 else date_range(same[0].date, same[-1].date)
            yield Away(text, is_today, these, charges)


def _spread(cells: Iterable[Cell], days: Sequence[Day]) -> Iterator[tuple[Cell, Day]]:
    return zip((cell for cell in cells for _day in range(cell.count)), days, strict=True)


def _charged(groups: Iterable[Group], day: date) -> tuple[tuple[Department, Charge], ...]:
    return tuple(
        (group.unit, run.charge)
        for group in groups
        for run in group.charges
        if group.unit and run.charge and run.first <= day <= run.last
    )


def _bar(days: Sequence[Day], absences: tuple[Shown, ...]) -> Cell:
    first, last = midnight(days[0].date), midnight(days[-1].date + DAY)
    return Cell(
        days[0],
        len(days),
        absences,
        goes_on_before=any(one.starts_at < first for one in absences),
        goes_on_after=any(one.ends_at is None or one.ends_at > last for one in absences),
    )


def _by_day(absences: Iterable[Shown], days: Sequence[Day]) -> Mapping[date, tuple[Shown, ...]]:
    found: dict[date, tuple[Shown, ...]] = {}
    for one in sorted(absences, key=lambda each: each.starts_at):
        for day in days:
            if one.touches(midnight(day.date), midnight(day.date + DAY)):
                found[day.date] = (*found.get(day.date, ()), one)
    return found


def _on(absences: tuple[Shown, ...], day: date) -> tuple[Shown, ...]:
    start, end = midnight(day), midnight(day + DAY)
    return tuple(one for one in absences if one.touches(start, end))
