"""Takes tickets in from a file of another system."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from servicedesk.importing.command import ImportCommand
from servicedesk.importing.mappings import load_mapping
from servicedesk.servertime import server_time
from tickets.importing.running import TicketImport, owner_named
from tickets.importing.shape import TICKETS


class Command(ImportCommand):
    help = "Take tickets in from CSV or XLSX. Exit 0: all taken or unchanged, 1: some refused, 2: the file is unusable."
    shape = TICKETS
    needs_mapping = True

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--owner", required=True, metavar="USERNAME", help="first responder and owner of what comes in"
        )
        parser.add_argument(
            "--spread",
            type=int,
            default=0,
            metavar="DAYS",
            help="spread the promises over so many working days, within S2",
        )

    def prepare(self, **options: Any) -> TicketImport:
        if options["spread"] < 0:
            raise ValidationError(_("The number of days to spread over cannot be negative."))
        return TicketImport(
            load_mapping(TICKETS, options["mapping"]),
            owner=owner_named(options["owner"]),
            at=server_time(),
            spread=options["spread"],
            dry_run=options["dry_run"],
        )

    def tell_more(self, run: TicketImport) -> None:
        """The promises, by owner and day."""
        for (name, day), number in sorted(run.promises.items(), key=lambda item: (item[0][1], item[0][0])):
            self.stdout.write(
                _("%(day)s  %(name)s: %(number)d promises")
                % {"day": day.isoformat(), "name": name, "number": number}
            )
