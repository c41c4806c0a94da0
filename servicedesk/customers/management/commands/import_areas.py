"""Takes areas with their households in from a file of another system."""

from typing import Any

from django.utils import timezone

from servicedesk.customers.importing.areas import AREAS, AreaImport
from servicedesk.importing.command import ImportCommand
from servicedesk.importing.mappings import load_mapping


class Command(ImportCommand):
    help = "Take areas with their households in from CSV or XLSX. Exit 0: all taken or unchanged, 1: some refused, 2: the file is unusable."
    shape = AREAS

    def prepare(self, **options: Any) -> AreaImport:
        mapping = load_mapping(AREAS, options["mapping"])
        return AreaImport(mapping, at=timezone.now(), dry_run=options["dry_run"])
