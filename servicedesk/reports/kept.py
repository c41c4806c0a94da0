"""Which words were kept: promises to customers, by when they were due (R1.1e-R1.1g, R5.1c; CASES c, d, j, k).

A promise counts in the period in which it falls due. It counts as kept if it was settled up to its due time, as
broken if it was not, be it answered late, withdrawn late, or not answered yet. What is not yet due and not yet
settled by the cut-off, what was withdrawn in time, and imported history, which promised nobody anything here, stay
outside. Whatever the moment of counting, the same cut-off gives the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q

from servicedesk.clock.models import Deadline
from servicedesk.reports.between import Between
from servicedesk.reports.period import Period
from servicedesk.reports.reach import Reach
from tickets.limits import WISHED
from tickets.models import Contact

if TYPE_CHECKING:
    from servicedesk.clock.models import DeadlineQuerySet

PROMISE = "promise"
TRIED = Contact.Mode.TRIED
TENTH = Decimal("0.1")


def is_kept(cutoff: datetime) -> Q:
    return Q(outcome=Deadline.Outcome.KEPT, settled_at__lte=cutoff)


def is_missed(cutoff: datetime) -> Q:
    """Not settled in time; a promise withdrawn after its due time stays broken (CASES j, k)."""
    return Q(due_at__lt=cutoff) & (Q(settled_at=None) | Q(settled_at__gt=F("due_at")))


def promises(period: Period) -> DeadlineQuerySet:
    """The promises that fall due in a period, counted or not."""
    return Deadline.objects.filter(kind=PROMISE, due_at__gte=period.start, due_at__lt=period.end)


def is_unreached(cutoff: datetime) -> Q:
    """Kept by two attempts at which nobody answered (CASES c)."""
    return is_kept(cutoff) & Q(promise__reply__mode=TRIED)


def is_chased(cutoff: datetime) -> Q:
    """Answered only after the customer had asked (CASES d, R1.4c)."""
    return Q(promise__reply__chased=True, settled_at__lte=cutoff)


@dataclass(frozen=True)
class Kept:
    """How many words were due and how many of them were kept."""

    due: int = 0
    kept: int = 0

    @property
    def missed(self) -> int:
        return self.due - self.kept

    @property
    def rate(self) -> Decimal | None:
        """Per cent to a tenth, rounded down: 100 only if every word was kept. None where none was due."""
        if not self.due:
            return None
        return (Decimal(100 * self.kept) / self.due).quantize(TENTH, ROUND_DOWN)

    def __add__(self, other: Kept) -> Kept:
        return Kept(self.due + other.due, self.kept + other.kept)


def kept_by_department(reach: Reach, period: Period, *, cutoff: datetime) -> dict[int, Kept]:
    """By the department that owed the reply when it was settled, or owes it now; one query."""
    rows = _counted(reach.limit(promises(period)), cutoff).values_list("department")
    return {department: Kept(due, kept) for department, due, kept in _figures(rows, cutoff)}


def kept_by_stretch(reach: Reach, periods: Sequence[Period], *, cutoff: datetime) -> list[Kept]:
    """For each of some periods that follow each other without a gap; one query."""
    whole = Period(periods[0].kind, periods[0].first, periods[-1].last)
    counted = _counted(reach.limit(promises(whole)), cutoff)
    rows = counted.annotate(stretch=Between("due_at", [period.start for period in periods])).values_list(
        "stretch"
    )
    found = {stretch: Kept(due, kept) for stretch, due, kept in _figures(rows, cutoff)}
    return [found.get(number, Kept()) for number in range(1, len(periods) + 1)]


def _counted(rows: DeadlineQuerySet, cutoff: datetime) -> DeadlineQuerySet:
    return rows.filter(is_kept(cutoff) | is_missed(cutoff)).order_by()


def _figures(rows, cutoff: datetime):
    return rows.annotate(due=Count("due_at"), kept=Count("due_at", filter=is_kept(cutoff)))


@dataclass(frozen=True)
class Apart:
    """What is said beside the words kept: nobody was reached, or the customer had to ask."""

    unreached: int = 0
    chased: int = 0


def apart(reach: Reach, period: Period, *, cutoff: datetime) -> Apart:
    """Count in one query what is counted apart; few replies are, and the index `contact_apart` holds these alone."""
    rows = _counted(reach.limit(promises(period)), cutoff)
    replied = Q(promise__reply__at__gte=period.start - WISHED, promise__reply__at__lte=cutoff)
    found = rows.filter(replied, Q(promise__reply__mode=TRIED) | Q(promise__reply__chased=True)).aggregate(
        unreached=Count("due_at", filter=is_unreached(cutoff)),
        chased=Count("due_at", filter=is_chased(cutoff)),
    )
    return Apart(**found)
