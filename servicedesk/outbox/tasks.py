"""The edge where the clock is read."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from servicedesk.outbox.retention import purge_bodies
from servicedesk.outbox.sending import send_due
from servicedesk.servertime import server_time


@shared_task(ignore_result=True)
def send_due_messages() -> None:
    """Send what is due; may run twice, late, side by side or after a crash."""
    send_due(server_time())


@shared_task(ignore_result=True)
def purge_sent_texts() -> None:
    """Forget the words of mail sent longer ago than they are kept."""
    purge_bodies(server_time() - timedelta(days=settings.OUTBOX_KEEP_TEXTS))
