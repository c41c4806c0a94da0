"""Open tickets: how many, how old, and whose (R3.2.2, R5.1c)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, Sum

from servicedesk.reports.models import OpenCount
from servicedesk.reports.period import midnight, today
from servicedesk.reports.reach import Reach
from tickets.models import OwnershipPeriod, Ticket

AGES = (0, 3, 8, 31, 91)  # days since the day of receipt at which a band begins; the last one is open
BANDS = range(len(AGES))


def received_in(band: int, *, at: datetime) -> Q:
    """Received on a day as old as the band says, for the organisation; what is from today is 0 days old."""
    youngest, oldest = days_of(band, at=at)
    received = Q(received_at__lt=midnight(youngest + timedelta(days=1))) if band else Q()
    return received & Q(received_at__gte=midnight(oldest)) if oldest else received


def days_of(band: int, *, at: datetime) -> tuple[date, date | None]:
    """The last and the first day of receipt that a band means; no first day for the oldest."""
    here = today(at)
    oldest = here - timedelta(days=AGES[band + 1] - 1) if band + 1 < len(AGES) else None
    return here - timedelta(days=AGES[band]), oldest


@dataclass(frozen=True)
class Held:
    """How many open tickets one person has in one department."""

    department: int
    person: int
    total: int


@dataclass(frozen=True)
class Backlog:
    """Every open ticket counted once by whose it is, and once by its band of age."""

    held: list[Held]
    by_band: list[int]

    @property
    def total(self) -> int:
        return sum(one.total for one in self.held)


def backlog(reach: Reach, *, at: datetime) -> Backlog:
    """Two queries over the numbers that triggers keep: the cost follows people and days, not tickets."""
    counts = reach.limit(OpenCount.objects.order_by())
    held = counts.filter(owner__isnull=False).values_list("department", "owner").annotate(total=Sum("number"))
    bands = {f"band_{band}": Sum("number", filter=_on_days(band, at=at), default=0) for band in BANDS}
    ages = counts.filter(day__isnull=False).aggregate(**bands)
    return Backlog([Held(*row) for row in held.filter(total__gt=0)], list(ages.values()))


def _on_days(band: int, *, at: datetime) -> Q:
    youngest, oldest = days_of(band, at=at)
    received = Q(day__lte=youngest) if band else Q()
    return received & Q(day__gte=oldest) if oldest else received


def more_than(reach: Reach, *, then: datetime, at: datetime) -> int:
    """How many more tickets are open at a moment than were `then`: what came to these units since, less what left them.

    Ownership tiles from receipt to closing (INV 1), so its beginnings and ends tell; three queries over what happened
    since. What an import brought in closed was never open here (CASES l).
    """
    periods = reach.limit(OwnershipPeriod.objects.order_by())
    came = periods.filter(from_at__gt=then, from_at__lte=at).count()
    left = periods.filter(to_at__gt=then, to_at__lte=at).count()
    return came - left + _closed_elsewhere(reach, then=then, at=at)


def _closed_elsewhere(reach: Reach, *, then: datetime, at: datetime) -> int:
    """Imported history that would look as if it had been open `then` and had left since."""
    history = Ticket.objects.filter(
        is_history=True, closed_at__gt=then, closed_at__lte=at, received_at__lte=then
    )
    return reach.limit(history).count()
