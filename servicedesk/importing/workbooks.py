"""Rows of the first sheet of an XLSX workbook."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from servicedesk.importing.encodings import UnusableFileError
from servicedesk.importing.rows import Row, Table, check_heading, row_of

UNPACKED = 1 << 29  # bytes that a workbook may unpack to
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
    expected = sheet.max_row or 1

    def told() -> Generator[Row]:
        with file:
            for row in _rows(rows, heading):
                if row.number % 100 == 0:
                    progress(min(size, size * row.number // expected))
                yield row

    return Table(heading, told())


def _check_size(path: Path, unpacked: int) -> None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if "xl/workbook.xml" not in names:
            raise UnusableFileError(_("This is neither a text file nor a workbook. Save it as CSV or XLSX."))
        if sum(info.file_size for info in archive.infolist()) > unpacked:
            raise UnusableFileError(_("This workbook is too large. Save the sheet as CSV."))


def _rows(rows: Iterator[tuple[Any, ...]], heading: list[str]) -> Generator[Row]:
    number = 1
    try:
        for values in rows:
            number += 1
            cells = [_cell(value) for value in values]
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
