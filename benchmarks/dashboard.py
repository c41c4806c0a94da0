"""The first dashboard beside a bare logged-in list of 25 rows, by how many tickets there are (PostgreSQL)."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from functools import partial

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client, override_settings
from django.urls import include, path, reverse
from django.utils import timezone

from benchmarks._desk import build_house, live
from benchmarks._measuring import Ratio, counted, in_turns
from servicedesk.staff.models import User
from tickets.models import Ticket

ENGINES = ("postgresql",)
ROUNDS = 15
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
    live(build_house(), options.open, at=at)
    yield f"{options.open} tickets, written in {time.perf_counter() - start:.0f} s"
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
