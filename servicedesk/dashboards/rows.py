"""The rows behind a figure, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from servicedesk.clock.describing import Description, descriptions
from servicedesk.clock.desk import HEAVY
from servicedesk.clock.models import Deadline
from servicedesk.dashboards.asking import Asked
from servicedesk.dashboards.wording import age_name
from servicedesk.keyset import Place
from servicedesk.reports.measures import Measure
from servicedesk.staff.models import User
from tickets.queue import shown

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from tickets.models import Ticket

PAGE = 50  # rows


@dataclass(frozen=True)
class Page:
    """One page of deadlines or of tickets, oldest first; `total` counts all pages, `after` leads to the next one."""

    total: int
    deadlines: list[tuple[Deadline, Description | None]] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    after: str = ""


def page_of(measure: Measure, asked: Asked, *, user: User, after: Place | None = None) -> Page:
    """The rows that the figure counts, with how many there are in all."""
    rows = measure.behind(asked.cut)
    owes = rows.model is Deadline
    keys, more = _keys(rows, "due_at" if owes else "received_at", after)
    found: dict[str, Any] = {"total": rows.count(), "after": str(keys[-1]) if more else ""}
    ids = [key.pk for key in keys]
    return Page(deadlines=_deadlines(ids, user), **found) if owes else Page(tickets=_tickets(ids), **found)


def _keys(rows: QuerySet, column: str, after: Place | None) -> tuple[list[Place], bool]:
    behind = rows.filter(after.behind(column)) if after else rows
    keys = [Place(*key) for key in behind.order_by(column, "pk").values_list(column, "pk")[: PAGE + 1]]
    return keys[:PAGE], len(keys) > PAGE


def _deadlines(ids: Sequence[int], user: User) -> list[tuple[Deadline, Description | None]]:
    found = Deadline.objects.filter(pk__in=ids).select_related("owner", "department").defer(*HEAVY)
    rows = sorted(found, key=lambda row: (row.due_at, row.pk))
    about = descriptions([row.subject for row in rows], user)
    return [(row, about.get(row.subject)) for row in rows]


def _tickets(ids: Sequence[int]) -> list[Ticket]:
    return sorted(shown(ids), key=lambda ticket: (ticket.received_at, ticket.pk))


def chips(asked: Asked) -> list[str]:
    """What narrows the rows down: a department, a person, an age."""
    pk, owner, band = (
        asked.given.get("unit") or asked.given.get("department"),
        asked.cut.owner,
        asked.cut.band,
    )
    said = [asked.units.name(int(pk))] if pk else []
    if owner is not None:
        said += [str(person) for person in User.objects.filter(pk=owner)] or ["–"]
    return said if band is None else [*said, age_name(band)]
