"""What the entries of a timeline refer to, read in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from servicedesk.audit.line import Kept
from servicedesk.audit.models import Words
from servicedesk.clock.models import Ring
from servicedesk.customers.models import ContactPerson, Customer, Project
from servicedesk.staff.holdings import holding_from, names_of
from servicedesk.staff.models import User
from servicedesk.timewords import short_time
from tickets.models import Category, Contact, Kind, Promise, Ticket

if TYPE_CHECKING:
    from servicedesk.audit.timeline import Entry

REFERS: Mapping[type, Mapping[str, tuple[str, ...]]] = {
    User: {
        "received": ("first_responder",),
        "owner_changed": ("owner", "was"),
        "reading_passed_on": ("owner", "was"),
        "check_owed": ("owner",),
        "check_passed_on": ("owner", "was"),
        "rang": ("person",),
    },
    Category: {"reclassified": ("category", "was_category")},
    Customer: {"customer_corrected": ("customer", "was")},
    ContactPerson: {"customer_corrected": ("person", "was_person")},
    Project: {"customer_corrected": ("was_project",)},
    Ticket: {"customer_corrected": ("was_repeat_of",), "repeat_undone": ("was_repeat_of",)},
    Contact: {"said": ("contact",), "heard": ("contact",)},
}  # what a number among the facts of an event is the key of


@dataclass
class Fact:
    """One entry with its facts; facts that cannot be read are none."""

    entry: Entry
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, entry: Entry) -> Fact:
        return cls(entry, entry.legible_facts)

    def __getitem__(self, name: str) -> Any:
        return self.facts.get(name)


@dataclass
class Known:
    """The rows behind a page of entries, by kind and key."""

    now: datetime
    texts: dict[int, str] = field(default_factory=dict)
    rows: dict[type, dict[int, Any]] = field(default_factory=dict)
    promises: list[Promise] = field(default_factory=list)
    rings: dict[tuple[int, int, int], Ring] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    is_task: bool = False
    intake: int | None = None  # the first contact, whose words can be corrected beside the first ones

    @classmethod
    def behind(cls, facts: Iterable[Fact], ticket: Ticket, *, now: datetime) -> Known:
        facts = list(facts)
        words = {value.words for fact in facts for value in fact.facts.values() if isinstance(value, Kept)}
        known = cls(now, {one.pk: one.shown for one in Words.objects.filter(pk__in=words)})
        for model, events in REFERS.items():
            known.rows[model] = _rows(model, _keys(facts, events))
        known.is_task = ticket.kind == Kind.TASK
        known.promises = list(ticket.promises.select_related("deadline"))
        deadlines = {fact["deadline"] for fact in facts if fact.entry.event == "rang"}
        for ring in Ring.objects.filter(deadline__in=deadlines) if deadlines else ():
            known.rings[ring.deadline_id, ring.rung_id, ring.round] = ring
        if any(fact.entry.event == "received" for fact in facts):
            known.intake = (
                ticket.contacts.filter(purpose=Contact.Purpose.INTAKE).values_list("pk", flat=True).first()
            )
        known.names = names_of(holding_from(ring.reason) for ring in known.rings.values() if ring.reason)
        return known

    def text(self, kept: Kept | None) -> str:
        """The words that an entry mentions, or that they have been erased."""
        return self.texts.get(kept.words, _("[erased]")) if kept else ""

    def row(self, model: type, key: int | None) -> Any:
        return self.rows[model].get(key) if key else None

    def name(self, model: type, key: int | None) -> str:
        """What a row is called; a dash where none was named."""
        row = self.row(model, key)
        return str(row) if row else "–"

    def time(self, moment: datetime | None) -> str:
        return short_time(moment, self.now) if moment else "–"

    def promise(self, *, number: int | None = None, deadline: int | None = None) -> Promise | None:
        return next((p for p in self.promises if p.number == number or p.deadline_id == deadline), None)

    def settled_by(self, contact: Contact | None) -> Promise | None:
        """The promise that a reply settled."""
        return next((p for p in self.promises if contact and p.reply_id == contact.pk), None)


def _keys(facts: Iterable[Fact], events: Mapping[str, tuple[str, ...]]) -> set[int]:
    found = {fact[name] for fact in facts for name in events.get(fact.entry.event, ())}
    return {key for key in found if isinstance(key, int)}


def _rows(model: type, keys: set[int]) -> dict[int, Any]:
    if not keys:
        return {}
    rows = model.objects.filter(pk__in=keys)  # type: ignore[attr-defined]
    if model is Contact:
        rows = rows.select_related("odd_hours", "person", "corrects")
    return {row.pk: row for row in rows}
