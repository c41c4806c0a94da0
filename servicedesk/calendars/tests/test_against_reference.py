"""The arithmetic against a slow reference that looks at every minute's wall clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.calendars.worktime import NoWorkingTimeError, WorkCalendar

MINUTE = timedelta(minutes=1)
DAYS = 9
# around changes of the clock in each zone, and an ordinary week
SPOTS = [
    ("Europe/Berlin", date(2026, 3, 28)),
    ("Europe/Berlin", date(2026, 10, 24)),
    ("America/New_York", date(2026, 3, 7)),
    ("America/New_York", date(2026, 10, 31)),
    ("Asia/Shanghai", date(2026, 9, 29)),
    ("Australia/Lord_Howe", date(2026, 4, 4)),
    ("Australia/Lord_Howe", date(2026, 10, 3)),
    ("America/St_Johns", date(2010, 11, 6)),  # from 0:01 back to 23:01 of the day before
    ("Pacific/Apia", date(2011, 12, 29)),  # left out a whole day
]

times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59]))
intervals = st.lists(st.tuples(times, times), min_size=0, max_size=3)
weeks = st.dictionaries(st.integers(0, 6), intervals, max_size=7)


@dataclass
class Reference:
    """What DESIGN 5 says, word by word, minute by minute."""

    zone: ZoneInfo
    weekly: dict
    days_off: set
    workdays: dict

    def hours(self, day):
        if day in self.days_off:
            return []
        if day in self.workdays:
            usual = next((self.weekly[n] for n in range(7) if self.weekly.get(n)), [])
            return self.workdays[day] or self.weekly.get(day.weekday()) or usual
        return self.weekly.get(day.weekday(), [])

    def day_at(self, at):
        """The date to whose hours the instant belongs, or None while closed."""
        wall = at.astimezone(self.zone).replace(tzinfo=None)
        for day in (wall.date(), wall.date() - timedelta(days=1)):
            midnight = datetime.combine(day, time(0))
            for opens, closes in self.hours(day):
                start, end = datetime.combine(day, opens), datetime.combine(day, closes)
                if end <= start:
                    end += timedelta(days=1)
                if midnight <= start <= wall < end:
                    return day
        return None

    def is_open(self, at):
        return self.day_at(at) is not None

    def minutes(self, start, count):
        return [moment for n in range(count) if self.is_open(moment := start + n * MINUTE)]

    def close_of(self, day):
        """The end of the last minute that belongs to that day."""
        first = datetime.combine(day, time(0), tzinfo=UTC) - timedelta(days=1)
        own = [moment for n in range(4 * 24 * 60) if self._belongs(moment := first + n * MINUTE, day)]
        return max(own) + MINUTE if own else None

    def _belongs(self, at, day):
        wall = at.astimezone(self.zone).replace(tzinfo=None)
        for opens, closes in self.hours(day):
            start, end = datetime.combine(day, opens), datetime.combine(day, closes)
            if start <= wall < (end if end > start else end + timedelta(days=1)):
                return True
        return False


@st.composite
def cases(draw):
    """A calendar, its reference, and a start within its days."""
    name, first = draw(st.sampled_from(SPOTS))
    near = st.integers(-3, DAYS + 3).map(lambda n: first + timedelta(days=n))
    weekly = draw(weeks)
    days_off = draw(st.sets(near, max_size=3))
    workdays = draw(st.dictionaries(near, intervals, max_size=3))
    reference = Reference(ZoneInfo(name), weekly, days_off, workdays)
    try:
        calendar = WorkCalendar(ZoneInfo(name), weekly, days_off, workdays)
    except NoWorkingTimeError:
        return draw(st.nothing())
    start = datetime.combine(first, time(0), tzinfo=UTC) + draw(st.integers(0, 48 * 60)) * MINUTE
    return calendar, reference, start


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(0, 3 * 24 * 60))
def test_every_answer_agrees_with_the_wall_clock(case, work):
    calendar, reference, start = case
    span = DAYS * 24 * 60
    open_minutes = reference.minutes(start, span)
    end = start + span * MINUTE

    assert calendar.between(start, end) == len(open_minutes) * MINUTE
    for moment in (start, start + 37 * MINUTE, start + 24 * 60 * MINUTE):
        assert calendar.is_open(moment) == reference.is_open(moment)
    if open_minutes:
        assert calendar.next_open(start) == open_minutes[0]
        assert calendar.add(start, timedelta(0)) == open_minutes[0]
        assert calendar.last_open(end - MINUTE) == open_minutes[-1]
    if 0 < work <= len(open_minutes):
        due = calendar.add(start, work * MINUTE)
        assert due == open_minutes[work - 1] + MINUTE
        steps = calendar.explain(start, work * MINUTE)
        assert sum((step.spent for step in steps), timedelta(0)) == work * MINUTE
        assert steps[-1].end == due


@settings(max_examples=30, deadline=None)
@given(cases(), st.integers(1, 4))
def test_working_days_agree_with_the_wall_clock(case, n):
    calendar, reference, start = case
    today = start.astimezone(reference.zone).date()
    if not reference._belongs(start, today) and reference._belongs(start, today - timedelta(days=1)):
        today -= timedelta(days=1)
    closings = [close for k in range(1, DAYS + 1) if (close := reference.close_of(today + timedelta(days=k)))]
    if n > len(closings):
        return

    due = calendar.add_days(start, n)

    assert due == closings[n - 1]
    steps = calendar.explain_days(start, n)
    assert len([step for step in steps if step.start]) == n
    assert steps[-1].end == due


@settings(max_examples=200, deadline=None)
@given(cases(), st.integers(0, 10_000_000_000), st.integers(0, 10_000_000_000))
def test_work_done_in_parts_is_work_done_at_once(case, first, second):
    calendar, _, start = case
    one, two = timedelta(microseconds=first), timedelta(microseconds=second)
    try:
        due = calendar.add(start, one + two)
    except NoWorkingTimeError:
        return

    assert calendar.add(calendar.add(start, one), two) == due or not two
    assert calendar.between(start, due) == one + two
    assert not one + two or calendar.is_open(due - timedelta(microseconds=1))
