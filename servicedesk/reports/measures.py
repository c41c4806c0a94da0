"""The catalogue of measures: what each one is called, what exactly it counts, and the rows behind it.

Whatever a page counts in groups, it counts by the same conditions that select these rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from servicedesk.clock.models import Deadline
from servicedesk.reports.backlog import received_in
from servicedesk.reports.kept import is_chased, is_kept, is_missed, is_unreached, promises
from servicedesk.reports.owed import breaks_today, is_broken
from servicedesk.reports.period import Period
from servicedesk.reports.reach import Reach
from tickets.models import Ticket

if TYPE_CHECKING:
    from servicedesk.clock.models import DeadlineQuerySet
    from tickets.models.ticket import TicketQuerySet


@dataclass(frozen=True)
class Cut:
    """Of which rows a figure speaks: within whose reach, at which moment, for which period, whose, and how old."""

    reach: Reach
    at: datetime
    period: Period
    owner: int | None = None
    band: int | None = None

    @property
    def cutoff(self) -> datetime:
        """What happened after it is not yet known to a figure of the period."""
        return min(self.at, self.period.end)


@dataclass(frozen=True)
class Measure:
    """A figure: its name, its definition in a sentence, the clauses it serves, and the rows it counts."""

    code: str
    label: str | Promise
    definition: str | Promise
    clauses: tuple[str, ...]
    rows: Callable[[Cut], QuerySet]
    of_period: bool = False

    def behind(self, cut: Cut) -> QuerySet:
        """The rows behind the figure; as many as it says."""
        rows = cut.reach.limit(self.rows(cut))
        return rows if cut.owner is None else rows.filter(owner=cut.owner)


def _owed(cut: Cut) -> DeadlineQuerySet:
    return Deadline.objects.live().filter(is_broken(cut.at))


def _today(cut: Cut) -> DeadlineQuerySet:
    return Deadline.objects.live().filter(breaks_today(cut.at))


def _due(cut: Cut) -> DeadlineQuerySet:
    return promises(cut.period).filter(is_kept(cut.cutoff) | is_missed(cut.cutoff))


def _kept(cut: Cut) -> DeadlineQuerySet:
    return promises(cut.period).filter(is_kept(cut.cutoff))


def _missed(cut: Cut) -> DeadlineQuerySet:
    return promises(cut.period).filter(is_missed(cut.cutoff))


def _open(cut: Cut) -> TicketQuerySet:
    tickets = Ticket.objects.open()
    return tickets if cut.band is None else tickets.filter(received_in(cut.band, at=cut.at))


WORD = _(
    "A promise to a customer counts in the period in which it falls due, for the department that owes the reply. "
    "Not counted: what is not due yet and not settled, what was withdrawn in time, and imported history."
)
MEASURES = {
    measure.code: measure
    for measure in (
        Measure(
            "broken",
            _("Broken now"),
            _(
                "Everything owed whose due time has passed and that nobody has settled: promised replies, opinion checks, "
                "tasks and whatever else has a deadline. It counts for whoever owes it now."
            ),
            ("R1.1f", "R5.1c"),
            _owed,
        ),
        Measure(
            "today",
            _("Breaks today"),
            _(
                "Everything owed that is not yet due and falls due before your calendar day ends. It counts for whoever owes "
                "it now."
            ),
            ("R1.1f",),
            _today,
        ),
        Measure("due", _("Promises due"), WORD, ("R1.1e", "R5.1c"), _due, of_period=True),
        Measure(
            "kept",
            _("Promises kept"),
            format_lazy("{} {}", WORD, _("Kept: the reply came no later than promised.")),
            ("R1.1f", "R5.1c"),
            _kept,
            of_period=True,
        ),
        Measure(
            "missed",
            _("Promises broken"),
            format_lazy(
                "{} {}",
                WORD,
                _("Broken: at the promised time the customer had heard nothing, whatever came later."),
            ),
            ("R1.1f", "R5.1c"),
            _missed,
            of_period=True,
        ),
        Measure(
            "unreached",
            _("Kept, nobody reached"),
            _(
                "Among the promises kept, those for which two attempts in time met nobody and no words could be left in writing."
            ),
            ("R1.1f",),
            lambda cut: _due(cut).filter(is_unreached(cut.cutoff)),
            of_period=True,
        ),
        Measure(
            "chased",
            _("The customer asked first"),
            _("Among the promises due, those whose reply came only after the customer had asked."),
            ("R1.4c",),
            lambda cut: _due(cut).filter(is_chased(cut.cutoff)),
            of_period=True,
        ),
        Measure(
            "open",
            _("Open tickets"),
            _(
                "Every ticket that is not closed, also one that waits for its opinion check. Its age is counted in days since "
                "the day of receipt; it counts for its current owner and department."
            ),
            ("R3.2.2", "R5.1c"),
            _open,
        ),
    )
}
