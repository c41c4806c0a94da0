"""What belongs to the definition of a setting, and the values that have several parts."""

from dataclasses import dataclass
from datetime import time
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from servicedesk.regulations.kinds import Elsewhere, Kind, MonthDay
from servicedesk.regulations.span import Span

REPLIES = _("Promises and replies")
URGENT = _("Serious matters and faults")
TOGETHER = _("Hand-over and cooperation")
AFTERWARDS = _("After the remedy")
REVISITS = _("Revisits, inspections, surveys")
REPORTS = _("Reports, rosters, attendance")
PLACES = _("On site and property")
GROUPS = [REPLIES, URGENT, TOGETHER, AFTERWARDS, REVISITS, REPORTS, PLACES]


class Attempts(NamedTuple):
    """S17: after how many attempts a customer counts as unreachable."""

    attempts: int
    days: int
    channels: int


class WeekMoment(NamedTuple):
    """S19: 0 is Monday."""

    weekday: int
    time: time


class Survey(NamedTuple):
    """S22: how often a customer is asked, and the rest after any other survey."""

    every: Span
    apart: Span


class SiteLimits(NamedTuple):
    """S24: after the visit order, where the site has no limits of its own."""

    departure: Span
    arrival: Span


class Days(NamedTuple):
    """S28: first and last day, both included."""

    first: MonthDay
    last: MonthDay


@dataclass(frozen=True)
class Definition:
    """One setting: what it stands for, what it may be, what it is as shipped, which clauses it serves."""

    code: str
    group: Any
    title: Any
    kind: Kind
    default: Any
    clauses: tuple[str, ...]
    sentence: Any = "%(value)s"
    help: Any = ""

    def words(self, value: Any) -> str:
        """The value as a person would say it, in the reader's language."""
        return str(self.sentence) % {"value": self.kind.words(value)}

    @property
    def lives_here(self) -> bool:
        return not isinstance(self.kind, Elsewhere)
