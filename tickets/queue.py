"""The queue: which tickets, in which order, a page at a time, each page by an index however many tickets there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, Func, OuterRef, Prefetch, Q
from django.db.models.functions import Left
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from servicedesk.calendars.models import Calendar
from servicedesk.clock.due import due_before
from servicedesk.keyset import Place
from servicedesk.regulations.standing import setting
from servicedesk.search.common import share_of
from servicedesk.timewords import midnight, next_midnight
from tickets.models import Mark, Ticket
from tickets.news import numbers_with_news

if TYPE_CHECKING:
    from servicedesk.staff.models import User
    from tickets.models.ticket import TicketQuerySet

PAGE = 50  # rows
WORDS_SHOWN = 200  # characters of the first words
WALKED = 150  # tickets with common words are expected among those walked through


# Which tickets


@dataclass(frozen=True)
class State:
    """One choice of state: its name, the tickets it means at a moment, and whether anything is owed on them.

    `owed` says the same of tickets on which something is owed, where that is shorter: no plan should think that two
    conditions which always go together leave fewer tickets than one.
    """

    label: str | Promise
    means: Callable[[datetime], Q]
    some_owed: bool = True
    some_idle: bool = True
    owed: Callable[[datetime], Q] | None = None


STATES: dict[str, State] = {
    "open": State(_("not closed"), lambda at: ~Q(state="closed"), owed=lambda at: Q()),
    "unresolved": State(_("unresolved"), lambda at: Q(state="unresolved"), some_idle=False),
    "overdue": State(_("overdue"), lambda at: Q(due_at__lt=at), some_idle=False),
    "today": State(
        _("due today"), lambda at: Q(due_at__gte=at, due_at__lt=next_midnight(at)), some_idle=False
    ),
    "resolved": State(_("resolved"), lambda at: Q(state="resolved")),
    "closed": State(_("closed"), lambda at: Q(state="closed"), some_owed=False),
    "all": State(_("all states"), lambda at: Q()),
}
SCOPES: dict[str, tuple[str | Promise, Callable[[User], Q]]] = {
    "mine": (_("owned by me"), lambda user: Q(owner=user)),
    "unit": (
        _("of my unit"),
        lambda user: Q(department__in=Ticket.objects.units(user) | {user.department_id or 0}),
    ),
}
FILTERS: dict[str, Callable[[Any], Q]] = {
    "kind": lambda value: Q(kind=value),
    "category": lambda value: Q(category=value),
    "owner": lambda value: Q(owner=value),
    "department": lambda value: Q(department=value),
    "severity": lambda value: Q(severity=value),
    "channel": lambda value: Q(channel=value),
    "customer": lambda value: Q(customer__number=value),
    "received_from": lambda value: Q(received_at__gte=midnight(value)),
    "received_to": lambda value: Q(received_at__lt=midnight(value + timedelta(days=1))),
}
FLAGS: dict[str, tuple[str | Promise, Callable[[TicketQuerySet, User, datetime], TicketQuerySet]]] = {
    "silent": (_("silent: nothing said since the promise"), lambda tickets, user, at: tickets.silent()),
    "chased": (_("the customer asked first"), lambda tickets, user, at: tickets.chased()),
    "untouched": (
        _("untouched for too long"),
        lambda tickets, user, at: tickets.untouched(promptly_before(at)),
    ),
    "passed": (
        _("passed around"),
        lambda tickets, user, at: tickets.passed_around(setting("S34")),
    ),
    "news": (
        _("with unread notices"),
        lambda tickets, user, at: tickets.filter(number__in=numbers_with_news(user)),
    ),
}
ANY_MARK = "any"
OF_UNRESOLVED = ("silent", "untouched", "passed")  # flags that only what is owed can bear


def matching(wanted: Mapping[str, Any], *, user: User, at: datetime) -> TicketQuerySet:
    """The tickets that all filters but the state and the words mean, whoever may see them."""
    tickets = Ticket.objects.all()
    for name, means in FILTERS.items():
        if value := wanted.get(name):
            tickets = tickets.filter(means(value))
    if mark := wanted.get("mark"):
        standing = Mark.objects.filter(ticket=OuterRef("pk"), lifted_at=None)
        tickets = tickets.filter(Exists(standing if mark == ANY_MARK else standing.filter(code=mark)))
    if scope := SCOPES.get(wanted.get("scope") or ""):
        tickets = tickets.filter(scope[1](user))
    if flag := FLAGS.get(wanted.get("flag") or ""):
        tickets = flag[1](tickets, user, at)
    return tickets


def promptly_before(at: datetime) -> datetime:
    """Since when an unresolved ticket must have been touched: S6 ago, by the organisation's calendar (R3.2.2)."""
    return due_before(setting("S6"), at, Calendar.objects.default().work_calendar())


