"""The whole desk at one moment in one file, while people go on working."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connection
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.backups import engine_of
from servicedesk.backups.archive import BackupError, Manifest, write
from servicedesk.clock.models import Heartbeat


class Command(BaseCommand):
    help = "Back the whole desk up into one file, at one moment, while people go on working."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--overwrite", action="store_true", help="replace a file that is there already")

    def handle(self, *args, **options) -> None:
        file: Path = options["file"]
        if file.exists() and not options["overwrite"]:
            raise CommandError(
                _("%(name)s is there already: choose another name, or say --overwrite.") % {"name": file}
            )
        try:
            manifest = back_up(file)
        except (BackupError, Error, OSError) as error:
            raise CommandError(str(error).strip()) from error
        told = {
            "name": file,
            "size": filesizeformat(file.stat().st_size),
            "rows": sum(manifest.rows.values()),
            "tables": len(manifest.rows),
        }
        self.stdout.write(_("Backed up: %(name)s, %(size)s; %(rows)d rows in %(tables)d tables.") % told)


def back_up(file: Path) -> Manifest:
    """Write the back-up, and leave its time for the health page."""
    at = timezone.now()
    with engine_of(connection).snapshot(connection, file) as snapshot:
        manifest = write(file, connection.vendor, snapshot, at=at)
    Heartbeat.objects.beat("backup", at=at)
    return manifest
