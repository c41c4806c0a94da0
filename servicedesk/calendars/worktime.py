"""Working-time arithmetic (DESIGN 5). Pure: no database, no Django, no clock of its own.

Opening hours are wall clock in the calendar's zone, durations are real elapsed time: a minute
that the clock skips is not open, one that it repeats counts twice. Open time is half-open,
`[opening, closing)`. Hours that overlap are merged: nobody works twice at once.

Moments handed in must be aware; answers come in the zone of the moment asked about.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

from servicedesk.calendars.hours import Hours, Weekly, Workdays, make_up_days, week_of
from servicedesk.calendars.zones import (
    DAY,
    EPOCH_WEEKDAY,
    FIRST_DAY,
    LAST_DAY,
    MICROSECOND,
    SECOND,
    day_number,
    day_of,
    instant,
    moment,
    spells,
)

HORIZON = timedelta(days=7305)  # twenty years: no search looks further
OPEN, MAKE_UP, HOLIDAY, WEEKEND = "open", "make-up", "holiday", "weekend"

_BLOCK_DAYS = 64
_BLOCK = _BLOCK_DAYS * DAY
_HORIZON_BLOCKS = HORIZON // timedelta(days=_BLOCK_DAYS) + 1
_BLOCKS_KEPT = 512
_MINUTE = 60 * SECOND


class NoWorkingTimeError(ValueError):
    """The calendar never opens, or not within the horizon of twenty years."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an explanation: what a day contributed.

    `kind` is "open" or "make-up" (worked), "holiday" or "weekend" (skipped: a day off, or a day on
    which the week has no hours). A worked step says from when to when time was counted.
    """

    date: date
    kind: str
    start: datetime | None = None
    end: datetime | None = None
    spent: timedelta = timedelta(0)


class _Block(NamedTuple):
    """Sixty-four days worked out once: open stretches in UTC, and working days by local date."""

    opens: list[int]
    closes: list[int]
    before: list[int]  # open time in this block before stretch i
    total: int
    days: list[int]  # numbers of the working days among this block's local dates
    ends: list[int]  # the closing instant of each
    pieces: list[tuple[int, int, int]]  # (open, close, day), unmerged, for explanations


class WorkCalendar:
    """When work is done: weekly hours, days off, make-up working days.

    `weekly` maps weekday 0-6 (Monday is 0) to intervals `(time, time)`. An interval whose end is
    not after its start runs past midnight and belongs to the day it starts on; `(time(0), time(0))`
    is the whole day. `workdays` are make-up days: dates, or dates with hours of their own; without
    those they have the hours of their weekday, else of the first weekday that has any. A day off
    beats a make-up day beats the week. Raises NoWorkingTimeError if nothing is ever open.
    """

    def __init__(
        self,
        timezone: tzinfo,
        weekly: Weekly,
        days_off: Iterable[date] = frozenset(),
        workdays: Workdays = frozenset(),
    ) -> None:
        self.timezone = timezone
        self._week = week_of(weekly)
        self._days_off = frozenset(map(day_number, days_off))
        self._make_up = make_up_days(workdays, self._week)
        worked = [hours for day, hours in self._make_up.items() if day not in self._days_off]
        if not any(self._week) and not any(worked):
            raise NoWorkingTimeError("The calendar has no working time.")
        every = [interval for hours in (*self._week, *worked) for interval in hours]
        self._past_midnight = any(closes > DAY for _, closes in every)
        self._blocks: dict[int, _Block] = {}

    # What is asked

    def is_open(self, at: datetime) -> bool:
        """Whether work is done at that instant; at the closing instant it is not."""
        now = instant(at)
        block = self._block(now // _BLOCK)
        i = bisect_right(block.closes, now)
        return i < len(block.closes) and block.opens[i] <= now

    def add(self, start: datetime, work: timedelta) -> datetime:
        """The instant at which `work`, begun at `start`, is done.

        Work that exactly fills an interval ends at its closing instant. No work at all gives the
        start moved into open time. Raises ValueError for negative work, NoWorkingTimeError beyond the horizon.
        """
        need = work // MICROSECOND
        if need < 0:
            raise ValueError("Work cannot be negative.")
        now = instant(start)
        if not need:
            return moment(self._next_open(now), start.tzinfo)
        number = now // _BLOCK
        need += _worked(self._block(number), now)
        for block in self._blocks_from(number):
            if need <= block.total:
                i = bisect_left(block.before, need) - 1
                return moment(block.opens[i] + need - block.before[i], start.tzinfo)
            need -= block.total
        raise NoWorkingTimeError("There is not that much working time within twenty years.")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`; zero for a reversed pair.

        Raises ValueError for pairs further apart than the horizon.
        """
        first, last = instant(start), instant(end)
        if last <= first:
            return timedelta(0)
        if last - first > HORIZON // MICROSECOND:
            raise ValueError("Working time is not counted over more than twenty years.")
        numbers = range(first // _BLOCK, last // _BLOCK)
        spent = sum(self._block(number).total for number in numbers)
        spent += _worked(self._block(last // _BLOCK), last) - _worked(self._block(first // _BLOCK), first)
        return timedelta(microseconds=spent)

    def add_days(self, start: datetime, n: int) -> datetime:
        """The end of "within n working days": counted from the next working day, due at its closing time.

        The day of `start` is not counted; a start in a night shift belongs to the day on which the
        shift began. Zero days: the closing time of the working day into which the start falls or is moved.
        """
        _, end = self._working_day(instant(start), n)
        return moment(end, start.tzinfo)

    def next_open(self, at: datetime) -> datetime:
        """`at` itself while open, else the next opening."""
        return moment(self._next_open(instant(at)), at.tzinfo)

    def last_open(self, before: datetime) -> datetime | None:
        """`before` itself while open, else the last moment to act: a minute before the latest closing.

        A whole minute, so that what is brought forward to it still happens in open time. None if
        nothing was open within the horizon.
        """
        now = instant(before)
        number = now // _BLOCK
        for earlier in range(number, number - _HORIZON_BLOCKS, -1):
            block = self._block(earlier)
            i = bisect_left(block.opens, now + 1) - 1
            if i >= 0:
                last = now if now < block.closes[i] else max(block.opens[i], block.closes[i] - _MINUTE)
                return moment(last, before.tzinfo)
        return None

    def is_working_day(self, day: date) -> bool:
        """Whether any working hours begin on that date."""
        return self._works(day_number(day))

    def kind(self, day: date) -> str:
        """Why a date is worked or not: "open", "make-up", "holiday" or "weekend"."""
        return self._kind(day_number(day))

    def closed_days(self, start: datetime, end: datetime) -> list[date]:
        """The dates in the calendar's zone from `start` to `end`, both included, on which nobody works.

        Raises ValueError for moments further apart than the horizon.
        """
        first, last = self._date_number(instant(start)), self._date_number(instant(end))
        if last - first > HORIZON.days:
            raise ValueError("Days are not listed over more than twenty years.")
        return [day_of(number) for number in range(first, last + 1) if not self._works(number)]

    def explain(self, start: datetime, work: timedelta) -> list[Step]:
        """How `add(start, work)` comes about: time counted and days skipped, in order.

        What the steps spent sums up to `work`; the last one ends at the answer.
        """
        now, end = instant(start), instant(self.add(start, work))
        steps: list[Step] = []
        day = self._date_number(now)
        for opens, closes, worked_day in self._stretches(now, end):
            steps += self._skipped(day, worked_day)
            day = max(day, worked_day + 1)
            _append(steps, self._step(worked_day, opens, closes, start.tzinfo))
        if not steps:
            arrival = self._day_at(end)
            steps = [*self._skipped(day, arrival), self._step(arrival, end, end, start.tzinfo)]
        return steps

    def explain_days(self, start: datetime, n: int) -> list[Step]:
        """How `add_days(start, n)` comes about: days counted and days skipped, in order.

        A counted day says from when to when it is worked; `spent` stays zero, for days are counted,
        not hours. The last step ends at the answer.
        """
        first = self._day_at(instant(start))
        last, _ = self._working_day(instant(start), n)
        steps = []
        for number in range(first, last + 1):
            if not self._works(number):
                steps.append(Step(day_of(number), self._kind(number)))
            elif number > first if n else number == last:
                pieces = self._pieces(number)
                whole = min(pieces)[0], max(closes for _, closes in pieces)
                steps.append(Step(day_of(number), self._kind(number), *_moments(whole, start.tzinfo)))
        return steps

    # How it is worked out

    def _hours(self, number: int) -> Hours:
        if number in self._days_off or not FIRST_DAY <= number <= LAST_DAY:
            return ()
        return self._make_up.get(number) or self._week[(number + EPOCH_WEEKDAY) % 7]

    def _pieces(self, number: int) -> list[tuple[int, int]]:
        """The stretches of UTC during which the wall clock stands within that day's hours."""
        hours = self._hours(number)
        if not hours:
            return []
        around = _spells_around(self.timezone, number // _BLOCK_DAYS)
        midnight = number * DAY
        found = []
        for opens, closes in hours:
            for since, until, ahead in around:
                start = max(since, midnight + opens - ahead)
                end = min(until, midnight + closes - ahead)
                if start < end:
                    found.append((start, end))
        return found

    def _block(self, number: int) -> _Block:
        block = self._blocks.get(number)
        if block is None:
            if len(self._blocks) >= _BLOCKS_KEPT:
                self._blocks.clear()
            block = self._blocks[number] = self._work_out(number)
        return block

    def _blocks_from(self, number: int) -> Iterator[_Block]:
        return map(self._block, range(number, number + _HORIZON_BLOCKS))

    def _work_out(self, number: int) -> _Block:
        first = number * _BLOCK_DAYS
        low, high = first * DAY, (first + _BLOCK_DAYS) * DAY
        days, ends, pieces = [], [], []
        # hours last up to two days from midnight, and zones lie up to a day from UTC
        for day in range(first - 3, first + _BLOCK_DAYS + 2):
            own = self._pieces(day)
            if own and day // _BLOCK_DAYS == number:
                days.append(day)
                ends.append(max(closes for _, closes in own))
            pieces += [(max(o, low), min(c, high), day) for o, c in own if o < high and c > low]
        pieces.sort()
        opens, closes = _merged(pieces)
        before, total = [], 0
        for start, end in zip(opens, closes, strict=True):
            before.append(total)
            total += end - start
        return _Block(opens, closes, before, total, days, ends, pieces)

    def _next_open(self, now: int) -> int:
        for block in self._blocks_from(now // _BLOCK):
            i = bisect_right(block.closes, now)
            if i < len(block.closes):
                return max(now, block.opens[i])
        raise NoWorkingTimeError("There is no working time within twenty years.")

    def _working_day(self, now: int, n: int) -> tuple[int, int]:
        """The n-th working day after the day of `now`, and its closing instant."""
        if n < 0:
            raise ValueError("Days cannot be negative.")
        day = self._day_at(now if n else self._next_open(now))
        number = day // _BLOCK_DAYS
        i = bisect_right(self._block(number).days, day) + n - 1
        for block in self._blocks_from(number):
            if i < len(block.days):
                return block.days[i], block.ends[i]
            i -= len(block.days)
        raise NoWorkingTimeError("There are not that many working days within twenty years.")

    def _date_number(self, now: int) -> int:
        """The date that the wall clock shows at that instant."""
        ahead = next(a for _, until, a in _spells_around(self.timezone, now // _BLOCK) if now < until)
        return (now + ahead) // DAY

    def _day_at(self, now: int) -> int:
        """The date to which that instant counts: inside a night shift, the one on which the shift began."""
        day = self._date_number(now)
        if not self._past_midnight or self._within(day, now) or not self._within(day - 1, now):
            return day
        return day - 1

    def _within(self, number: int, now: int) -> bool:
        return any(opens <= now < closes for opens, closes in self._pieces(number))

    def _works(self, number: int) -> bool:
        days = self._block(number // _BLOCK_DAYS).days
        i = bisect_left(days, number)
        return i < len(days) and days[i] == number

    def _kind(self, number: int) -> str:
        if number in self._days_off:
            return HOLIDAY
        if not self._works(number):
            return WEEKEND
        return MAKE_UP if number in self._make_up else OPEN

    def _stretches(self, now: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Open time from `now` to `end` with the day each stretch belongs to, nothing counted twice."""
        for number in range(now // _BLOCK, end // _BLOCK + 1):
            for opens, closes, day in self._block(number).pieces:
                opens, closes = max(opens, now), min(closes, end)
                if opens < closes:
                    yield opens, closes, day
                    now = closes

    def _skipped(self, first: int, until: int) -> list[Step]:
        return [Step(day_of(n), self._kind(n)) for n in range(first, until) if not self._works(n)]

    def _step(self, number: int, opens: int, closes: int, zone: tzinfo | None) -> Step:
        spent = timedelta(microseconds=closes - opens)
        return Step(day_of(number), self._kind(number), *_moments((opens, closes), zone), spent)


def _merged(pieces: list[tuple[int, int, int]]) -> tuple[list[int], list[int]]:
    """Sorted stretches as openings and closings, those that touch or overlap made one."""
    opens: list[int] = []
    closes: list[int] = []
    for start, end, _ in pieces:
        if closes and start <= closes[-1]:
            closes[-1] = max(closes[-1], end)
        else:
            opens.append(start)
            closes.append(end)
    return opens, closes


def _worked(block: _Block, now: int) -> int:
    """Open time of the block before that instant."""
    i = bisect_right(block.closes, now)
    if i == len(block.closes):
        return block.total
    return block.before[i] + max(0, now - block.opens[i])


def _spells_around(zone: tzinfo, number: int) -> tuple[tuple[int, int, int], ...]:
    """The zone's offsets over a block and some days on either side."""
    return spells(zone, number * _BLOCK_DAYS - 6, _BLOCK_DAYS + 12)


def _moments(stretch: tuple[int, int], zone: tzinfo | None) -> tuple[datetime, datetime]:
    return moment(stretch[0], zone), moment(stretch[1], zone)


def _append(steps: list[Step], step: Step) -> None:
    """Add a step, or lengthen the last one where it goes on without a break."""
    last = steps[-1] if steps else None
    if last and last.date == step.date and last.end == step.start:
        steps[-1] = Step(last.date, last.kind, last.start, step.end, last.spent + step.spent)
    else:
        steps.append(step)
