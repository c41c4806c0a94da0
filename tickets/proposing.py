"""The next time to promise: a good one, why it is that one, and how far one may go (R1.1g, S2a, S3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from servicedesk.clock.due import Proposal, propose
from servicedesk.clock.explaining import explain
from servicedesk.regulations.span import Span
from tickets.limits import WISHED, propose_next
from tickets.promises import next_limit

if TYPE_CHECKING:
    from tickets.models import Ticket

PICKS = {"hours": Span(2, "working_hours"), "day": Span(1, "working_days"), "days": Span(3, "working_days")}


@dataclass(frozen=True)
class NextTime:
    """A proposed time with its reasons, and the latest times: by the rules, and as the customer may wish."""

    due_at: datetime
    reasons: list[str]
    latest: datetime
    wished_latest: datetime


def next_time(ticket: Ticket, *, at: datetime, pick: str = "") -> NextTime:
    """The next promise to propose on a ticket: S2a from now, or one of the shipped picks, never beyond what is allowed."""
    limit = next_limit(ticket, at=at)
    proposal = _proposal(ticket, pick, at=at)
    reasons = explain(proposal.derivation) if proposal.due_at <= limit else []
    return NextTime(min(proposal.due_at, limit), reasons, limit, max(limit, at + WISHED))


def _proposal(ticket: Ticket, pick: str, *, at: datetime) -> Proposal:
    if pick in PICKS:
        return propose(PICKS[pick], at, ticket.calendar, rule="S3")
    return propose_next(ticket.calendar, at=at)
