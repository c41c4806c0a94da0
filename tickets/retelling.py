"""What the timeline tells of a ticket, and whether its rows say the same: re-checked over live data by `manage.py audit`.

Whoever rewrites a row behind the back of all rules leaves it at odds with the chain, which cannot be rewritten (INV 1, 4, 5).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.functional import Promise as Text
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.invariants import Violation, of_timelines
from servicedesk.audit.line import Kept
from servicedesk.audit.reading import ReadEntry, Timelines
from servicedesk.clock.models import Deadline
from tickets.models import ComplainedAbout, Contact, Mark, Note, OwnershipPeriod, Promise, Ticket, VoidRequest

GIVEN = {
    "promise": "promised",
    "task": "promised",
    "check": "check_owed",
    "confirmation": "check_owed",
}  # the entry that tells a kind of deadline
TOLD_BY = frozenset(GIVEN.values())
NOW = ("category", "severity", "customer")
WRITTEN = (
    (Contact, "words"), (Note, "words"), (Promise, "words"), (Mark, "reason"), (VoidRequest, "reason"),
    (ComplainedAbout, "reason"),
)  # fmt: skip
MOVED = ("taken_over", "leaver", "complaint")  # stretches of ownership that an entry of their own begins


class TicketRow(NamedTuple):
    pk: int
    category: int
    severity: str
    customer: int | None
    live_deadline: int | None
    open_check: int | None


@dataclass
class Told:
    """One ticket as its timeline tells it; what a timeline does not tell is missing in `now`."""

    now: dict[str, Any] = field(default_factory=dict)  # category, severity, customer
    owners: list[int | None] = field(default_factory=list)  # the first, and each to whom it moved
    given: dict[str, list[tuple[datetime, datetime | None]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    broke: set[int | None] = field(default_factory=set)
    words: set[int] = field(default_factory=set)

    def hear(self, event: str, at: datetime, facts: dict[str, Any]) -> None:
        """Take one more entry in."""
        self.words.update([fact.words for fact in facts.values() if type(fact) is Kept])
        self.now.update([(name, facts[name]) for name in NOW if name in facts])
        if event in ("received", "owner_changed"):
            self.owners.append(facts.get("owner"))
        elif event in TOLD_BY:
            self.given[event].append((at, facts.get("due_at")))
        elif event == "broke":
            self.broke.add(facts.get("deadline"))


@dataclass
class Rows:
    """The same as the rows say it."""

    owners: list[int] = field(default_factory=list)
    given: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))
    unbroken: set[int] = field(default_factory=set)
    words: set[int] = field(default_factory=set)


@of_timelines("4", _("Rows say what their timeline tells"))
def rows_agree_with_their_timeline(timelines: Timelines) -> Iterator[Violation]:
    tickets = _tickets(timelines.of("ticket"))
    said = _said(tickets)
    for key, ticket in tickets.items():
        for text in _differences(ticket, _told(timelines.entries[key]), said[key]):
            yield Violation(key, str(text))


def _tickets(keys: list[str]) -> dict[str, TicketRow]:
    rows = Ticket.objects.filter(number__any=[key.removeprefix("ticket:") for key in keys])
    named = rows.values_list("number", "pk", *TicketRow._fields[1:])
    return {f"ticket:{number}": TicketRow(*row) for number, *row in named}


def _differences(ticket: TicketRow, told: Told, said: Rows) -> Iterator[Text]:
    if told.owners != said.owners:
        yield _("Its owners are not those of the timeline.")
    if told.given != said.given:
        yield _("What is owed on it was given otherwise.")
    if told.broke & said.unbroken:
        yield _("A breach on the timeline has lost its stamp.")
    if said.words - told.words:
        yield _("Something was written down that its timeline does not know.")
    if any(getattr(ticket, name) != value for name, value in told.now.items()):
        yield _("Category, severity or customer are not those of the timeline.")


def _told(entries: list[ReadEntry]) -> Told:
    told = Told()
    for entry in entries:
        told.hear(entry.event, entry.at, entry.facts)
    return told


def _said(tickets: dict[str, TicketRow]) -> dict[str, Rows]:
    said: dict[str, Rows] = defaultdict(Rows)
    keys = {ticket.pk: key for key, ticket in tickets.items()}
    owed = Deadline.objects.filter(subject__any=tickets, kind__in=GIVEN).order_by("pk")
    for subject, pk, kind, made_at, due_at, broken_at, settled_at in owed.values_list(
        "subject", "pk", "kind", "made_at", "due_at", "broken_at", "settled_at"
    ):
        ticket = tickets[subject]
        if settled_at is None and pk not in (ticket.live_deadline, ticket.open_check):
            continue  # told by another check: its ticket does not know it
        said[subject].given[GIVEN[kind]].append((made_at, due_at))
        if broken_at is None:
            said[subject].unbroken.add(pk)
    periods = OwnershipPeriod.objects.filter(ticket__pk__any=keys).order_by("pk")
    for pk, owner, how in periods.values_list("ticket", "owner", "how"):
        if how in MOVED or not said[keys[pk]].owners:
            said[keys[pk]].owners.append(owner)
    for pk, words in _written(keys):
        said[keys[pk]].words.add(words)
    return said


def _written(tickets: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Every text that hangs on these tickets, by the row that holds it."""
    for model, name in WRITTEN:
        yield from model._default_manager.filter(
            **{"ticket__pk__any": tickets, f"{name}__isnull": False}
        ).values_list("ticket", name)
