"""Figures that are kept, looked after in the background."""

from celery import shared_task

from servicedesk.reports.opencounts import fold


@shared_task(ignore_result=True)
def fold_open_counts() -> None:
    """Keep the rows few of which the number of open tickets is the sum."""
    fold()
