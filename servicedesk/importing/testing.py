"""Builders for tests of imports."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management import call_command
from openpyxl import Workbook


def run_import(command: str, path: Path, code: int = 0, **options: Any) -> dict[str, int]:
    """The counts as a command prints them; it must end with this exit code."""
    out = io.StringIO()
    ended: Any = 0
    try:
        call_command(command, path, stdout=out, **{"json": True, "stderr": io.StringIO(), **options})
    except SystemExit as stop:
        ended = stop.code
    assert ended == code, (ended, out.getvalue())
    return json.loads(out.getvalue())


def reasons(report: Path) -> dict[str, str]:
    """Why each row was refused, by its place."""
    with report.open(encoding="utf-8-sig", newline="") as file:
        return {row["_row"]: row["_reason"] for row in csv.DictReader(file)}


def sheet(folder: Path, *rows: str, name: str = "file.csv") -> Path:
    """A text file of these lines, the heading first."""
    path = folder / name
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def workbook(folder: Path, rows: Sequence[Sequence[Any]], name: str = "book.xlsx") -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / name)
    return folder / name
