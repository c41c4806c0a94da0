"""Rows of the first sheet of an XLSX workbook."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from servicedesk.importing.encodings import UnusableFileError
from servicedesk.importing.rows import MOST_COLUMNS, Row, Table, check_heading, row_of

UNPACKED = 1 << 29  # bytes that a workbook may unpack to
TEXTS = 1 << 27  # bytes of the texts that its cells share, which are held in memory
READ_WHOLE = 1 << 23  # bytes of any other part that is read at once
READ_PIECEMEAL = ("xl/worksheets/", "xl/media/", "xl/pivotCache/")  # or not at all
MOST_ROWS = 1 << 20  # of a sheet, as in Excel
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")  # how a workbook writes a control character, and _x itself
WHOLE = 1e15  # below it every whole number is exact in a cell


def open_workbook(path: Path, *, size: int, progress: Callable[[int], None], unpacked: int) -> Table:
    """Open a workbook of at most so many bytes and read the heading of its first sheet. Raises UnusableFileError."""
    from openpyxl import load_workbook  # takes a while to load, and nothing but a workbook needs it

    file = path.open("rb")
    try:
        _check_size(path, unpacked)
        sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
        expected = sheet.max_row or 1
        sheet.reset_dimensions()  # a width that the file claims would be filled up in every row
        rows = sheet.iter_rows(max_row=MOST_ROWS, values_only=True)
        heading = [_cell(value).strip() for value in next(rows, [])]
        while heading and not heading[-1]:
            heading.pop()
        check_heading(heading)
    except UnusableFileError:
        file.close()
        raise
    except Exception as error:  # the library raises whatever a broken file leads it to
        file.close()
        raise UnusableFileError(_("This workbook cannot be read. Save it anew as XLSX or CSV.")) from error

    def told() -> Generator[Row]:
        with file:
            for row in _rows(rows, heading):
                if row.number % 100 == 0:
                    progress(min(size, size * row.number // expected))
                yield row

    return Table(heading, told())


def _check_size(path: Path, unpacked: int) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise UnusableFileError(_("This is neither a text file nor a workbook. Save it as CSV or XLSX."))
    sizes = [(part.filename, part.file_size) for part in parts]
    if sum(size for _name, size in sizes) > unpacked or any(
        size > _most(name, unpacked) for name, size in sizes
    ):
        raise UnusableFileError(_("This workbook is too large. Save the sheet as CSV."))


def _most(part: str, unpacked: int) -> int:
    """How many bytes a part may unpack to; no more are ever read of it, whatever size it really has."""
    if part == "xl/sharedStrings.xml":
        return TEXTS
    return unpacked if part.startswith(READ_PIECEMEAL) else READ_WHOLE


def _rows(rows: Iterator[tuple[Any, ...]], heading: list[str]) -> Generator[Row]:
    number = 1
    try:
        for values in rows:
            number += 1
            cells = [_cell(value) for value in values[:MOST_COLUMNS]]
            cells += [_cell(value) for value in values[MOST_COLUMNS:] if value is not None]  # too many anyway
            cells += [""] * (len(heading) - len(cells))
            if any(cell.strip() for cell in cells):
                yield row_of(number, cells, heading)
    except Exception:  # as above: a workbook that breaks off in the middle
        yield Row(number + 1, problem=_("From here on the workbook cannot be read."))


def _cell(value: object) -> str:
    """A cell as text; whole numbers without the point that Excel keeps for itself, lines ended as everywhere."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < WHOLE:
        return str(int(value))
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return ESCAPED.sub(_unescaped, str(value)).replace("\r\n", "\n").replace("\r", "\n")


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))
