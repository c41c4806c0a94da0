"""One import: reading, judging, taking in by batches, and the file of what was refused (DESIGN 8)."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _

from servicedesk.importing.encodings import UnusableFileError
from servicedesk.importing.mappings import RowError
from servicedesk.importing.report import RAW, Report, as_typed, is_report
from servicedesk.importing.rows import Row
from servicedesk.importing.tables import open_table

BATCH = 500  # rows taken in by one transaction
REFUSALS = (
    ValidationError,
    IntegrityError,
    ValueError,
)  # what a row or its batch may meet with while it is written


@dataclass
class Counts:
    """What became of the rows."""

    read: int = 0
    taken: int = 0
    unchanged: int = 0
    refused: int = 0

    def as_json(self) -> dict[str, int]:
        return asdict(self)


class Judged(Protocol):
    """A row that may come in, with whatever its kind made of it."""

    row: Row


Taking = TypeVar("Taking", bound=Judged)


class Import(Generic[Taking]):
    """Carries one file through. It may be broken off at any moment and run again: each row comes in once.

    A kind of import says what a row becomes: `judge` looks at rows and writes nothing, `write` takes in what was judged
    good, in one transaction. `whole` names the most rows of a kind whose rows hang together: all are judged and written
    in one go, and a contradiction between them makes the file unusable.
    """

    whole = 0

    def __init__(self, mapping: Any, *, at: datetime, dry_run: bool = False) -> None:
        self.mapping, self.at, self.dry_run = mapping, at, dry_run
        self.counts = Counts()
        self.stopping = False  # asked to end behind the batch at hand
        self._report: Report | None = None

    def judge(self, rows: list[Row]) -> list[Taking]:
        """Those to be taken in; the others are counted as refused or unchanged."""
        raise NotImplementedError

    def write(self, taking: list[Taking]) -> None:
        """Take these in, all or none of them."""
        raise NotImplementedError

    def run(
        self,
        path: Path,
        *,
        report: Path | None = None,
        progress: Callable[[int], None] = lambda _position: None,
    ) -> Counts:
        """Take in what the rules allow and write the rest, with its reasons, to `report`.

        Raises UnusableFileError if the file or its columns cannot be read, or its rows contradict each other; nothing is
        taken in then.
        """
        table = open_table(path, is_row=self.mapping.is_row, progress=progress)
        self.mapping.check_heading(table.heading)
        corrected = is_report(table.heading)
        with (
            _heap_at_rest(),
            closing(table.rows),
            closing(Report(report, table.heading)) if report else nullcontext() as refused,
        ):
            self._report = refused
            for batch in self._batches(table.rows):
                if corrected:
                    for row in batch:
                        _as_corrected(row)
                self._take(batch)
                self.counts.read += len(batch)
                if self.stopping:
                    break
        return self.counts

    def number_of(self, row: Row) -> str | None:
        """What the row is numbered at its source; None for a row that is refused for its form or its number."""
        try:
            if row.problem:
                raise RowError(row.problem)
            return self.mapping.number(row.cells)
        except RowError as problem:
            self.refuse(row, str(problem))
            return None

    def refuse(self, row: Row, reason: str) -> None:
        """Count a row as refused and write it to the report."""
        self.counts.refused += 1
        if self._report:
            self._report.write(row, reason)

    def count_taken(self, one: Taking) -> None:
        """Called for each row that came in, or would have."""
        self.counts.taken += 1

    def _batches(self, rows: Generator[Row]) -> Generator[list[Row]]:
        if not self.whole:
            while batch := list(islice(rows, BATCH)):
                yield batch
            return
        everything = list(islice(rows, self.whole + 1))
        if len(everything) > self.whole:
            raise UnusableFileError(
                _("The file has more than %(most)s rows. Divide it.") % {"most": self.whole}
            )
        yield everything

    def _take(self, rows: list[Row]) -> None:
        """What the database refuses of a batch, another import of the same file perhaps, is judged anew."""
        taking = self.judge(rows)
        while taking:
            try:
                self._write(taking)
            except REFUSALS as error:
                left = self.judge([one.row for one in taking])
                if len(left) == len(taking):  # no other import: something in it cannot be stored
                    if self.whole:
                        raise UnusableFileError(_reason(error)) from error
                    self._write_singly(left)
                    return
                taking = left
            else:
                return

    def _write(self, taking: list[Taking]) -> None:
        if not self.dry_run:
            self.write(taking)
        for one in taking:
            self.count_taken(one)

    def _write_singly(self, taking: list[Taking]) -> None:
        """A row that cannot be stored holds up no other; what it hangs on may have come in with the one before."""
        for one in (fresh for judged in taking for fresh in self.judge([judged.row])):
            try:
                self._write([one])
            except REFUSALS as error:
                if self.judge([one.row]):
                    self.refuse(one.row, _reason(error))


@contextmanager
def _heap_at_rest() -> Generator[None]:
    """What stands before an import is not searched for garbage meanwhile: that is a tenth of its time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _reason(error: Exception) -> str:
    return " ".join(getattr(error, "messages", None) or [_("This row cannot be stored.")])


def _as_corrected(row: Row) -> None:
    """A row of a report as it is meant, once its cells are in order."""
    row.cells = {name: as_typed(cell) for name, cell in row.cells.items()}
    if row.cells.get(RAW, "").strip() and not row.problem:
        row.problem = _("Put the cells of this row in order and empty its column %(column)s.") % {
            "column": RAW
        }
