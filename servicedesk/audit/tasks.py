import logging

from celery import shared_task
from django.utils import timezone

from servicedesk.servertime import server_time

from .runs import audit_by_night
from .seals import seal

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def seal_the_day() -> None:
    """Put all timelines under the seal of today; its hash goes to the log, a copy outside the database."""
    now = server_time()
    done = seal(timezone.localdate(now), at=now)
    logger.info("sealed %s: %d timelines, hash %s", done.day, done.heads, done.hash)


@shared_task(ignore_result=True)
def audit_nightly() -> None:
    """Check all that must always hold, keep the result, log what does not hold as errors."""
    run = audit_by_night(server_time())
    for finding in run.findings:
        for example in finding["examples"]:
            logger.error("audit %s %s: %s", finding["code"], example["subject"], example["text"])
    logger.info("audit: %d violations in %.1f s", run.violations, run.seconds)
