"""What is judged after every fault: each rung once, no promise and no message lost or doubled, the audit clean."""

from collections import Counter

from django.db.models import Q

from servicedesk.audit.invariants import findings
from servicedesk.audit.timeline import Entry
from servicedesk.clock.models import Deadline, Ring
from servicedesk.outbox.mail import message_id
from servicedesk.outbox.models import EMAIL, IN_APP, Message, State
from servicedesk.servertime import server_time
from servicedesk.testing.running import wait_for
from tickets.models import Ticket


def caught_up():
    """Whether the clock and the senders have nothing left to do, and no sender is at it."""
    now, waiting = server_time(), Message.objects.waiting()
    return not (
        Deadline.objects.due(now).exists()
        or waiting.filter(Q(next_try_at__lte=now) | Q(tries__gt=0)).exists()
    )


def judge(*, tickets, office=None, doubled=0, seconds=120):
    """Wait until the desk has caught up by itself, then see that all is as if nothing had happened.

    `tickets` is how many there must be; `doubled` how many letters may have come twice, one for each sender that was
    killed or cut off in the middle.
    """
    wait_for(caught_up, seconds)
    assert Ticket.objects.count() == tickets
    assert not Deadline.objects.set_aside().exists()
    every_rung_rang_once()
    every_ring_was_told_once()
    if office:
        every_letter_arrived(office, doubled)
    violations = [one for finding in findings() for one in finding.examples]
    assert not violations, violations


def every_rung_rang_once():
    """The steps that lie behind each deadline rang in their order, once each, and stand on the timeline as often."""
    assert Deadline.objects.count() >= Ticket.objects.count()
    for deadline in Deadline.objects.all():
        behind = deadline.schedule[: deadline.next_step]
        rings = list(Ring.objects.filter(deadline=deadline).order_by("pk").values_list("rung", "round"))
        planned = [(rung, 1) for _moment, rung in behind if rung is not None]
        assert rings == planned, (deadline, rings, planned)
        stamped = any(rung is None for _moment, rung in behind)
        assert (deadline.broken_at is not None) == (stamped or deadline.outcome == "late")
        entries = Entry.objects.filter(subject=deadline.subject)
        told = [entry.event for entry in entries if entry.facts.get("deadline") == deadline.pk]
        assert told.count("rang") + told.count("reminder_skipped") == len(rings)
        assert told.count("broke") == (deadline.broken_at is not None)


def every_ring_was_told_once():
    """By a notice and by a mail; what falls to one person in one sweep is one message that counts them all."""
    rang = Counter(Ring.objects.filter(skipped=False).values_list("person", flat=True))
    for channel in (IN_APP, EMAIL):
        told: Counter[int] = Counter()
        for message in Message.objects.filter(event="owed", channel=channel):
            told[message.recipient_id] += message.params["count"]
        assert told == rang, (channel, told, rang)


def every_letter_arrived(office, doubled):
    """What is marked as sent was accepted, and nothing else; what came twice bears one Message-ID."""
    assert not Message.objects.given_up().exists()
    sent = {message_id(message) for message in Message.objects.filter(channel=EMAIL, state=State.SENT)}
    arrived = Counter(office.accepted)
    assert set(arrived) == sent, (arrived, sent)
    assert arrived.total() - len(arrived) <= doubled
