"""The edge where the clock is read."""

from celery import shared_task

from servicedesk.clock.models import Heartbeat
from servicedesk.clock.sweep import sweep
from servicedesk.servertime import server_time


@shared_task(ignore_result=True)
def ring_due_deadlines() -> None:
    """Run the clock once; may run twice, late, or after a crash."""
    at = server_time()
    Heartbeat.objects.beat("beat", at=at)
    sweep(at)
