"""Celery's beat, which a clock that is set back does not stop."""

from typing import Any

from celery.beat import PersistentScheduler


class Scheduler(PersistentScheduler):
    """Counts from now on what seems to have run in the future: the clock was ahead then.

    Celery alone would wait until the clock has come that far again, be it a day.
    """

    def tick(self, *args: Any, **kwargs: Any) -> float:
        now = self.app.now()
        ahead = [entry for entry in self.schedule.values() if (entry.last_run_at or now) > now]
        for entry in ahead:
            entry.last_run_at = now
        if ahead:
            self._heap = None  # holds the moments that were worked out before
        return super().tick(*args, **kwargs)
