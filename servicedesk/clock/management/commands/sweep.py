"""One run of the clock by hand."""

from datetime import datetime

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.clock.sweep import sweep
from servicedesk.servertime import server_time


class Command(BaseCommand):
    help = "Run the clock once: stamp what broke and ring what is due."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--at", metavar="ISO", help="as if it were this moment (with offset, else the local zone)"
        )

    def handle(self, *args, **options) -> None:
        run = sweep(moment(options["at"]) if options["at"] else server_time())
        self.stdout.write(
            _("%(broke)d broken, %(rang)d rung, %(skipped)d skipped, %(busy)d busy, %(aside)d set aside")
            % {
                "broke": run.broke,
                "rang": run.rang,
                "skipped": run.skipped,
                "busy": run.busy,
                "aside": run.set_aside,
            }
        )


def moment(text: str) -> datetime:
    """A moment written in ISO 8601; without an offset it is local. Raises CommandError."""
    try:
        stated = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            _("%(text)s is no moment such as 2026-05-03T17:30+08:00.") % {"text": text}
        ) from error
    return stated if stated.tzinfo else timezone.make_aware(stated)
