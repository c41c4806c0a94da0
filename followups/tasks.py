"""The edge where the clock is read."""

from celery import shared_task

from followups.holiday_lists import watch_lists
from servicedesk.servertime import server_time


@shared_task(ignore_result=True)
def watch_holiday_lists() -> None:
    """Warn of holiday lists that are missing; may run twice, late, or after a crash."""
    watch_lists(server_time())
