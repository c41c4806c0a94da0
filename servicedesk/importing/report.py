"""The file of what was refused: it may be opened in a spreadsheet, corrected, and imported as it is."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from servicedesk.importing.rows import Row

# How a cell starts that a spreadsheet would carry out, wide forms included.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
PLACE, REASON, RAW = "_row", "_reason", "_line"  # the columns that the report adds


class Report:
    """One line for each refused row: its place, why, its cells, and the text as it stood where these are uncertain."""

    def __init__(self, path: Path, heading: Sequence[str]) -> None:
        # A half of a surrogate pair is no character that a file could hold; it is shown by its number.
        self._file = path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="")
        self._columns = [name for name in heading if name and name not in (PLACE, REASON, RAW)]
        self._writer = csv.writer(self._file, quoting=csv.QUOTE_ALL)
        self._write([PLACE, REASON, *self._columns, RAW])

    def write(self, row: Row, reason: str) -> None:
        cells = [row.cells.get(name, "") for name in self._columns]
        self._write([str(row.number), reason, *cells, row.raw or row.cells.get(RAW, "")])

    def _write(self, cells: Sequence[str]) -> None:
        self._writer.writerow([harmless(cell) for cell in cells])

    def close(self) -> None:
        self._file.close()


def is_report(heading: Sequence[str]) -> bool:
    """Whether a file with this heading is such a report, corrected perhaps."""
    return REASON in heading


def harmless(cell: str) -> str:
    """A cell that no spreadsheet carries out; `as_typed` undoes it."""
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULA) else cell


def as_typed(cell: str) -> str:
    """A cell of a report without the mark that kept a spreadsheet from carrying it out."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA) else cell
