"""Working days counted back from now, so that the story happens in working hours whenever it is told."""

from datetime import date, datetime, time, timedelta

from servicedesk.calendars.worktime import WorkCalendar

MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)
LOOKED_BACK = 160  # calendar days, unless more are wanted


class Days:
    """The working days that have ended, counted back: 1 is the last of them, 0 the one under way or to come."""

    def __init__(self, work: WorkCalendar, now: datetime, looked_back: int = LOOKED_BACK) -> None:
        self.work, self.now = work, now
        self.today = now.astimezone(work.timezone).date()
        days = (self.today - timedelta(days=n) for n in range(looked_back))
        self._openings = [
            self.opening(day) for day in days if work.is_working_day(day) and self._closing(day) <= now
        ]
        self._openings.insert(0, work.next_open(self._closing(self._openings[0].date())))

    def since(self, moment: datetime) -> int:
        """How many working days back the first one lies that opened at a moment or after it."""
        return sum(opening >= moment for opening in self._openings) - 1

    def at(self, back: int, hours: float) -> datetime:
        """The moment when so many hours have been worked on the working day so many back."""
        return self.work.add(self._openings[back], timedelta(hours=hours))

    def before(self, hours: float) -> datetime:
        """So many working hours before now."""
        back, missing = 0, timedelta(hours=hours)
        while (worked := self.work.between(self._openings[back], self.now)) < missing:
            back += 1
        return self.work.add(self._openings[back], worked - missing).replace(second=0, microsecond=0)

    def later(self, moment: datetime, hours: float) -> datetime:
        """So many working hours after a moment, on a quarter of an hour where the day is still open then."""
        exact = self.work.add(moment, timedelta(hours=hours))
        rounded = exact + (-timedelta(minutes=exact.minute, seconds=exact.second) % QUARTER)
        rounded = rounded.replace(microsecond=0)
        return rounded if self.work.is_open(rounded - MINUTE) else exact

    def ago(self, days: int) -> datetime:
        """An open moment about so many calendar days ago."""
        return self.work.next_open(self.now - timedelta(days=days))

    def in_minutes(self, minutes: int) -> datetime:
        """A whole minute so many minutes from now, before now for a negative number, open or not."""
        return (self.now + minutes * MINUTE).replace(second=0, microsecond=0) + MINUTE

    def opening(self, day: date) -> datetime:
        """When a day opens, or the next one that does."""
        return self.work.next_open(self._midnight(day))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(0), self.work.timezone)

    def _closing(self, day: date) -> datetime:
        return self.work.add_days(self._midnight(day) - MINUTE, 1)
