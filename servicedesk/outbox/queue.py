"""How the messages stand that were not sent."""

from datetime import datetime
from typing import Any, TypedDict

from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet

from servicedesk.outbox.models import Message, State
from servicedesk.outbox.signals import tried_again

MOST_AT_ONCE = 2000  # messages


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


@transaction.atomic
def try_again(messages: QuerySet[Message], *, by: Any, at: datetime) -> int:
    """Queue those of the messages that were given up, as if never tried; returns how many, at most `MOST_AT_ONCE`.

    Who asked for it is told by the signal `tried_again`, which puts it on record.
    """
    given_up = messages.filter(given_up_at__isnull=False).order_by("pk").select_for_update()
    chosen = list(given_up.values_list("pk", flat=True)[:MOST_AT_ONCE])
    changes: dict[str, Any] = {"state": State.QUEUED, "next_try_at": at, "given_up_at": None}
    number = Message.objects.given_up().filter(pk__in=chosen).update(tries=0, last_error="", **changes)
    if chosen:
        tried_again.send(Message, messages=chosen, by=by, at=at)
    return number
