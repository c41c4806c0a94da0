"""The edge where the clock is read."""

from celery import shared_task

from servicedesk.servertime import server_time
from tickets.resolving import close_unopposed
from tickets.searching import find_by_new_words


@shared_task(ignore_result=True)
def close_unopposed_inquiries() -> None:
    """Close what S36 closes; whatever is left over comes next time."""
    close_unopposed(server_time())


@shared_task(ignore_result=True)
def find_tickets_by_new_words() -> None:
    """Go on with the tickets of customers who are found otherwise now; whatever is left over comes next time."""
    find_by_new_words()
