"""The timeline of a ticket, newest first, one item an act: its entries are the complete record, and the only source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import Entry
from tickets.telling.events import Part, Told, tell
from tickets.telling.known import Fact, Known

if TYPE_CHECKING:
    from tickets.models import Ticket

PAGE = 50  # entries
LONGEST_ACT = 30  # entries that one act is waited for, so that a page does not end within it


@dataclass
class Happening:
    """One act: by whom, when, what, and what it brought with it. `number` is that of its last entry."""

    number: int
    at: datetime
    recorded_at: datetime
    who: str
    title: str
    sign: str
    tone: str
    parts: list[Part]
    correctable: int | None


@dataclass
class History:
    """A page of happenings, newest first; `older` is the entry number before which it goes on."""

    happenings: list[Happening] = field(default_factory=list)
    older: int | None = None


def history(ticket: Ticket, *, now: datetime, before: int | None = None, after: int = 0) -> History:
    """What happened on a ticket, in a constant number of queries.

    `before` continues behind an earlier page; `after` leaves out what was there already.
    """
    entries = Entry.objects.of(ticket.key).select_related("by").order_by("-number").filter(number__gt=after)
    if before:
        entries = entries.filter(number__lt=before)
    rows = list(entries[: PAGE + LONGEST_ACT])
    shown = rows[: _end_of_page(rows)]
    facts = [Fact.of(entry) for entry in shown]
    known = Known.behind(facts, ticket, now=now)
    more = bool(shown) and shown[-1].number > after + 1  # entries are numbered without holes
    return History([_happening(act, known) for act in _acts(facts)], shown[-1].number if more else None)


def _end_of_page(rows: Sequence[Entry]) -> int:
    end = min(PAGE, len(rows))
    while 0 < end < len(rows) and _same_act(rows[end], rows[end - 1]):
        end += 1
    return end


def _same_act(earlier: Entry, later: Entry) -> bool:
    """Whether two entries that follow each other were written by one act: one moment, one person (or the clock)."""
    return earlier.at == later.at and (earlier.by_id == later.by_id or None in (earlier.by_id, later.by_id))


def _acts(facts: Iterable[Fact]) -> Iterator[list[Fact]]:
    """The entries of each act in the order in which they were written; the acts newest first."""
    act: list[Fact] = []
    for fact in facts:
        if act and not _same_act(fact.entry, act[0].entry):
            yield act
            act = []
        act.insert(0, fact)
    if act:
        yield act


def _happening(act: list[Fact], known: Known) -> Happening:
    lead, *rest = act
    told = tell(lead, known)
    below = [part for fact in rest for part in _below(tell(fact, known))]
    return Happening(
        number=act[-1].entry.number,
        at=lead.entry.at,
        recorded_at=lead.entry.recorded_at,
        who=_who(lead.entry),
        title=told.title,
        sign=told.sign,
        tone=told.tone,
        parts=[part for part in (*told.parts, *below) if part.words or part.label or part.tag],
        correctable=told.correctable,
    )


def _below(told: Told) -> list[Part]:
    return [Part(label=capfirst(told.title))] if told.below is None else told.below


def _who(entry: Entry) -> str:
    """Who did it; nobody where the clock did, whose events speak for themselves."""
    if entry.by:
        return str(entry.by)
    return {"import": _("Import"), "setup": _("Set-up"), "public": _("Customer")}.get(entry.actor, "")
