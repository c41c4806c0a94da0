"""Sent words are kept for a while; that they were sent, when, to whom and about which event, for good."""

from datetime import datetime

from servicedesk.outbox.models import Message

CHUNK = 1000  # rows per statement, so that no lock lasts long


def purge_bodies(before: datetime) -> int:
    """Forget subject and body of messages sent before that moment; returns how many."""
    old = Message.objects.filter(body__isnull=False, sent_at__lt=before)
    purged = 0
    while chunk := list(old.values_list("pk", flat=True)[:CHUNK]):
        purged += Message.objects.filter(pk__in=chunk).update(subject=None, body=None)
    return purged
