"""Sending what is due: claimed for a while, sent outside any transaction, marked one by one.

A sender that dies keeps its claim only until the lease ends; then the message is sent by another. So a
message goes out once, and at most once more after a crash between the server's "accepted" and our mark.
"""

import logging
import time
import zlib
from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, prefetch_related_objects

from servicedesk.outbox.mail import FailedError, Postman, RefusedError, UnreachableError
from servicedesk.outbox.models import EMAIL, IN_APP, Message, State
from servicedesk.outbox.rendering import render

log = logging.getLogger(__name__)

BATCH = 50  # messages
LEASE = timedelta(minutes=10)  # far longer than a run and its last, slowest message
RUN = timedelta(minutes=2)  # a run takes up no further message after this
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
CAP_SPAN = timedelta(hours=1)


class Run:
    """One run of a sender: its clock (the moment handed in plus the time spent) and its counts."""

    def __init__(self, at: datetime, backend: str | None = None) -> None:
        self.began_at = at
        self.backend = backend
        self.began = time.monotonic()
        self.counts: Counter[str] = Counter()
        self.unreachable = ""  # why the mail server is out of reach, once it is

    def now(self) -> datetime:
        return self.began_at + timedelta(seconds=time.monotonic() - self.began)

    def is_over(self) -> bool:
        return self.now() - self.began_at >= RUN


def send_due(at: datetime, *, backend: str | None = None) -> dict[str, int]:
    """Send what is due, batch by batch, for at most two minutes; returns how many came to which state.

    Any number may run side by side. What a run leaves over stays due for the next one; it ends once the mail server is
    out of reach, so that senders who wait for a dead one never keep all workers from the clock. `backend` names another
    mail backend than the settings do.
    """
    run = Run(at, backend)
    while not run.is_over():
        batch = claim(run.now())
        if not batch:
            break
        send_batch(batch, run)
        if len(batch) < BATCH or run.unreachable:
            break
    return dict(run.counts)


@transaction.atomic
def claim(at: datetime) -> list[Message]:
    """Take some due messages for the length of a lease, urgent ones first.

    PostgreSQL passes over rows that another sender is taking; on SQLite, where row locks do not exist,
    the count of the update tells whether somebody came between, and then nothing is taken.
    """
    due = Message.objects.due(at)
    batch = list(due.select_for_update(skip_locked=True).order_by("-urgent", "next_try_at", "pk")[:BATCH])
    taken = due.filter(pk__in=[message.pk for message in batch]).update(
        tries=F("tries") + 1, next_try_at=at + LEASE
    )
    if taken != len(batch):
        transaction.set_rollback(True)
        return []
    for message in batch:
        message.tries += 1
    prefetch_related_objects(batch, "recipient")
    return batch


def send_batch(batch: list[Message], run: Run) -> None:
    """Send claimed messages: notices by letting them be seen, mail over one connection."""
    mail = [message for message in batch if message.channel == EMAIL]
    for message in batch:
        if message.channel == IN_APP:
            mark_sent(message, run)
        elif message.channel != EMAIL:
            give_up(message, "no such channel", run)
    if mail:
        send_mail(mail, run)


def send_mail(batch: list[Message], run: Run) -> None:
    """Send a batch of mail; once the server is out of reach the rest fails with that reason, untried."""
    sent_to = sent_lately(batch, run.now())
    with Postman(run.backend) as postman:
        for message in batch:
            if run.is_over():
                put_back(message, run.now(), run)
            elif message.address and sent_to[message.address] >= settings.OUTBOX_MAILS_PER_ADDRESS:
                put_back(message, run.now() + CAP_SPAN, run)
            elif run.unreachable:
                mark_failed(message, run.unreachable, run)
            else:
                sent_to[message.address] += 1
                send_one_mail(postman, message, run)


def send_one_mail(postman: Postman, message: Message, run: Run) -> None:
    """Send one mail and mark what became of it; the run learns if the server is out of reach."""
    if message.recipient and not message.recipient.is_active:
        give_up(message, "recipient may not log in", run)
        return
    if message.tries > settings.OUTBOX_TRIES:
        give_up(message, "every sender died over it", run)
        return
    words = render(message)
    try:
        postman.deliver(message, words)
    except RefusedError as refusal:
        give_up(message, str(refusal), run)
    except UnreachableError as failure:
        mark_failed(message, str(failure), run)
        run.unreachable = str(failure)
    except FailedError as failure:
        mark_failed(message, str(failure), run)
    else:
        mark_sent(message, run, subject=words.subject, body=words.body)


def sent_lately(batch: list[Message], at: datetime) -> Counter[str]:
    """How many mails went to each of the batch's outside addresses within the last hour."""
    addresses = {message.address for message in batch if message.address}
    rows = (
        Message.objects.filter(recipient__isnull=True, address__in=addresses, sent_at__gt=at - CAP_SPAN)
        .values_list("address")
        .annotate(Count("pk"))
        .order_by()
    )
    return Counter(dict(rows))


def mark_sent(message: Message, run: Run, **words: str) -> None:
    end(message, run, state=State.SENT, sent_at=run.now(), next_try_at=None, last_error="", **words)


def mark_failed(message: Message, error: str, run: Run) -> None:
    """Try again later, or give up after the last try."""
    if message.tries >= settings.OUTBOX_TRIES:
        give_up(message, error, run)
        return
    wait = wait_after(message.tries, spread=f"{message.pk}:{message.tries}")
    end(message, run, state=State.FAILED, last_error=error[:120], next_try_at=run.now() + wait)


def give_up(message: Message, error: str, run: Run) -> None:
    """Nobody tries this message again unless an administrator asks for it."""
    log.error("Gave up message %s (%s) after %s tries: %s", message.pk, message.event, message.tries, error)
    end(
        message,
        run,
        state=State.GIVEN_UP,
        given_up_at=run.now(),
        last_error=error[:120],
        next_try_at=None,
    )


def put_back(message: Message, until: datetime, run: Run) -> None:
    """Leave a claimed message untried for later."""
    end(message, run, state=message.state, tries=message.tries - 1, next_try_at=until)


def end(message: Message, run: Run, **changes) -> None:
    """Write what became of a claimed message, unless its lease ended and another sender has it.

    The number of the try is the proof of the claim.
    """
    mine = Message.objects.waiting().filter(pk=message.pk, tries=message.tries)
    if mine.update(**changes):
        run.counts[changes["state"]] += 1


def wait_after(tries: int, *, spread: str) -> timedelta:
    """The pause after so many tries: doubled each time up to an hour, then 80 to 120 % of it.

    `spread` decides where in that range, so that messages that failed together are not tried together.
    """
    wait = min(FIRST_WAIT * 2 ** min(tries - 1, 20), LONGEST_WAIT)
    return wait * (0.8 + 0.4 * zlib.crc32(spread.encode()) / 2**32)
