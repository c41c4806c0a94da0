"""Takes tickets in from a file of another system."""

import json
import sys
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils.translation import gettext as _
from tqdm import tqdm

from servicedesk.clock.servertime import server_time
from servicedesk.staff.models import User
from tickets.importing.encodings import UnusableFileError
from tickets.importing.mappings import load_mapping
from tickets.importing.running import Counts, Import
from tickets.importing.tables import size_of

INTERRUPTED = 130  # the exit code after Ctrl-C, as everywhere


class Command(BaseCommand):
    help = "Take tickets in from CSV or XLSX. Exit 0: all taken or unchanged, 1: some refused, 2: the file is unusable."

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--mapping",
            required=True,
            metavar="M",
            help="cfpb, nyc311, streetlight, hotline1999, generic, or a TOML file",
        )
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
        parser.add_argument(
            "--dry-run", action="store_true", help="check and count only; lists the promises by owner and day"
        )
        parser.add_argument(
            "--report", type=Path, metavar="OUT.csv", help="where the refused rows go, with their reasons"
        )
        parser.add_argument("--json", action="store_true", help="print the counts as one JSON object")

    def handle(self, *args, **options) -> None:
        try:
            run = self._prepare(**options)
            stopped = not self._carry_out(run, options["file"], options["report"])
        except UnusableFileError as error:
            raise CommandError(str(error), returncode=2) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from error
        except OSError as error:
            raise CommandError(
                _("The file cannot be read or written: %(error)s")
                % {"error": f"{error.filename}: {error.strerror}" if error.filename else error},
                returncode=2,
            ) from error
        except OperationalError as error:
            raise CommandError(
                _("The database does not answer: %(error)s") % {"error": str(error).strip()}, returncode=2
            ) from error
        self._tell(run.counts, as_json=options["json"], dry_run=options["dry_run"])
        if stopped:
            self.stderr.write(_("Broken off. What was taken in stays; the same command goes on from there."))
            sys.exit(INTERRUPTED)
        if run.counts.refused:
            sys.exit(1)

    def _prepare(
        self,
        *,
        file: Path,
        mapping: str,
        owner: str,
        spread: int,
        dry_run: bool,
        report: Path | None,
        **_rest,
    ) -> Import:
        if spread < 0:
            raise ValidationError(_("The number of days to spread over cannot be negative."))
        size_of(file)
        if report and report.exists() and report.samefile(file):
            raise ValidationError(_("The report cannot be written over the file that is read."))
        return Import(
            load_mapping(mapping), owner=_person(owner), at=server_time(), spread=spread, dry_run=dry_run
        )

    def _carry_out(self, run: Import, file: Path, report: Path | None) -> bool:
        """Whether it came to its end; Ctrl-C breaks it off between two batches, and takes back the one begun."""
        with tqdm(
            total=size_of(file), unit="B", unit_scale=True, desc=file.name, file=self.stderr._out
        ) as bar:

            def progress(position: int) -> None:
                bar.update(position - bar.n)

            try:
                run.run(file, report=report, progress=progress)
            except KeyboardInterrupt:
                return False
            progress(bar.total)
        return True

    def _tell(self, counts: Counts, *, as_json: bool, dry_run: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(counts.as_json()))
            return
        if dry_run:
            for (name, day), number in sorted(
                counts.promises.items(), key=lambda item: (item[0][1], item[0][0])
            ):
                self.stdout.write(
                    _("%(day)s  %(name)s: %(number)d promises")
                    % {"day": day.isoformat(), "name": name, "number": number}
                )
        self.stdout.write(
            _("%(read)d read, %(taken)d taken, %(unchanged)d unchanged, %(refused)d refused")
            % counts.as_json()
        )


def _person(username: str) -> User:
    """Who will own what comes in. Raises ValidationError for nobody, and for somebody who cannot answer for it."""
    person = User.objects.filter(username=username).select_related("department").first()
    if person is None or not person.is_active:
        raise ValidationError(_("No active person has the user name %(name)s.") % {"name": username})
    if person.blocked_at is not None:
        raise ValidationError(
            _("The log-in of %(name)s is blocked. Name somebody else.") % {"name": username}
        )
    return person
