"""How the messages stand that were not sent."""

from datetime import datetime
from typing import Any, TypedDict

from django.db.models import Count, Min, Q, QuerySet

from servicedesk.outbox.models import Message, State


class QueueState(TypedDict):
    queued: int
    failed: int
    given_up: int
    oldest_waiting: datetime | None


def queue_state() -> QueueState:
    """How many messages wait, failed (and are tried again) or were given up; since when the oldest waits.

    `oldest_waiting` is the moment at which it should have gone out, in the future if all wait for theirs.
    Two queries over partial indexes, whatever the size of the table.
    """
    waiting = Message.objects.waiting().aggregate(
        queued=Count("pk", filter=Q(state=State.QUEUED)),
        failed=Count("pk", filter=Q(state=State.FAILED)),
        oldest_waiting=Min("send_after"),
    )
    return QueueState(
        queued=waiting["queued"],
        failed=waiting["failed"],
        given_up=Message.objects.given_up().count(),
        oldest_waiting=waiting["oldest_waiting"],
    )


def try_again(messages: QuerySet[Message], *, at: datetime) -> int:
    """Queue those of the messages that were given up, as if never tried; returns how many."""
    changes: dict[str, Any] = {"state": State.QUEUED, "next_try_at": at, "given_up_at": None}
    return messages.filter(given_up_at__isnull=False).update(tries=0, last_error="", **changes)
