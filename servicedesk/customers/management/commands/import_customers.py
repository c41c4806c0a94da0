"""Takes customers with their contact persons in from a file of another system."""

from typing import Any

from django.utils import timezone

from servicedesk.customers.importing.customers import CUSTOMERS, CustomerImport
from servicedesk.importing.command import ImportCommand
from servicedesk.importing.mappings import load_mapping


class Command(ImportCommand):
    help = "Take customers with their contact persons in from CSV or XLSX. Exit 0: all taken or unchanged, 1: some refused, 2: the file is unusable."
    shape = CUSTOMERS

    def prepare(self, **options: Any) -> CustomerImport:
        mapping = load_mapping(CUSTOMERS, options["mapping"])
        return CustomerImport(mapping, at=timezone.now(), dry_run=options["dry_run"])
