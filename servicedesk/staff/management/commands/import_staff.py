"""Takes people and departments in from a file of another system."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.importing.command import ImportCommand
from servicedesk.importing.mappings import load_mapping
from servicedesk.staff.importing.people import STAFF, StaffImport


class Command(ImportCommand):
    help = "Take people and departments in from CSV or XLSX. Exit 0: all taken or unchanged, 1: some refused, 2: the file is unusable."
    shape = STAFF

    def prepare(self, **options: Any) -> StaffImport:
        mapping = load_mapping(STAFF, options["mapping"])
        return StaffImport(mapping, at=timezone.now(), dry_run=options["dry_run"])

    def tell_more(self, run: StaffImport) -> None:
        """The departments that would be founded."""
        for name in run.founded:
            self.stdout.write(_("new department: %(name)s") % {"name": name})
