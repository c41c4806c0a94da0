"""Plays stories in the order of their moments, with the clock, the post and the desk's routine in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from django.db import connection
from django.utils.dateparse import parse_datetime

from servicedesk.clock.sweep import sweep
from servicedesk.outbox.sending import send_due
from tickets.resolving import close_unopposed

# A story yields the moment of its next act and acts when it is woken: at exactly that moment.
Story = Iterator[datetime]

BEAT = timedelta(seconds=3)  # how long after its moment the clock comes round
CLEARED = timedelta(days=1)  # what fell due longer ago has been done, or waits for somebody who can be told
NOWHERE = "django.core.mail.backends.dummy.EmailBackend"  # takes every mail and sends none


class Play:
    """Stories waiting for their next moment; what would happen after `now` stays untold.

    `rhythm` says how long the clock waits between two rounds at a moment; none, and it comes as soon as anything is due.
    `before` is called whenever time moves on.
    """

    def __init__(
        self,
        now: datetime,
        *,
        rhythm: Callable[[datetime], timedelta] = lambda moment: BEAT,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        self.now, self.rhythm, self.before = now, rhythm, before
        self._waiting: list[tuple[datetime, int, Story]] = []
        self._begun = 0

    def begin(self, story: Story) -> None:
        """Let a story wait for its first moment."""
        self._begun += 1
        self._await(story, self._begun)

    def run(self, told: Callable[[datetime], None]) -> None:
        """Play everything up to now; `told` hears each moment that was played."""
        then = None
        while self._waiting:
            moment, number, story = heappop(self._waiting)
            if moment != then:
                self.before()
                run_clock_until(moment, self.rhythm, since=(then or moment) - CLEARED)
            then = moment
            self._await(story, number)
            told(moment)
        self.before()
        run_clock_until(self.now, self.rhythm, since=(then or self.now) - CLEARED)
        sweep(self.now)

    def _await(self, story: Story, number: int) -> None:
        moment = next(story, None)
        if moment is not None and moment <= self.now:
            heappush(self._waiting, (moment, number, story))


def run_clock_until(moment: datetime, rhythm: Callable[[datetime], timedelta], *, since: datetime) -> None:
    """Ring, close and send whatever falls due from `since` to a moment, at the clock's next round, as it would have been."""
    while True:
        rings_at, closes_at, sends_at = whats_next(since)
        due = [at for at in (rings_at, closes_at, sends_at) if at]
        if not due:
            return
        at = next_round(min(due), rhythm(min(due)))
        if at >= moment:
            return
        if rings_at and rings_at < at:
            sweep(at)
        if closes_at and closes_at <= at:
            close_unopposed(at)
        send_due(at, backend=NOWHERE)


def next_round(due: datetime, rhythm: timedelta) -> datetime:
    """When the clock comes round after something fell due: rounds of more than a beat begin on the hour."""
    if rhythm <= BEAT:
        return due + rhythm
    hour = due.replace(minute=0, second=0, microsecond=0)
    return hour + ((due - hour) // rhythm + 1) * rhythm


def whats_next(since: datetime) -> list[datetime | None]:
    """When the next deadline rings, inquiry closes and message goes out: asked between any two acts, so in one statement.

    Nothing before `since` is looked at: PostgreSQL would pass over all that fell due before, for as long as the
    transaction lasts in which it was done.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT MIN(next_ring_at) FROM clock_deadline WHERE next_ring_at >= %s),"
            " (SELECT MIN(unopposed_at) FROM tickets_ticket WHERE unopposed_at >= %s),"
            " (SELECT MIN(next_try_at) FROM outbox_message WHERE next_try_at >= %s)",
            [connection.ops.adapt_datetimefield_value(since)] * 3,
        )
        row = cursor.fetchone()
    return [_moment(value) for value in row]


def _moment(value: datetime | str | None) -> datetime | None:
    """SQLite keeps a moment as text in UTC."""
    if not isinstance(value, str):
        return value
    moment = parse_datetime(value)
    return moment and moment.replace(tzinfo=UTC)
