"""Rows of a CSV file or a workbook, recognised by content, read as a stream in bounded memory."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

from tickets.importing.encodings import DamageError, UnusableFileError, decoded, encoding_of

MOST_COLUMNS = 300
MOST_CHARACTERS = 100_000  # of one cell
DELIMITERS = ",;\t|"


@dataclass
class Row:
    """One line of the table: its place (2 is the first below the heading), its cells, and what is wrong with its form."""

    number: int
    cells: dict[str, str] = field(default_factory=dict)
    problem: str = ""


@dataclass
class Table:
    """A file opened for reading: its heading and its rows."""

    heading: list[str]
    rows: Iterator[Row]


def open_table(path: Path, progress: Callable[[int], None] = lambda _position: None) -> Table:
    """Open a file and read its heading; `progress` hears the bytes read so far.

    Raises UnusableFileError if there is no table in it.
    """
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK\x03\x04"):
        return _workbook(path, progress)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnusableFileError(_("This is an old Excel file. Save it as XLSX or CSV and try again."))
    return _text(path, progress)


# CSV


def _text(path: Path, progress: Callable[[int], None]) -> Table:
    codec = encoding_of(path)
    file = path.open("rb")
    lines = _Lines(_cleaned(decoded(file, codec)))
    first = next(lines, "")
    named = first.lower().startswith("sep=") and len(first.strip()) == 5
    if named:
        delimiter, first = first.strip()[4], next(lines, "")
    else:
        delimiter = max(DELIMITERS, key=_outside_quotes(first).count)
    lines.push(first)
    csv.field_size_limit(MOST_CHARACTERS)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        heading = [name.strip() for name in next(reader, [])]
    except (csv.Error, DamageError) as error:
        raise UnusableFileError(_("The first line is no heading of columns.")) from error
    _check_heading(heading)
    return Table(heading, _text_rows(reader, lines, heading, lambda: progress(file.tell())))


class _Lines:
    """Lines for the csv reader that can be counted and looked at: an open quote at the end means a cut-off row."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._pushed: list[str] = []
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._pushed.pop() if self._pushed else next(self._lines)
        self.taken.append(line)
        return line

    def push(self, line: str) -> None:
        self._pushed.append(line)
        self.taken.clear()


def _cleaned(lines: Iterator[str]) -> Iterator[str]:
    """NUL characters would end a field for the csv reader; a mark keeps the row refusable."""
    for line in lines:
        yield line.replace("\0", "\ufffd")


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _text_rows(reader, lines: _Lines, heading: list[str], tell: Callable[[], None]) -> Iterator[Row]:
    number = 1
    while True:
        lines.taken.clear()
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(
                number,
                problem=_("A cell is far too long, or a quotation mark is missing; the rest was not read."),
            )
            return
        except DamageError as damage:
            yield Row(number, problem=str(damage))
            return
        if number % 100 == 0:
            tell()
        if not any(cell.strip() for cell in cells):
            continue
        raw = "".join(lines.taken)
        row = _row(number, cells, heading)
        if raw.count('"') % 2 and not raw.endswith("\n"):
            row.problem = _("The file ends in the middle of this row.")
        yield row


# XLSX


def _workbook(path: Path, progress: Callable[[int], None]) -> Table:
    from openpyxl import load_workbook

    try:
        _check_size(path)
        sheet = load_workbook(path.open("rb"), read_only=True, data_only=True).worksheets[0]
        rows = sheet.iter_rows(values_only=True)
        heading = [_cell(value) for value in next(rows, [])]
    except UnusableFileError:
        raise
    except Exception as error:  # the library raises whatever a broken file leads it to
        raise UnusableFileError(_("This workbook cannot be read. Save it anew as XLSX or CSV.")) from error
    while heading and not heading[-1]:
        heading.pop()
    _check_heading(heading)
    return Table(heading, _sheet_rows(rows, heading, path, progress))


UNPACKED = 1 << 30  # bytes that a workbook may unpack to


def _check_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if "xl/workbook.xml" not in names:
            raise UnusableFileError(_("This is neither a text file nor a workbook. Save it as CSV or XLSX."))
        if sum(info.file_size for info in archive.infolist()) > UNPACKED:
            raise UnusableFileError(_("This workbook is too large. Save the sheet as CSV."))


def _sheet_rows(rows, heading: list[str], path: Path, progress: Callable[[int], None]) -> Iterator[Row]:
    number = 1
    try:
        for values in rows:
            number += 1
            cells = [_cell(value) for value in values]
            cells += [""] * (len(heading) - len(cells))
            if any(cell.strip() for cell in cells):
                yield _row(number, cells, heading)
    except Exception:  # as above: a workbook that breaks off in the middle
        yield Row(number + 1, problem=_("From here on the workbook cannot be read."))
    progress(path.stat().st_size)


def _cell(value: object) -> str:
    """A cell as text; whole numbers without the point that Excel keeps for itself."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


# Both


def _check_heading(heading: list[str]) -> None:
    if len([name for name in heading if name]) < 2:
        raise UnusableFileError(_("The first line is no heading of columns."))
    if len(heading) > MOST_COLUMNS:
        raise UnusableFileError(_("The table has more than %(most)s columns.") % {"most": MOST_COLUMNS})
    named = [name for name in heading if name]
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise UnusableFileError(_("The column %(name)s occurs twice.") % {"name": twice[0]})


def _row(number: int, cells: list[str], heading: list[str]) -> Row:
    row = Row(number, {name: cell for name, cell in zip(heading, cells, strict=False) if name})
    extra = [cell for cell in cells[len(heading) :] if cell.strip()]
    if extra or len(cells) < len(heading):
        row.problem = _("This row has %(found)s cells, the heading has %(wanted)s.") % {
            "found": len(cells),
            "wanted": len(heading),
        }
    elif any("\ufffd" in cell or "\0" in cell for cell in cells):
        row.problem = _("Characters were lost before this file was saved.")
    elif any(len(cell) > MOST_CHARACTERS for cell in cells):
        row.problem = _("A cell holds more than %(most)s characters.") % {"most": MOST_CHARACTERS}
    return row
