"""Plays stories in the order of their moments, with the clock, the post and the desk's routine in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush

from django.db.models import Min

from servicedesk.clock.models import Deadline
from servicedesk.clock.sweep import sweep
from servicedesk.outbox.models import Message
from servicedesk.outbox.sending import send_due
from tickets.models import Ticket
from tickets.resolving import close_unopposed

# A story yields the moment of its next act and acts when it is woken: at exactly that moment.
Story = Iterator[datetime]

BEAT = timedelta(seconds=3)  # how long after its moment the clock comes round
NOWHERE = "django.core.mail.backends.dummy.EmailBackend"  # takes every mail and sends none


class Play:
    """Stories waiting for their next moment; what would happen after `now` stays untold."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._waiting: list[tuple[datetime, int, Story]] = []
        self._begun = 0

    def begin(self, story: Story) -> None:
        """Let a story wait for its first moment."""
        self._begun += 1
        self._await(story, self._begun)

    def run(self, told: Callable[[datetime], None]) -> None:
        """Play everything up to now; `told` hears each moment that was played."""
        while self._waiting:
            moment, number, story = heappop(self._waiting)
            run_clock_until(moment)
            self._await(story, number)
            told(moment)
        run_clock_until(self.now)
        sweep(self.now)

    def _await(self, story: Story, number: int) -> None:
        moment = next(story, None)
        if moment is not None and moment <= self.now:
            heappush(self._waiting, (moment, number, story))


def run_clock_until(moment: datetime) -> None:
    """Ring, close and send whatever falls due before a moment, each a beat after its time, as it would have been."""
    while True:
        rings_at = Deadline.objects.aggregate(at=Min("next_ring_at"))["at"]
        closes_at = Ticket.objects.aggregate(at=Min("unopposed_at"))["at"]
        sends_at = Message.objects.aggregate(at=Min("next_try_at"))["at"]
        due = [at for at in (rings_at, closes_at, sends_at) if at and at + BEAT < moment]
        if not due:
            return
        at = min(due) + BEAT
        if rings_at and rings_at < at:
            sweep(at)
        if closes_at and closes_at <= at:
            close_unopposed(at)
        send_due(at, backend=NOWHERE)
