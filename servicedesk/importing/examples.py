"""Files to begin with: the headings of one kind of import in one language, and one row as it may look."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from openpyxl import Workbook

from servicedesk.importing.labels import example_in
from servicedesk.importing.mappings import Shape
from servicedesk.importing.report import harmless


@dataclass(frozen=True)
class Example:
    """A table of one row."""

    name: str
    columns: list[str]
    row: list[str]


def example_of(shape: Shape, language: str) -> Example:
    """What ships for this kind of import in this language, else in English."""
    said = example_in(shape.folder, language)
    return Example(said["name"], list(said["row"]), list(said["row"].values()))


def as_csv(example: Example) -> bytes:
    """With the mark by which spreadsheets know UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerows([example.columns, [harmless(cell) for cell in example.row]])
    return out.getvalue().encode("utf-8-sig")


def as_workbook(example: Example) -> bytes:
    """All cells as text, so that no spreadsheet takes a telephone for a number."""
    book, out = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet(example.name[:31])
    sheet.append(example.columns)
    sheet.append(example.row)
    book.save(out)
    return out.getvalue()
