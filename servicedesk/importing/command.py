"""What all commands that take a file in have in common: options, progress, counts, exit codes (DESIGN 8)."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.utils.translation import gettext as _
from tqdm import tqdm

from servicedesk.importing.encodings import UnusableFileError
from servicedesk.importing.mappings import Shape
from servicedesk.importing.running import Import
from servicedesk.importing.tables import size_of

BROKEN_OFF = 3  # the exit code after trouble in the middle
INTERRUPTED = 130  # the exit code after Ctrl-C, as everywhere


class ImportCommand(BaseCommand):
    """Exit 0: all taken or unchanged, 1: some refused, 2: the file is unusable and nothing has changed.

    3 and 130: broken off by trouble or by Ctrl-C; what the batches before took in stays, and the counts say so.
    """

    shape: Shape
    needs_mapping = False

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--mapping",
            required=self.needs_mapping,
            default=None if self.needs_mapping else "generic",
            metavar="M",
            help=f"{', '.join(self.shape.shipped)}, or a TOML file",
        )
        parser.add_argument("--dry-run", action="store_true", help="check and count only")
        parser.add_argument(
            "--report", type=Path, metavar="OUT.csv", help="where the refused rows go, with their reasons"
        )
        parser.add_argument("--json", action="store_true", help="print the counts as one JSON object")

    def prepare(self, **options: Any) -> Import[Any]:
        """The import that the options ask for. Raises UnusableFileError or ValidationError for wrong ones."""
        raise NotImplementedError

    def tell_more(self, run: Any) -> None:
        """What a dry run prints before its counts."""

    def handle(self, *args: Any, **options: Any) -> None:
        file, report = options["file"], options["report"]
        run: Import[Any] | None = None
        trouble, ended = "", False
        try:
            size_of(file)
            if report and report.exists() and report.samefile(file):
                raise ValidationError(_("The report cannot be written over the file that is read."))
            run = self.prepare(**options)
            ended = self._carry_out(run, file, report)
        except UnusableFileError as error:
            raise CommandError(str(error), returncode=2) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from error
        except (OSError, OperationalError) as error:
            trouble = _in_words(error)
            if run is None or run.dry_run or not run.counts.taken:
                raise CommandError(trouble, returncode=2) from error
        self._tell(run, as_json=options["json"], dry_run=options["dry_run"])
        if trouble:
            self.stderr.write(trouble)
        if not ended:
            self.stderr.write(_("Broken off. What was taken in stays; the same command goes on from there."))
            sys.exit(BROKEN_OFF if trouble else INTERRUPTED)
        if run.counts.refused:
            sys.exit(1)

    def _carry_out(self, run: Import[Any], file: Path, report: Path | None) -> bool:
        """Whether it came to its end."""
        with (
            _breakable(run),
            tqdm(
                total=size_of(file), unit="B", unit_scale=True, desc=file.name, file=self.stderr._out
            ) as bar,
        ):

            def progress(position: int) -> None:
                bar.update(position - bar.n)

            try:
                run.run(file, report=report, progress=progress)
            except KeyboardInterrupt:
                return False
            if not run.stopping:
                progress(bar.total)
        return not run.stopping

    def _tell(self, run: Import[Any], *, as_json: bool, dry_run: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(run.counts.as_json()))
            return
        if dry_run:
            self.tell_more(run)
        self.stdout.write(
            _("%(read)d read, %(taken)d taken, %(unchanged)d unchanged, %(refused)d refused")
            % run.counts.as_json()
        )


def _in_words(error: OSError | OperationalError) -> str:
    if isinstance(error, OperationalError):
        return _("The database does not answer: %(error)s") % {"error": str(error).strip()}
    place = f"{error.filename}: {error.strerror}" if error.filename else error
    return _("The file cannot be read or written: %(error)s") % {"error": place}


@contextmanager
def _breakable(run: Import[Any]) -> Iterator[None]:
    """The first Ctrl-C ends an import behind the batch at hand, so that it tells what is stored; a second one at once.

    What is written in one go has nothing to wait for: it is taken back.
    """

    def ask(*_signal: Any) -> None:
        if run.stopping or run.whole:
            raise KeyboardInterrupt
        run.stopping = True

    if current_thread() is not main_thread():  # no signal comes there
        yield
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
