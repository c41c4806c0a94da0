"""The edge where workers come in; a message is only a hint, what is due stands in the table."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from servicedesk.servertime import server_time
from servicedesk.uploads import carrying, storing

logger = logging.getLogger(__name__)


def hint(pk: int) -> None:
    """Tell a worker at once; without a broker the minute's round finds the file."""
    try:
        carry_out.apply_async((pk,), retry=False)
    except OperationalError:
        logger.warning("no broker to tell of an import", extra={"upload": pk})


@shared_task(ignore_result=True)
def carry_out(pk: int) -> None:
    """Read one file that was just started, then those that waited for it to end."""
    carrying.carry_out(pk, at=server_time())
    carrying.go_on(server_time)


@shared_task(ignore_result=True)
def go_on_with_imports() -> None:
    """Whatever was started and no worker is at."""
    carrying.go_on(server_time)


@shared_task(ignore_result=True)
def remove_old_imports() -> None:
    """Delete the files of imports that ended long ago."""
    storing.remove_old(server_time())
