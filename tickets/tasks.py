"""The edge where the clock is read."""

from celery import shared_task

from servicedesk.clock.servertime import server_time
from tickets.resolving import close_unopposed


@shared_task(ignore_result=True)
def close_unopposed_inquiries() -> None:
    """Close what S36 closes; whatever is left over comes next time."""
    close_unopposed(server_time())
