"""The first dashboard beside a bare logged-in list of 25 rows, by how many tickets there are (PostgreSQL)."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client, override_settings
from django.urls import include, path, reverse
from django.utils import timezone

from benchmarks._desk import analyse, build_house, fill, rules_asleep
from benchmarks._measuring import Ratio, counted, in_turns
from servicedesk.staff.models import User
from tickets.models import Ticket

ENGINES = ("postgresql",)
ROUNDS = 15
YEARS = timedelta(days=3 * 365)
OPEN = 0.3  # of all tickets
ROWS = 25
PLAIN = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # needs no files collected
SETTINGS = {
    "ROOT_URLCONF": "benchmarks.dashboard",
    "ALLOWED_HOSTS": ["testserver"],
    "STORAGES": {**settings.STORAGES, "staticfiles": PLAIN},
}


@login_required
def bare(request: HttpRequest) -> HttpResponse:
    """One indexed query of 25 rows inside the same shell."""
    rows = Ticket.objects.order_by("-received_at", "-pk").select_related("owner").defer("tokens")[:ROWS]
    return render(request, "base.html", {"heading": ", ".join(f"{row} {row.owner}" for row in rows)})


urlpatterns = [path("bare/", bare, name="bare"), path("", include("servicedesk.urls"))]


def measure(options: Namespace) -> Iterator[str | Ratio]:
    """`--open` is the number of tickets here, three years of them, 30 % open: who sees all, then who leads one unit."""
    at = timezone.now()
    start = time.perf_counter()
    house = build_house()
    fill(house, options.open, at=at)
    live_through_three_years(options.open, at)
    yield f"{options.open} tickets, {OPEN:.0%} open, written in {time.perf_counter() - start:.0f} s"
    chief, manager = (User.objects.get(username=name) for name in ("chief", "lead0"))
    for who, user in (("general manager", chief), ("department manager", manager)):
        for period in ("week", "month", "quarter"):
            yield compare(who, user, period)


def compare(who: str, user: User, period: str) -> Ratio:
    client = Client()
    client.force_login(user)
    with override_settings(**SETTINGS):
        address = f"{reverse('dashboards:overview')}?period={period}"
        with counted() as statements:
            ask(client, address)
        sides: dict[str, Callable] = {
            "ours": partial(ask, client, address),
            "bare": partial(ask, client, "/bare/"),
        }
        costs = in_turns(sides, rounds=ROUNDS)
    return Ratio(
        f"{who}, {period}", costs["ours"], costs["bare"], bar=5, more={"statements": len(statements)}
    )


def ask(client: Client, address: str) -> None:
    response = client.get(address)
    if response.status_code != 200:
        raise AssertionError(f"{address} answered {response.status_code}")


def live_through_three_years(count: int, at: datetime) -> None:
    """Spread the tickets over three years, settle and close seven of ten: one in ten late, one in twenty after two
    attempts that reached nobody, one in thirty after the customer had asked. Of what is open, one in ten is overdue."""
    work: dict[str, Any] = {"at": at, "span": YEARS, "count": count, "open": int(count * OPEN)}
    with rules_asleep(), connection.cursor() as cursor:
        for statement in (SPREAD, SETTLED, MOVED, TICKETS, PERIODS, REPLIES, PROMISES):
            cursor.execute(statement, work)
        cursor.execute("DROP TABLE life")
    with connection.cursor() as cursor:
        cursor.execute(
            "VACUUM ANALYZE clock_deadline, tickets_ticket, tickets_ownershipperiod, tickets_contact"
        )
    analyse()


# Ticket i: when it came, when its present promise was made and due. The first ones are open, most of them young; of
# their promises one in ten is overdue, the others fall due within a week.
SPREAD = """
CREATE TEMPORARY TABLE life AS
SELECT i, i <= %(open)s AS open, came_at, due_at, due_at - interval '7 days' AS made_at,
    due_at + CASE WHEN i %% 10 = 3 THEN interval '1 day' ELSE interval '-1 day' END AS settled_at
FROM generate_series(1, %(count)s) i CROSS JOIN LATERAL (SELECT i::float / %(open)s AS share) open
CROSS JOIN LATERAL (SELECT %(at)s::timestamptz - CASE
    WHEN i <= %(open)s THEN share ^ 2 * interval '365 days'
    ELSE interval '9 days' + i * (%(span)s / %(count)s) END AS came_at) came
CROSS JOIN LATERAL (SELECT CASE
    WHEN i > %(open)s THEN came_at + interval '7 days'
    WHEN i %% 10 = 0 THEN %(at)s - share ^ 3 * interval '30 days'
    ELSE %(at)s + share * interval '7 days' END AS due_at) due
"""

SETTLED = """
UPDATE clock_deadline d SET made_at = life.made_at, due_at = life.due_at, settled_at = life.settled_at,
    outcome = CASE WHEN life.settled_at > life.due_at THEN 'late' ELSE 'kept' END,
    broken_at = CASE WHEN life.settled_at > life.due_at THEN life.due_at END,
    next_step_at = NULL, next_ring_at = NULL
FROM life WHERE d.id = life.i AND NOT life.open
"""

MOVED = "UPDATE clock_deadline d SET made_at = life.made_at, due_at = life.due_at FROM life WHERE d.id = life.i AND life.open"

TICKETS = """
UPDATE tickets_ticket t SET received_at = life.came_at, recorded_at = life.came_at, due_at = CASE WHEN life.open THEN life.due_at END,
    state = CASE WHEN life.open THEN 'unresolved' ELSE 'closed' END,
    live_deadline_id = CASE WHEN life.open THEN t.live_deadline_id END,
    resolved_at = CASE WHEN NOT life.open THEN life.settled_at END,
    closed_at = CASE WHEN NOT life.open THEN life.settled_at END, ended = CASE WHEN NOT life.open THEN 'checked' END
FROM life WHERE t.id = life.i
"""

PERIODS = """
UPDATE tickets_ownershipperiod p SET from_at = life.came_at, to_at = CASE WHEN NOT life.open THEN life.settled_at END
FROM life WHERE p.ticket_id = life.i
"""

REPLIES = """
INSERT INTO tickets_contact (ticket_id, direction, mode, purpose, channel, by_id, at, recorded_at, words_id, chased)
SELECT c.ticket_id, 'out', CASE WHEN i %% 20 = 7 THEN 'tried' ELSE 'spoken' END, 'reply', 'phone', c.by_id,
    life.settled_at, life.settled_at, -i, i %% 30 = 11
FROM life JOIN tickets_contact c ON c.id = life.i WHERE NOT life.open
"""

PROMISES = """
UPDATE tickets_promise p SET reply_id = c.id FROM tickets_contact c WHERE c.purpose = 'reply' AND p.ticket_id = c.ticket_id
"""
