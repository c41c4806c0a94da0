"""What monitoring asks: is the process alive, is the desk ready, and the figures behind the answer.

/healthz touches nothing. /readyz turns red (503) with its reasons. /metrics is for the loopback
address or for whoever carries the token; to all others it does not exist.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

import redis
from django.conf import settings
from django.db import Error
from django.db.models import Min
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from servicedesk.clock.models import Deadline, Heartbeat
from servicedesk.outbox.queue import queue_state
from servicedesk.servertime import server_time

BROKER_PATIENCE = 2  # seconds
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "Via")


@dataclass(frozen=True)
class Reading:
    """One look at the desk. Ages, lateness and the clock difference are seconds; None means not known."""

    database: bool = False
    broker: bool = False
    clock_difference: float | None = None
    sweep_age: float | None = None
    beat_age: float | None = None
    set_aside: int | None = None
    with_leavers: int | None = None
    rings_late: float | None = None
    messages_late: float | None = None
    messages_queued: int | None = None
    messages_failed: int | None = None
    messages_given_up: int | None = None

    def reasons(self) -> Iterator[str]:
        """Why the desk is not ready, in words for operators; nothing when it is."""
        if not self.broker:
            yield "the broker does not answer"
        if not self.database:
            yield "the database does not answer"
            return
        if abs(self.clock_difference or 0) > settings.READY_CLOCK_DIFFERENCE:
            yield f"the clock differs from the database server's by {self.clock_difference:.1f} s"
        for name, age in (("sweep", self.sweep_age), ("beat", self.beat_age)):
            if age is None:
                yield f"the {name} has not run yet"
            elif age > settings.READY_SWEEP_AGE:
                yield f"the last {name} was {age:.0f} s ago"
            elif age < -settings.READY_CLOCK_DIFFERENCE:  # the clock was set back, and nothing has run since
                yield f"the last {name} lies {-age:.0f} s ahead"


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; no database, no broker."""
    return HttpResponse("alive\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether the desk can work and its clock runs; 503 with reasons when not."""
    reading = look()
    reasons = list(reading.reasons())
    told = {"ready": not reasons, "reasons": reasons, **vars(reading)}
    return JsonResponse(told, status=503 if reasons else 200)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The same figures as Prometheus reads them."""
    if not may_read_metrics(request):
        raise Http404
    return HttpResponse(generate_latest(figures(look())), content_type=CONTENT_TYPE_LATEST)


def may_read_metrics(request: HttpRequest) -> bool:
    """The token, or a request from this very machine that no proxy passed on.

    Behind a proxy every request comes from the loopback address, so that there only the token counts.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    if settings.BEHIND_PROXY or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def look() -> Reading:
    """Read everything once; a part that does not answer leaves its figures unknown."""
    broker = broker_answers()
    try:
        before = timezone.now()
        at = server_time()
        own = before + (timezone.now() - before) / 2
        beats = dict(Heartbeat.objects.filter(name__in=("sweep", "beat")).values_list("name", "at"))
        queue = queue_state()
        return Reading(
            database=True,
            broker=broker,
            clock_difference=round((own - at).total_seconds(), 3),
            sweep_age=age(beats.get("sweep"), at),
            beat_age=age(beats.get("beat"), at),
            set_aside=Deadline.objects.set_aside().count(),
            with_leavers=Deadline.objects.with_leavers().count(),
            rings_late=lateness(Deadline.objects.due(at).aggregate(first=Min("next_ring_at"))["first"], at),
            messages_late=lateness(queue["oldest_waiting"], at),
            messages_queued=queue["queued"],
            messages_failed=queue["failed"],
            messages_given_up=queue["given_up"],
        )
    except Error:
        return Reading(broker=broker)


def age(moment: datetime | None, at: datetime) -> float | None:
    return None if moment is None else round((at - moment).total_seconds(), 3)


def lateness(moment: datetime | None, at: datetime) -> float:
    """How long something should have happened already; 0 when nothing waits, or all wait for their time."""
    return max(0.0, age(moment, at) or 0.0)


def broker_answers() -> bool:
    """Whether Redis answers, or the folder of the embedded broker can be written."""
    if not settings.REDIS_URL:
        return os.access(settings.BROKER_FOLDER / "queue", os.W_OK)
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=BROKER_PATIENCE, socket_timeout=BROKER_PATIENCE
        ) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def figures(reading: Reading) -> CollectorRegistry:
    """One gauge each; a figure that is not known is left out, so that an alert on absence can fire."""
    registry = CollectorRegistry()
    for name, meaning, value in (
        ("ready", "1 while /readyz is green", not list(reading.reasons())),
        ("database_up", "1 while the database answers", reading.database),
        ("broker_up", "1 while the broker answers", reading.broker),
        ("clock_difference_seconds", "own clock minus the database server's", reading.clock_difference),
        ("sweep_age_seconds", "since the clock last ran", reading.sweep_age),
        ("beat_age_seconds", "since the beat last asked for a run", reading.beat_age),
        ("deadlines_set_aside", "rows the clock could not handle", reading.set_aside),
        (
            "deadlines_with_leavers",
            "owed by people who go, with nobody left to owe them",
            reading.with_leavers,
        ),
        ("rings_late_seconds", "since the oldest step of a ladder that is due", reading.rings_late),
        (
            "messages_late_seconds",
            "since the oldest message that should have gone out",
            reading.messages_late,
        ),
        ("messages_queued", "messages that wait", reading.messages_queued),
        ("messages_failed", "messages that failed and are tried again", reading.messages_failed),
        ("messages_given_up", "messages that nobody tries any more", reading.messages_given_up),
    ):
        if value is not None:
            Gauge(f"servicedesk_{name}", meaning, registry=registry).set(float(value))
    return registry