# In which order


class AnyOf(Func):
    """One of the keys of an array; PostgreSQL makes that first, however few it guesses will be left."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()


@dataclass(frozen=True)
class Part:
    """A stretch of an order in which rows follow each other by one column, then by id; rows without it are elsewhere."""

    name: str
    column: str
    descending: bool
    holds: Q = field(default_factory=Q)
    some_without: bool = False

    def place_of(self, key: tuple[datetime, int]) -> str:
        """A row's place as it stands in an address."""
        return f"{self.name}.{Place(*key)}"

    def backwards(self) -> Part:
        return replace(self, descending=not self.descending)

    def keys(self, doors: Sequence[TicketQuerySet | Common], place: Place | None, count: int) -> list:
        """The first `count` sort keys behind the place, asked through each door alone and merged."""
        found: set[tuple[datetime, int]] = set()
        for tickets in doors:
            found.update(self.found(tickets, place, count))
        return sorted(found, reverse=self.descending)[:count]

    def found(self, tickets: TicketQuerySet | Common, place: Place | None, count: int) -> list:
        """The same through one door."""
        if isinstance(tickets, Common):
            rows = self.rows(tickets.tickets, place)
            walked = AnyOf("pk", ArraySubquery(rows.values("pk")[: tickets.walked]))
            some = self.rows(Ticket.objects.holding(tickets.text).filter(walked), None)
            keys = list(some.values_list(self.column, "pk")[:count])
            if len(keys) == count or not rows[tickets.walked : tickets.walked + 1].exists():
                return keys
            tickets = tickets.tickets.search(tickets.text)
        return list(self.rows(tickets, place).values_list(self.column, "pk")[:count])

    def rows(self, tickets: TicketQuerySet, place: Place | None) -> TicketQuerySet:
        """These tickets in this order, those behind the place."""
        sign = "-" if self.descending else ""
        rows = tickets.filter(self.holds)
        if place:
            rows = rows.filter(place.behind(self.column, descending=self.descending))
        elif self.some_without:
            rows = rows.filter(**{f"{self.column}__isnull": False})
        return rows.order_by(f"{sign}{self.column}", f"{sign}pk")


OWED = Part("owed", "due_at", descending=False, some_without=True)
IDLE = Part("idle", "received_at", descending=True, holds=Q(due_at=None))
ORDERS: dict[str, tuple[str | Promise, list[Part]]] = {
    "due": (_("soonest due first"), [OWED, IDLE]),
    "newest": (_("newest first"), [Part("newest", "received_at", descending=True)]),
    "oldest": (_("oldest first"), [Part("oldest", "received_at", descending=False)]),
    "touched": (_("last touched first"), [Part("touched", "touched_at", descending=True)]),
}


# A page at a time


@dataclass(frozen=True)
class Page:
    """One page of tickets; `before` and `after` are the places that lead to its neighbours, empty at an end."""

    tickets: list[Ticket]
    before: str
    after: str


def page_of(
    wanted: Mapping[str, Any],
    *,
    user: User,
    at: datetime,
    after: str = "",
    before: str = "",
    size: int = PAGE,
) -> Page:
    """The page behind the place `after`, or the one that ends at `before`; the first page where they are no places.

    `wanted` holds `state` and `sort` from the tables, and any of the filters. Nothing is counted and nothing skipped:
    the cost follows the rows of one page.
    """
    parts = _parts(wanted, at)
    doors = _doors(wanted, user=user, at=at)
    if start := _start(parts, before):
        flipped = [part.backwards() for part in reversed(parts)]
        keys = _walk(doors, flipped, start, size + 1)
        if len(keys) >= size:
            more = len(keys) > size
            return _page(keys[:size][::-1], parts, has_before=more, has_after=True)
    start = _start(parts, after)
    keys = _walk(doors, parts, start, size + 1)
    if start and not keys:  # what stood there has moved on
        start, keys = None, _walk(doors, parts, None, size + 1)
    return _page(keys[:size], parts, has_before=start is not None, has_after=len(keys) > size)


