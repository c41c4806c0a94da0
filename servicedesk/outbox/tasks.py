from celery import shared_task
from django.utils import timezone

from servicedesk.outbox.sending import send_due


@shared_task(ignore_result=True)
def send_due_messages() -> None:
    """Send what is due; may run twice, late, side by side or after a crash."""
    send_due(timezone.now())
