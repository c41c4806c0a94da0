"""The tables of the dashboard as files: CSV for anything, XLSX for a spreadsheet; no cell is ever carried out."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from decimal import Decimal
from io import BytesIO, StringIO

from django.utils.translation import gettext as _
from openpyxl import Workbook

from servicedesk.dashboards.overview import Line, Overview, Words
from servicedesk.importing.report import harmless

Cell = str | int | Decimal | None
Rows = Iterable[list[Cell]]


def weeks(overview: Overview) -> Rows:
    yield [_("Week"), _("Days"), *_words_heading()]
    yield from ([week.name, week.days, *_words_cells(week.words)] for week in overview.weeks)


def ages(overview: Overview) -> Rows:
    yield [_("Age"), _("Open tickets")]
    for age in overview.ages:
        yield [age.name, age.open.value]


def departments(overview: Overview) -> Rows:
    yield [_("Department"), _("Broken now"), _("Breaks today"), *_words_heading(), _("Open tickets")]
    for line in overview.departments:
        words = _words_cells(line.words) if line.words else []
        yield [line.name, line.broken.value, line.today.value, *words, line.open.value]


def people(overview: Overview) -> Rows:
    yield [_("Person"), _("Department"), _("Broken now"), _("Breaks today"), _("Open tickets")]
    yield from (_person(line) for line in overview.people)


def _person(line: Line) -> list[Cell]:
    return [line.name, line.unit, line.broken.value, line.today.value, line.open.value]


def _words_heading() -> list[str]:
    return [_("Promises due"), _("Promises kept"), _("Promises broken"), _("Kept, per cent")]


def _words_cells(words: Words) -> list[Cell]:
    return [words.due.value, words.kept.value, words.missed.value, words.rate]


TABLES: dict[str, Callable[[Overview], Rows]] = {
    "weeks": weeks,
    "ages": ages,
    "departments": departments,
    "people": people,
}


def as_csv(rows: Rows) -> bytes:
    """With the mark by which spreadsheets recognise UTF-8."""
    text = StringIO()
    csv.writer(text).writerows([_safe(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Rows) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([_safe(cell) for cell in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _safe(cell: Cell) -> Cell:
    return harmless(cell) if isinstance(cell, str) else cell


FORMS: dict[str, tuple[str, Callable[[Rows], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
}
