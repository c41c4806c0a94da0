"""Every file that a page gives: no cell is carried out by a spreadsheet, and a browser saves it and shows nothing (SECURITY 5, 6)."""

from __future__ import annotations

import csv
import io

import pytest
from django.db.models import Value
from django.db.models.functions import Concat
from openpyxl import load_workbook

from servicedesk.importing.report import FORMULA
from servicedesk.staff.models import Department, User

pytestmark = pytest.mark.django_db


def cells_of(answer) -> list[str]:
    content = b"".join(answer) if answer.streaming else answer.content
    if content.startswith(b"PK"):
        rows = load_workbook(io.BytesIO(content)).active.iter_rows()
        assert not [cell for row in rows for cell in row if cell.data_type == "f"]
        rows = load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
    else:
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    return [str(cell) for row in rows for cell in row if cell is not None]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "＝"])
def test_no_cell_of_any_file_is_carried_out(world, start):
    for model, name in ((User, "display_name"), (Department, "name")):
        model.objects.update(**{name: Concat(Value(f"{start}cmd|' /C calc'!A0 "), name)})
    files = [
        (who, path)
        for who, path in world.walk.files.values()
        if path.endswith((".csv", ".xlsx")) or "table" in path
    ]
    assert files
    for who, path in files:
        answer = world.client(who).get(path)
        hostile = [cell for cell in cells_of(answer) if "cmd|" in cell]
        assert not [cell for cell in hostile if cell.startswith(FORMULA)], path


def test_every_file_is_saved_by_a_browser_and_never_shown(world):
    for who, path in world.walk.files.values():
        headers = world.client(who).get(path).headers
        if headers["Content-Type"].split(";")[0] in ("text/javascript", "application/json", "text/plain"):
            continue
        assert headers["Content-Disposition"].startswith("attachment"), path
        assert headers["X-Content-Type-Options"] == "nosniff", path
