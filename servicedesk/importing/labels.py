"""What the fields of a file are called in the reader's language: as the file to begin with heads them."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FILE = "examples.toml"  # beside the folder of the mappings
GENERAL = "generic.toml"  # the mapping that knows these headings


def example_in(folder: Path, language: str) -> dict[str, Any]:
    """The name and the one row, by heading, of what ships for these mappings in this language, else in English."""
    kinds = tomllib.loads((folder.parent / FILE).read_text(encoding="utf-8"))
    told: dict[str, Any] = kinds[folder.name]
    return told.get(language) or told["en"]


@cache
def labels_in(folder: Path, language: str) -> dict[str, str]:
    """The heading of each field."""
    fields = tomllib.loads((folder / GENERAL).read_text(encoding="utf-8"))["fields"]
    known = {
        name: field
        for field, source in fields.items()
        for names in source.get("columns", ())
        for name in ([names] if isinstance(names, str) else names)
    }
    headings = [heading for heading in example_in(folder, language)["row"] if heading in known]
    return {known[heading]: heading for heading in reversed(headings)}
