"""Takes projects in from a file of another system."""

from typing import Any

from django.utils import timezone

from servicedesk.customers.importing.projects import PROJECTS, ProjectImport
from servicedesk.importing.command import ImportCommand
from servicedesk.importing.mappings import load_mapping


class Command(ImportCommand):
    help = "Take projects in from CSV or XLSX. Exit 0: all taken or unchanged, 1: some refused, 2: the file is unusable."
    shape = PROJECTS

    def prepare(self, **options: Any) -> ProjectImport:
        mapping = load_mapping(PROJECTS, options["mapping"])
        return ProjectImport(mapping, at=timezone.now(), dry_run=options["dry_run"])
