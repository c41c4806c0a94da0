"""The pages people look at all day, each beside a bare logged-in one of as many rows, by how many tickets there are (PostgreSQL)."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from benchmarks._bare import SETTINGS, ask
from benchmarks._desk import build_house, live
from benchmarks._measuring import Ratio, counted, in_turns
from benchmarks._scratch import copies, use
from servicedesk.customers.models import Customer
from servicedesk.staff.models import User
from tickets.models import Category, Ticket

ENGINES = ("postgresql",)
ROUNDS = 9
GROWTH = 1.2  # at most, from the smallest desk to the largest
LIST, ONE, FIGURES = 2.5, 3.5, 5.0  # bars of lists, of the page of one thing, of the dashboard


@dataclass(frozen=True)
class Page:
    """A page as one person asks for it, its bar, and the rows of its bare counterpart."""

    name: str
    who: str
    bar: float
    address: Callable[[], str]
    rows: int = 50


def queue(**query: Any) -> Callable[[], str]:
    """The queue with filters; a callable value is asked for in the database at hand."""

    def address() -> str:
        given = {name: value() if callable(value) else value for name, value in query.items()}
        return f"{reverse('tickets:queue')}?" + "&".join(f"{name}={value}" for name, value in given.items())

    return address


def of(username: str) -> User:
    return User.objects.get(username=username)


def ticket(**wanted: Any) -> Callable[[], str]:
    """The page of the newest ticket of the busy person that is like this."""

    def address() -> str:
        theirs = Ticket.objects.filter(owner=of("agent0"), **wanted).exclude(kind="task")
        return theirs.order_by("-received_at")[0].path

    return address


def customer() -> str:
    return Customer.objects.order_by("pk")[0].get_absolute_url()


def dashboard(period: str) -> Callable[[], str]:
    return lambda: f"{reverse('dashboards:overview')}?period={period}"


PAGES = [
    Page("My desk", "agent0", LIST, lambda: reverse("home"), rows=100),
    Page("queue, sees all", "chief", LIST, queue()),
    Page("queue, leads a unit", "lead0", LIST, queue()),
    Page("queue, an agent's", "agent0", LIST, queue()),
    Page("queue, one department", "chief", LIST, queue(department=lambda: of("agent0").department_id)),
    Page("queue, one person", "chief", LIST, queue(owner=lambda: of("agent0").pk)),
    Page("queue, one category", "chief", LIST, queue(category=lambda: Category.objects.get(name="Heating").pk)),
    Page("queue, closed", "chief", LIST, queue(state="closed")),
    Page("queue, overdue", "chief", LIST, queue(state="overdue")),
    Page("queue, resolved", "chief", LIST, queue(state="resolved")),
    Page("queue, everything", "chief", LIST, queue(state="all")),
    Page("queue, words of few", "chief", LIST, queue(q="wang+min")),
    Page("queue, words of one in nine", "chief", LIST, queue(q="smells+of+smoke")),
    Page("queue, words of all", "chief", LIST, queue(q="nobody")),
    Page("queue, an agent's, words of few", "agent0", LIST, queue(q="wang+min")),
    Page("queue, an agent's, words of all", "agent0", LIST, queue(q="nobody")),
    Page("ticket, open, its owner's", "agent0", ONE, ticket(state="unresolved"), rows=10),
    Page("ticket, open, chief's", "chief", ONE, ticket(state="unresolved"), rows=10),
    Page("ticket, closed", "agent0", ONE, ticket(state="closed"), rows=10),
    Page("customer", "agent0", ONE, customer, rows=10),
    *(
        Page(f"dashboard, {named}, {period}", who, FIGURES, dashboard(period), rows=25)
        for who, named in (("chief", "sees all"), ("lead0", "leads a unit"))
        for period in ("week", "month", "quarter")
    ),
]  # fmt: skip


def measure(options: Namespace) -> Iterator[str | Ratio]:
    """`--tickets` are the sizes of desk; `--pages` the beginnings of the names of pages, if not all."""
    sizes = sorted(options.tickets)
    at = timezone.now()
    with copies(str(size) for size in sizes) as desks, override_settings(**SETTINGS):
        for size in sizes:
            use(desks[str(size)])
            start = time.perf_counter()
            live(build_house(), size, at=at)
            shown = f"{Ticket.objects.open().count() / size:.0%} open, {_gigabytes():.1f} GB"
            yield f"{size} tickets, {shown}, written in {time.perf_counter() - start:.0f} s"
        for page in PAGES:
            if page.name.startswith(tuple(options.pages)):
                yield from compare(page, desks, sizes)


def _gigabytes() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return cursor.fetchone()[0] / 1e9


def compare(page: Page, desks: dict[str, BaseDatabaseWrapper], sizes: list[int]) -> Iterator[str | Ratio]:
    """Both sides on every desk in turns, so that growth is told by one run too."""
    sides: dict[tuple[int, str], Callable] = {}
    statements = {}
    for size in sizes:
        use(desks[str(size)])
        client = Client()
        client.force_login(of(page.who))
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        address = page.address()
        ask(client, address)
        with counted() as sent:
            ask(client, address)
        statements[size] = len(sent)
        sides[size, "ours"] = partial(ask, client, address)
        sides[size, "bare"] = partial(ask, client, f"/bare/{page.rows}/")
    costs = in_turns(sides, rounds=ROUNDS, before=lambda side: use(desks[str(side[0])]))
    for size in sizes:
        ours, bare = costs[size, "ours"], costs[size, "bare"]
        more = {"statements": statements[size]}
        yield Ratio(f"{page.name}, {size}", ours, bare, bar=page.bar, more=more)
    if len(sizes) > 1:
        small, large = costs[sizes[0], "ours"], costs[sizes[-1], "ours"]
        yield Ratio(f"{page.name}, {sizes[-1]} beside {sizes[0]}", large, small, bar=GROWTH)
