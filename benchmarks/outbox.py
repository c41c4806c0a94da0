"""The outbox: ten thousand mails to a mail server on this machine by two workers that send side by side, then by one (PostgreSQL)."""

from __future__ import annotations

import multiprocessing
import resource
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connections
from django.utils import timezone

from benchmarks._desk import build_house
from benchmarks._measuring import watching_the_server
from benchmarks._sink import mail_sink
from servicedesk.outbox.mail import message_id
from servicedesk.outbox.models import Message
from servicedesk.outbox.posting import Draft, post_many
from servicedesk.outbox.sending import send_due

ENGINES = ("postgresql",)
MAILS = 10_000
BAR = 200  # mails a second, with two workers


@dataclass
class Sent:
    """One emptying of the outbox: seconds on the wall and of the processors, ours and the database's."""

    workers: int
    mails: int
    wall: float
    cpu: float
    server: float
    lost: int
    doubled: int

    def __str__(self) -> str:
        each = (self.cpu + self.server) / self.mails * 1000
        return (
            f"{self.workers} workers: {self.mails} mails in {self.wall:.1f} s, {self.mails / self.wall:.0f} a second"
            f" (bar {BAR} with two); {each:.2f} ms of processor a mail ({self.cpu:.1f} s ours, {self.server:.1f} s the"
            f" database's), so {1000 / each:.0f} for a second of processor; lost {self.lost}, doubled {self.doubled}"
        )


def measure(options: Namespace) -> Iterator[Sent]:
    """Two workers, then one, each run with as many mails of its own."""
    people = build_house().people
    for workers in (2, 1):
        keys = post(f"bench{workers}", [person.pk for person in people])
        with mail_sink() as sink:
            wall, cpu, server = emptied(workers, sink.port)
            taken = sink.taken()
        wanted = {message_id(Message(key=key)) for key in keys}
        yield Sent(
            workers, len(keys), wall, cpu, server,
            lost=len(wanted - taken.keys()), doubled=sum(taken[one] > 1 for one in wanted),
        )  # fmt: skip


def post(name: str, people: list[int]) -> list[str]:
    """Mails as the clock writes them, each of one matter."""
    at = timezone.now()
    item = {
        "kind": "promise", "label": "2026-000001 · Heating", "path": "/tickets/2026-000001/", "acknowledge": "",
        "due_at": (at + timedelta(hours=1)).isoformat(), "overdue": False, "position": "owner", "reason": {"reason": "holds"},
    }  # fmt: skip
    drafts = [
        Draft(
            event="owed",
            key=f"{name}:{n}",
            channel="email",
            at=at,
            recipient=people[n % len(people)],
            params={"count": 1, "items": [item]},
        )
        for n in range(MAILS)
    ]
    if post_many(drafts) != MAILS:
        raise AssertionError("not every mail was posted")
    return [draft.key for draft in drafts]


def emptied(workers: int, port: int) -> tuple[float, float, float]:
    """Seconds on the wall, of our processors and of the database's until nothing is due any more."""
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(workers + 1)
    connections.close_all()
    processes = [context.Process(target=worker, args=(ready, port)) for _ in range(workers)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with watching_the_server() as server:
        for process in processes:
            process.start()
        ready.wait()
        start = time.perf_counter()
        for process in processes:
            process.join()
        wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if left := Message.objects.waiting().count():
        raise AssertionError(f"{left} mails were left")
    return wall, cpu, server.seconds


def worker(ready, port: int) -> None:
    """What a worker's task does, again and again until the outbox is empty."""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    connections["default"].ensure_connection()
    ready.wait()
    while send_due(timezone.now(), backend="django.core.mail.backends.smtp.EmailBackend"):
        pass
