"""Rows of a table, wherever they were read from, and what is wrong with their form."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from servicedesk.importing.encodings import UnusableFileError
from servicedesk.keepable import MARK, unkeepable

MOST_COLUMNS = 300
MOST_CHARACTERS = 100_000  # of one cell


@dataclass
class Row:
    """One line of the table: its place (2 is the first below the heading), its cells, and what is wrong with its form.

    `raw` is the text as it stands in the file, where its cells cannot be told apart for sure.
    """

    number: int
    cells: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    raw: str = ""


@dataclass
class Table:
    """A file opened for reading: its heading, its rows, and how a text file is written."""

    heading: list[str]
    rows: Generator[Row]
    encoding: str = ""
    delimiter: str = ""


def check_heading(heading: Sequence[str]) -> None:
    """Refuse what is no heading. Raises UnusableFileError."""
    named = [name for name in heading if name]
    if len(named) < 2:
        raise UnusableFileError(_("The first line is no heading of columns."))
    if len(heading) > MOST_COLUMNS:
        raise UnusableFileError(_("The table has more than %(most)s columns.") % {"most": MOST_COLUMNS})
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise UnusableFileError(_("The column %(name)s occurs twice.") % {"name": twice[0]})


def row_of(number: int, cells: Sequence[str], heading: Sequence[str]) -> Row:
    """The cells under their headings, with what is wrong with them."""
    row = Row(number, {name: cell for name, cell in zip(heading, cells, strict=False) if name})
    extra = [cell for cell in cells[len(heading) :] if cell.strip()]
    if extra or len(cells) < len(heading):
        row.problem = _("This row has %(found)s cells, the heading has %(wanted)s.") % {
            "found": len(cells),
            "wanted": len(heading),
        }
    elif found := unkeepable("\n".join(cells)):
        row.problem = _refusal(found)
    elif any(len(cell) > MOST_CHARACTERS for cell in cells):
        row.problem = _("A cell holds more than %(most)s characters.") % {"most": MOST_CHARACTERS}
    return row


def _refusal(character: str) -> str:
    if character in (MARK, "\0"):
        return _("Characters were lost before this file was saved.")
    return _("This row holds a character that cannot be kept (%(code)s).") % {
        "code": f"U+{ord(character):04X}"
    }
