"""Rows of a CSV file, by the strict rules of quoting: a row that breaks them takes no other row with it."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from servicedesk.importing.encodings import DamageError, UnusableFileError, decoded, encoding_of
from servicedesk.importing.rows import MOST_CHARACTERS, Row, Table, check_heading, row_of

DELIMITERS = ",;\t|"
MOST_KEPT = 20_000  # characters of a torn row that the report shows
IsRow = Callable[[dict[str, str]], bool]  # whether cells begin with what numbers a row of this source


def open_text(path: Path, *, size: int, is_row: IsRow, progress: Callable[[int], None]) -> Table:
    """Open a text file and read its heading. Raises UnusableFileError if there is no table in it."""
    codec = encoding_of(path)
    file = path.open("rb")
    lines = _Lines(decoded(file, codec, until=size))
    csv.field_size_limit(MOST_CHARACTERS)
    try:
        delimiter = _delimiter(lines)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        heading = [name.strip() for name in next(reader, [])]
        if lines.damage:
            raise UnusableFileError(lines.damage)
        check_heading(heading)
    except csv.Error as error:
        file.close()
        raise UnusableFileError(_("The first line is no heading of columns.")) from error
    except UnusableFileError:
        file.close()
        raise
    text = _Text(reader, lines, heading, delimiter, is_row)

    def rows() -> Generator[Row]:
        with file:
            for row in text.rows():
                if row.number % 100 == 0:
                    progress(file.tell())
                yield row

    return Table(heading, rows(), encoding=codec, delimiter=delimiter)


def _delimiter(lines: _Lines) -> str:
    """What separates the cells: named by a line `sep=;` before the heading, else what is most frequent in the heading."""
    first = next(lines, "")
    if first.lower().startswith("sep=") and len(first.strip("\n")) == 5:
        return first[4]
    lines.give_back([first])
    outside_quotes = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=outside_quotes.count)


class _Lines:
    """Lines for the csv reader that can be counted, looked at and given back; damage ends them and is remembered."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: deque[str] = deque()
        self.read = 0  # lines handed out, those given back not counted
        self.taken: list[str] = []
        self.damage = ""
        self._length = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self._fresh()
        self.read += 1
        self.taken.append(line)
        self._length += len(line)
        if self._length > 2 * MOST_CHARACTERS and len(self.taken) > 1:
            raise csv.Error("a row this long has lost a quotation mark")
        return line

    def _fresh(self) -> str:
        try:
            return next(self._lines)
        except DamageError as damage:
            self.damage = str(damage)
            raise StopIteration from damage

    def begin(self) -> None:
        """Count what is taken from here."""
        self.taken, self._length = [], 0

    def give_back(self, lines: list[str]) -> None:
        self._back.extendleft(reversed(lines))
        self.read -= len(lines)


class _Text:
    """The rows below a heading."""

    def __init__(
        self, reader: Iterator[list[str]], lines: _Lines, heading: list[str], delimiter: str, is_row: IsRow
    ) -> None:
        self.reader, self.lines, self.heading = reader, lines, heading
        self.delimiter, self.is_row = delimiter, is_row

    def rows(self) -> Generator[Row]:
        number = 1
        while True:
            number += 1
            self.lines.begin()
            try:
                cells = next(self.reader)
            except StopIteration:
                break
            except csv.Error:
                yield self._torn(number)
                continue
            if len(self.lines.taken) > 1 and self._swallowed(cells):
                yield self._torn(number)
            elif any(cell.strip() for cell in cells):
                row = row_of(number, cells, self.heading)
                if row.problem and len(cells) != len(self.heading):
                    row.raw = "".join(self.lines.taken)[:MOST_KEPT]
                yield row
        if self.lines.damage:
            yield Row(number, problem=self.lines.damage)

    def _swallowed(self, cells: list[str]) -> bool:
        """Whether a cell over several lines holds what are rows themselves: its quotation mark was meant to end earlier.

        Of a row with all its cells that is said only where the first line has them all as well, and every other one
        is a row: a long text may well hold a line that looks like one.
        """
        first, *others = self.lines.taken
        found = (self._is_row(self._alone(line)) for line in others)
        if len(cells) != len(self.heading):
            return any(found)
        return len(self._alone(first)) == len(cells) and all(found)

    def _torn(self, number: int) -> Row:
        """A row whose quotation marks do not match. It ends where a line is a row by itself; what follows is read anew."""
        first, *behind = self.lines.taken
        self.lines.give_back(behind)
        place = self.lines.read
        raw, length = [first], len(first)
        self.lines.begin()
        for line in self.lines:
            if self._begins_row(line):
                self.lines.give_back([line])
                break
            self.lines.begin()
            if length < MOST_KEPT:
                raw.append(line)
                length += len(line)
        cells = dict(zip(self.heading, self._alone(first), strict=False))
        return Row(number, cells, self._why_torn(first, place), "".join(raw)[:MOST_KEPT])

    def _why_torn(self, first: str, place: int) -> str:
        if '"' not in first:
            return _("A cell holds more than %(most)s characters.") % {"most": MOST_CHARACTERS}
        return _(
            "The quotation marks of this row do not match, or a cell is far too long (line %(line)s of the file)."
        ) % {"line": place}

    def _begins_row(self, line: str) -> bool:
        """Whether a line by itself, or with lines after it that its quotation mark holds open, is a row of the table."""
        cells = self._alone(line)
        held_open = line.count('"') % 2 == 1 and 1 < len(cells) < len(self.heading)
        return self._is_row(cells, whole=not held_open)

    def _is_row(self, cells: list[str], *, whole: bool = True) -> bool:
        if whole and len(cells) != len(self.heading):
            return False
        return self.is_row(dict(zip(self.heading, cells, strict=False)))

    def _alone(self, line: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=self.delimiter), [])
        except csv.Error:
            return []
