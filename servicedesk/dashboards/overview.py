"""The first dashboard: what is broken and what breaks today, which words were kept, what is open, and whose it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from servicedesk.calendars.explaining import date_range
from servicedesk.dashboards.asking import Asked
from servicedesk.dashboards.wording import (
    age_name,
    ago,
    change_of,
    change_of_rate,
    per_cent,
    period_name,
    short_week,
)
from servicedesk.reports.backlog import BANDS, Backlog, backlog, more_than
from servicedesk.reports.kept import Apart, Kept, apart, kept_by_department, kept_by_stretch
from servicedesk.reports.owed import Owed, owed
from servicedesk.reports.period import Period, weeks_up_to
from servicedesk.staff.models import User

WEEKS = 12  # at least, on the chart of words kept
SHOWN = 20  # people; all of them stand in the file to download


@dataclass(frozen=True)
class Number:
    """A figure and the address of the rows behind it; nothing stands behind a nought."""

    value: int
    url: str

    def __bool__(self) -> bool:
        return bool(self.value)


@dataclass(frozen=True)
class Words:
    """Words due and kept, each with its rows."""

    due: Number
    kept: Number
    missed: Number
    rate: Decimal | None

    @property
    def said(self) -> str:
        """The rate in words; a dash where no word was due."""
        return per_cent(self.rate)


@dataclass(frozen=True)
class Week:
    name: str
    days: str
    words: Words


@dataclass(frozen=True)
class Age:
    name: str
    open: Number


@dataclass(frozen=True)
class Line:
    """One department or one person: what is broken, what breaks today, what is open; for departments the words kept."""

    name: str
    broken: Number
    today: Number
    open: Number
    words: Words | None = None
    unit: str = ""


@dataclass(frozen=True)
class Overview:
    """Everything the page shows, counted by a constant number of queries."""

    broken: Number
    broken_by: int
    broken_change: str
    today: Number
    today_by: int
    words: Words
    words_change: str
    unreached: Number
    chased: Number
    open: Number
    open_by: int
    open_change: str
    weeks: list[Week]
    ages: list[Age]
    departments: list[Line]
    people: list[Line]
    more_people: int


@dataclass(frozen=True)
class Counted:
    """The figures as the measures give them, before they get names and addresses."""

    owed: Owed
    kept: dict[int, Kept]
    before: Kept | None
    apart: Apart
    backlog: Backlog
    more: int | None
    weeks: list[Kept]


def count(asked: Asked) -> Counted:
    """Six queries, eleven with a comparison; none of them reads a deadline that is due only after today."""
    reach, at, cutoff = asked.reach, asked.at, asked.cut.cutoff
    then, compared = asked.period.earlier(at, asked.against), asked.compared
    return Counted(
        owed=owed(reach, at=at, then=then),
        kept=kept_by_department(reach, asked.period, cutoff=cutoff),
        before=sum(kept_by_stretch(reach, [compared], cutoff=at), Kept()) if compared else None,
        apart=apart(reach, asked.period, cutoff=cutoff),
        backlog=backlog(reach, at=at),
        more=more_than(reach, then=then, at=at) if then else None,
        weeks=kept_by_stretch(reach, weeks_up_to(asked.period, WEEKS), cutoff=at),
    )


def overview_of(asked: Asked, *, shown: int | None = SHOWN) -> Overview:
    """The page for what the address asks; `shown` people, or all of them."""
    found = count(asked)
    when = ago(asked.period, asked.against)
    kept, opened = sum(found.kept.values(), Kept()), found.backlog.total
    people, more_people = _people(asked, found, shown)
    compared = asked.compared
    return Overview(
        broken=Number(found.owed.broken.total(), asked.rows("broken")),
        broken_by=len({person for _unit, person in found.owed.broken}),
        broken_change=_change(found.owed.broken.total(), found.owed.before, when),
        today=Number(found.owed.today.total(), asked.rows("today")),
        today_by=len({person for _unit, person in found.owed.today}),
        words=_words(asked, kept),
        words_change=change_of_rate(kept, found.before, period_name(compared))
        if found.before and compared
        else "",
        unreached=Number(found.apart.unreached, asked.rows("unreached")),
        chased=Number(found.apart.chased, asked.rows("chased")),
        open=Number(opened, asked.rows("open")),
        open_by=len({one.person for one in found.backlog.held}),
        open_change=_change(opened, None if found.more is None else opened - found.more, when),
        weeks=_weeks(asked, found),
        ages=[
            Age(age_name(band), Number(number, asked.rows("open", band=band)))
            for band, number in zip(BANDS, found.backlog.by_band, strict=True)
        ],
        departments=_departments(asked, found),
        people=people,
        more_people=more_people,
    )


def _change(now: int, before: int | None, when: str) -> str:
    return "" if before is None else change_of(now, before, when)


def _words(asked: Asked, kept: Kept, period: Period | None = None, **cut: Any) -> Words:
    return Words(
        due=Number(kept.due, asked.rows("due", period, **cut)),
        kept=Number(kept.kept, asked.rows("kept", period, **cut)),
        missed=Number(kept.missed, asked.rows("missed", period, **cut)),
        rate=kept.rate,
    )


def _weeks(asked: Asked, found: Counted) -> list[Week]:
    """The weeks of the chart, without those of a time in which nothing had been promised yet."""
    weeks = list(zip(weeks_up_to(asked.period, WEEKS), found.weeks, strict=True))
    begun = next((n for n, (_week, kept) in enumerate(weeks) if kept.due), len(weeks))
    return [
        Week(short_week(week), date_range(week.first, week.last), _words(asked, kept, week))
        for week, kept in weeks[begun:]
    ]


def _departments(asked: Asked, found: Counted) -> list[Line]:
    """Each department by itself, without those below it; those of which there is nothing to say are left out."""
    broken, today, opened = (
        _summed(counts, 0) for counts in (found.owed.broken, found.owed.today, _opened(found.backlog))
    )
    lines = []
    for pk, department in asked.units.by_id.items():
        kept = found.kept.get(pk, Kept())
        if not (broken[pk] or today[pk] or opened[pk] or kept.due):
            continue
        lines.append(
            Line(
                department.name,
                broken=Number(broken[pk], asked.rows("broken", unit=pk)),
                today=Number(today[pk], asked.rows("today", unit=pk)),
                open=Number(opened[pk], asked.rows("open", unit=pk)),
                words=_words(asked, kept, unit=pk),
            )
        )
    return lines


def _people(asked: Asked, found: Counted, shown: int | None) -> tuple[list[Line], int]:
    """Who has what, most broken first, and how many more there are."""
    broken, today, opened = (
        _summed(counts, 1) for counts in (found.owed.broken, found.owed.today, _opened(found.backlog))
    )
    ids = sorted(
        broken.keys() | today.keys() | opened.keys(),
        key=lambda pk: (-broken[pk], -today[pk], -opened[pk], pk),
    )
    people = User.objects.select_related("department").in_bulk(ids[:shown])
    lines = [
        Line(
            str(people[pk]),
            broken=Number(broken[pk], asked.rows("broken", owner=pk)),
            today=Number(today[pk], asked.rows("today", owner=pk)),
            open=Number(opened[pk], asked.rows("open", owner=pk)),
            unit=people[pk].department.name if people[pk].department else "",
        )
        for pk in ids[:shown]
    ]
    return lines, len(ids) - len(lines)


def _opened(backlog: Backlog) -> Counter[tuple[int, int]]:
    return Counter({(one.department, one.person): one.total for one in backlog.held})


def _summed(counts: Counter[tuple[int, int]], part: int) -> Counter[int]:
    """Counts by place, summed over departments (part 0) or over people (part 1)."""
    found: Counter[int] = Counter()
    for place, number in counts.items():
        found[place[part]] += number
    return found
