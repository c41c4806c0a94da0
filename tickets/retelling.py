"""What the timeline tells of a ticket, and whether its rows say the same: re-checked over live data by `manage.py audit`.

Whoever rewrites a row behind the back of all rules leaves it at odds with the chain, which cannot be rewritten (INV 1, 4, 5).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.utils.functional import Promise as Text
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.invariants import Violation, invariant
from servicedesk.audit.line import UNREADABLE, Kept
from servicedesk.audit.timeline import Entry
from servicedesk.clock.models import Deadline
from tickets.models import ComplainedAbout, Contact, Mark, Note, OwnershipPeriod, Promise, Ticket, VoidRequest

BATCH = 500  # tickets whose timelines are read at once
GIVEN = {
    "promise": "promised",
    "task": "promised",
    "check": "check_owed",
    "confirmation": "check_owed",
}  # the entry that tells a kind of deadline
WRITTEN = (
    (Contact, "words"), (Note, "words"), (Promise, "words"), (Mark, "reason"), (VoidRequest, "reason"),
    (ComplainedAbout, "reason"),
)  # fmt: skip
MOVED = ("taken_over", "leaver", "complaint")  # stretches of ownership that an entry of their own begins


@dataclass
class Told:
    """One ticket as its timeline tells it; what a timeline does not tell is missing in `now`."""

    now: dict[str, Any] = field(default_factory=dict)  # category, severity, customer
    owners: list[int] = field(default_factory=list)  # the first, and each to whom it moved
    given: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))
    broke: set[int] = field(default_factory=set)
    words: set[int] = field(default_factory=set)

    def hear(self, event: str, at: datetime, facts: dict[str, Any]) -> None:
        """Take one more entry in."""
        self.words |= {fact.words for fact in facts.values() if isinstance(fact, Kept)}
        self.now |= {name: facts[name] for name in ("category", "severity", "customer") if name in facts}
        if event in ("received", "owner_changed"):
            self.owners.append(facts["owner"])
        elif event in GIVEN.values():
            self.given[event].append((at, facts["due_at"]))
        elif event == "broke":
            self.broke.add(facts["deadline"])


@dataclass
class Rows:
    """The same as the rows say it."""

    owners: list[int] = field(default_factory=list)
    given: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))
    unbroken: set[int] = field(default_factory=set)
    words: set[int] = field(default_factory=set)


@invariant("4", _("Rows say what their timeline tells"))
def rows_agree_with_their_timeline() -> Iterator[Violation]:
    columns = ("number", "category", "severity", "customer", "live_deadline", "open_check")
    rows = Ticket.objects.only(*columns).order_by("pk").iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        told, said = _told(batch), _said(batch)
        for ticket in batch:
            for text in _differences(ticket, told[ticket.key], said[ticket.key]):
                yield Violation(ticket.key, str(text))


def _differences(ticket: Ticket, told: Told, said: Rows) -> Iterator[Text]:
    if told.owners != said.owners:
        yield _("Its owners are not those of the timeline.")
    if told.given != said.given:
        yield _("What is owed on it was given otherwise.")
    if told.broke & said.unbroken:
        yield _("A breach on the timeline has lost its stamp.")
    if said.words - told.words:
        yield _("Something was written down that its timeline does not know.")
    if any(getattr(ticket, _column(name)) != value for name, value in told.now.items()):
        yield _("Category, severity or customer are not those of the timeline.")


def _column(name: str) -> str:
    return name if name == "severity" else f"{name}_id"


def _told(batch: list[Ticket]) -> dict[str, Told]:
    told: dict[str, Told] = defaultdict(Told)
    entries = Entry.objects.filter(subject__in=[ticket.key for ticket in batch]).order_by("subject", "number")
    for entry in entries.iterator(chunk_size=BATCH):
        try:
            told[entry.subject].hear(entry.event, entry.at, entry.facts)
        except UNREADABLE:  # told by the check of the chain
            continue
    return told


def _said(batch: list[Ticket]) -> dict[str, Rows]:
    said: dict[str, Rows] = defaultdict(Rows)
    keys = {ticket.pk: ticket.key for ticket in batch}
    owed = Deadline.objects.filter(subject__in=keys.values(), kind__in=GIVEN).order_by("pk")
    known = {pk for ticket in batch for pk in (ticket.live_deadline_id, ticket.open_check_id)}
    for one in owed.only("subject", "kind", "made_at", "due_at", "broken_at", "settled_at"):
        if one.settled_at is None and one.pk not in known:
            continue  # told by another check: its ticket does not know it
        said[one.subject].given[GIVEN[one.kind]].append((one.made_at, one.due_at))
        if one.broken_at is None:
            said[one.subject].unbroken.add(one.pk)
    periods = (
        OwnershipPeriod.objects.filter(ticket__in=keys).order_by("pk").values_list("ticket", "owner", "how")
    )
    for pk, owner, how in periods:
        if how in MOVED or not said[keys[pk]].owners:
            said[keys[pk]].owners.append(owner)
    for pk, words in _written(keys):
        said[keys[pk]].words.add(words)
    return said


def _written(tickets: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Every text that hangs on these tickets, by the row that holds it."""
    for model, name in WRITTEN:
        yield from model._default_manager.filter(
            **{"ticket__in": tickets, f"{name}__isnull": False}
        ).values_list("ticket", name)
