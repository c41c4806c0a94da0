"""A file as a table, recognised by its content, read as a stream in bounded memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

from django.utils.translation import gettext as _

from servicedesk.importing.encodings import UnusableFileError
from servicedesk.importing.rows import Row, Table
from servicedesk.importing.texts import IsRow, open_text
from servicedesk.importing.workbooks import UNPACKED, open_workbook

ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def size_of(path: Path) -> int:
    """How many bytes an ordinary file holds. Raises UnusableFileError for anything else, OSError where there is none."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise UnusableFileError(_("This is no ordinary file: %(path)s") % {"path": path})
    return found.st_size


def open_table(
    path: Path,
    *,
    is_row: IsRow = lambda _cells: True,
    progress: Callable[[int], None] = lambda _position: None,
    unpacked: int = UNPACKED,
) -> Table:
    """Open a file and read its heading; `progress` hears the bytes read so far.

    `unpacked` bounds the bytes that a workbook may unpack to. `is_row` tells, after a missing quotation mark, where rows can be told apart again. What is appended meanwhile is
    not read. Raises UnusableFileError if there is no table in it.
    """
    size, before = size_of(path), _state(path)
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(OLD_EXCEL):
        raise UnusableFileError(_("This is an old Excel file. Save it as XLSX or CSV and try again."))
    if start.startswith(ZIP):
        table = open_workbook(path, size=size, progress=progress, unpacked=unpacked)
    else:
        table = open_text(path, size=size, is_row=is_row, progress=progress)
    return replace(table, rows=_unchanged(table.rows, path, before))


def _state(path: Path) -> tuple[int, int, int]:
    found: os.stat_result = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _unchanged(rows: Iterator[Row], path: Path, before: tuple[int, int, int]) -> Generator[Row]:
    """The rows, the last one held back until it is sure that nobody was still writing the file."""
    last = next(rows, None)
    for row in rows:
        if last:
            yield last
        last = row
    if last and _state(path) != before:
        last.problem = last.problem or _(
            "The file was changed while it was read. Import it again once it is complete."
        )
    if last:
        yield last