Key = tuple[str, tuple[datetime, int]]  # the part a row lies in, and its sort key


def _parts(wanted: Mapping[str, Any], at: datetime) -> list[Part]:
    """The parts of the order in which the wanted state can have rows, each with what it holds of it."""
    state = STATES[wanted["state"]]
    some_idle = state.some_idle and wanted.get("flag") not in OF_UNRESOLVED
    empty = {part.name for part, some in ((OWED, state.some_owed), (IDLE, some_idle)) if not some}
    means = {OWED.name: state.owed or state.means}
    return [
        replace(part, holds=part.holds & means.get(part.name, state.means)(at))
        for part in ORDERS[wanted["sort"]][1]
        if part.name not in empty
    ]


def _doors(wanted: Mapping[str, Any], *, user: User, at: datetime) -> list[TicketQuerySet | Common]:
    """The wanted tickets that the person sees, by each reason; in one where few are left after the search of words."""
    tickets = matching(wanted, user=user, at=at)
    if not user.is_active:
        return []
    text = wanted.get("q") or ""
    if not text:
        return [tickets.filter(door) for door in Ticket.objects.doors(user)]
    share = share_of(Ticket, text)
    if not share:
        return [tickets.search(text).visible_to(user)]
    walked = int(WALKED / share)
    return [Common(tickets.filter(door), text, walked) for door in Ticket.objects.doors(user)]


@dataclass(frozen=True)
class Common:
    """Tickets with common words: so many of a page's order are walked through before the index of words is asked.

    Words that are common one by one need not be so together, nor in every part of the tickets.
    """

    tickets: TicketQuerySet
    text: str
    walked: int


def _start(parts: Sequence[Part], text: str) -> tuple[str, Place] | None:
    """The part and place that a page's address states, if they are of this order."""
    name, _dot, written = text.partition(".")
    place = Place.read(written)
    return (name, place) if place and name in {part.name for part in parts} else None


def _walk(doors, parts: Sequence[Part], start: tuple[str, Place] | None, count: int) -> list[Key]:
    """The next `count` rows behind the start, through the parts in turn."""
    found: list[Key] = []
    name, place = start or ("", None)
    for part in parts:
        if place and part.name != name:
            continue  # the start lies further on
        found += [(part.name, key) for key in part.keys(doors, place, count - len(found))]
        place = None
        if len(found) == count:
            break
    return found


def _page(keys: Sequence[Key], parts: Sequence[Part], *, has_before: bool, has_after: bool) -> Page:
    by_name = {part.name: part for part in parts}
    places = [by_name[name].place_of(key) for name, key in (keys[0], keys[-1])] if keys else ["", ""]
    rows = {ticket.pk: ticket for ticket in shown([key[1] for _name, key in keys])}
    return Page(
        tickets=[rows[key[1]] for _name, key in keys if key[1] in rows],
        before=places[0] if has_before else "",
        after=places[1] if has_after else "",
    )


SHOWN = (
    *("number", "kind", "severity", "channel", "anonymous", "received_at", "state", "chased", "closed_at"),
    *("category__name", "category__code", "customer__name", "department__name"),
    *("owner__display_name", "owner__username"),
    *(f"{owed}__{column}" for owed in ("live_deadline", "open_check") for column in ("kind", "made_at", "due_at")),
)  # fmt: skip


def shown(ids: Sequence[int]) -> TicketQuerySet:
    """What a row shows, read for one page only; all other columns stay where they are."""
    return (
        Ticket.objects.filter(pk__in=ids)
        .select_related("category", "customer", "owner", "department", "live_deadline", "open_check")
        .only(*SHOWN)
        .annotate(said=Left("first_words__text", WORDS_SHOWN))
        .prefetch_related(Prefetch("marks", Mark.objects.filter(lifted_at=None), to_attr="standing_marks"))
    )
