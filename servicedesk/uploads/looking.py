"""A file looked at before anything is done with it: how it is written, its columns, its first rows.

It is read once, when it is handed in; what the glance showed lies beside it and goes with it.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING

from servicedesk.importing.encodings import UnusableFileError
from servicedesk.importing.mappings import load_mapping
from servicedesk.importing.tables import open_table, size_of
from servicedesk.keepable import marked
from servicedesk.uploads.kinds import WAYS
from servicedesk.uploads.storing import file_of, glance_of

if TYPE_CHECKING:
    from pathlib import Path

    from servicedesk.uploads.models import Upload

ROWS = 5
LONGEST_CELL = 80  # characters shown
UNPACKED = 1 << 27  # bytes that a workbook may unpack to while a person waits for the page
WORKBOOK = "XLSX"


@dataclass(frozen=True)
class Glance:
    """How a file is written, its headings and its first rows, whatever these mean."""

    encoding: str
    delimiter: str
    headings: list[str]
    rows: list[list[str]]


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


def glance_at(upload: Upload) -> Glance:
    """What the file shows at first. Raises UnusableFileError where there is no table in it, OSError where it is gone."""
    path, kept = file_of(upload), glance_of(upload)
    size_of(path)
    if kept.exists():
        return Glance(**json.loads(kept.read_text()))
    glance = _glance(path)
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(asdict(glance)))
    return glance


def _glance(path: Path) -> Glance:
    table = open_table(path, unpacked=UNPACKED)
    with closing(table.rows):
        first = list(islice(table.rows, ROWS))
    headings = [heading for heading in table.heading if heading]
    return Glance(
        encoding=table.encoding or WORKBOOK,
        delimiter=table.delimiter,
        headings=headings,
        rows=[[_shown(row.cells.get(heading, "")) for heading in headings] for row in first],
    )


def look_at(upload: Upload) -> Look:
    """The same with what each column means in the mapping that is chosen. Raises as `glance_at`."""
    glance, shape = glance_at(upload), WAYS[upload.kind].shape
    reading = load_mapping(shape, upload.options.get("mapping", "generic"))
    return Look(
        encoding=glance.encoding,
        delimiter=glance.delimiter,
        columns=[
            Column(marked(heading), shape.label(reading.field_of(heading))) for heading in glance.headings
        ],
        rows=glance.rows,
    )


def fitting(upload: Upload) -> str:
    """The shipped mapping that knows this file's columns, the general one last.

    Raises as `glance_at`, and where none of them fits: then for the general one's reason.
    """
    shape, headings = WAYS[upload.kind].shape, glance_at(upload).headings
    for name in sorted(shape.shipped, key=lambda name: name == "generic"):
        try:
            load_mapping(shape, name).check_heading(headings)
        except UnusableFileError:
            if name == "generic":
                raise
        else:
            return name
    raise AssertionError("every kind ships a general mapping")


def _shown(cell: str) -> str:
    """A cell as the page can show it: cut short, and with � for what cannot be kept."""
    return marked(cell if len(cell) <= LONGEST_CELL else f"{cell[:LONGEST_CELL]}…")
