"""The edge where the clock is read."""

from celery import shared_task
from django.utils import timezone

from servicedesk.staff.leaving import pass_on_what_waits


@shared_task(ignore_result=True)
def pass_on_what_leavers_owe() -> None:
    """Whatever nobody could have until now; what still stays comes next time."""
    pass_on_what_waits(timezone.now())
