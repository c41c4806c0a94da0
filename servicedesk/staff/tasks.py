"""The edge where the clock is read."""

from celery import shared_task

from servicedesk.servertime import server_time
from servicedesk.staff.leaving import leave_as_planned, pass_on_what_waits


@shared_task(ignore_result=True)
def pass_on_what_leavers_owe() -> None:
    """Log-ins whose last day is over close; whatever nobody could have until now is tried again."""
    at = server_time()
    leave_as_planned(at)
    pass_on_what_waits(at)
