"""A file looked at before anything is done with it: how it is written, its columns, its first rows."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.utils.translation import get_language

from servicedesk.importing.encodings import UnusableFileError
from servicedesk.importing.examples import example_of
from servicedesk.importing.mappings import load_mapping
from servicedesk.importing.tables import open_table
from servicedesk.uploads.kinds import WAYS

ROWS = 5
LONGEST_CELL = 80  # characters shown
WORKBOOK = "XLSX"


@dataclass(frozen=True)
class Column:
    """One column of the file and what the field is called that it fills; nothing where it is passed over."""

    heading: str
    field: str


@dataclass(frozen=True)
class Look:
    """What the first glance at a file shows."""

    encoding: str
    delimiter: str
    columns: list[Column]
    rows: list[list[str]]

    @property
    def passed_over(self) -> list[str]:
        return [column.heading for column in self.columns if not column.field]


def look_at(path: Path, kind: str, mapping: str) -> Look:
    """Raises UnusableFileError where there is no table in it."""
    table = open_table(path)
    shape = WAYS[kind].shape
    reading, usual = load_mapping(shape, mapping), load_mapping(shape, "generic")
    called = {
        usual.field_of(name): name for name in reversed(example_of(shape, get_language() or "en").columns)
    }
    with closing(table.rows):
        first = list(islice(table.rows, ROWS))
    headings = [heading for heading in table.heading if heading]
    return Look(
        encoding=table.encoding or WORKBOOK,
        delimiter=table.delimiter,
        columns=[
            Column(heading, called.get(field, field))
            for heading in headings
            for field in [reading.field_of(heading)]
        ],
        rows=[[_shown(row.cells.get(heading, "")) for heading in headings] for row in first],
    )


def fitting(path: Path, kind: str) -> str:
    """The shipped mapping that knows this file's columns, the general one last.

    Raises UnusableFileError where there is no table in it, or none of them fits: then for the general one's reason.
    """
    shape, table = WAYS[kind].shape, open_table(path)
    table.rows.close()
    for name in sorted(shape.shipped, key=lambda name: name == "generic"):
        try:
            load_mapping(shape, name).check_heading(table.heading)
        except UnusableFileError:
            if name == "generic":
                raise
        else:
            return name
    raise AssertionError("every kind ships a general mapping")


def _shown(cell: str) -> str:
    return cell if len(cell) <= LONGEST_CELL else f"{cell[:LONGEST_CELL]}…"
