"""Builders for tests of imports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from servicedesk.importing.testing import run_import

HEADING = "编号,类别,内容,日期"
ROWS = [
    "1001,供暖,暖气不热，已三天,2026-05-04 09:00",
    "1002,电梯,电梯停运\t请尽快,2026-05-05",
    '1003,供水,"漏水\n地下室",2026/05/06',
]


def run(path: Path, mapping: str = "generic", code: int = 0, **options: Any) -> dict[str, int]:
    """The counts as the command prints them; it must end with this exit code."""
    return run_import("import_tickets", path, code, **{"mapping": mapping, "owner": "owner", **options})


def text(rows: Sequence[str] = ROWS, heading: str = HEADING, end: str = "\n") -> str:
    return end.join([heading, *rows]) + end
