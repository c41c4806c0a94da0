from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from servicedesk.outbox.retention import purge_bodies
from servicedesk.outbox.sending import send_due


@shared_task(ignore_result=True)
def send_due_messages() -> None:
    """Send what is due; may run twice, late, side by side or after a crash."""
    send_due(timezone.now())


@shared_task(ignore_result=True)
def purge_sent_texts() -> None:
    """Forget the words of mail sent longer ago than they are kept."""
    purge_bodies(timezone.now() - timedelta(days=settings.OUTBOX_KEEP_TEXTS))
