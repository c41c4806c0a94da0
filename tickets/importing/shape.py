"""What a row of another system's matters is: its fields, its kind, and how a closed one is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from servicedesk.customers.channels import Channel
from servicedesk.importing.mappings import FieldMapping, Shape, check_keys, get, texts
from tickets.models import Kind, Ticket

WHO = ("phone", "customer")  # what may tell whose matter it is


@dataclass(frozen=True)
class TicketMapping(FieldMapping):
    """How the rows of a file become matters, all of one kind."""

    kind: str
    closed_when: tuple[tuple[str, ...], frozenset[str]] | None = None

    def is_closed(self, cells: dict[str, str]) -> bool:
        """Whether the row was closed at its source."""
        if self.closed_when is None:
            return False
        columns, values = self.closed_when
        return any(cells.get(column, "").strip() in values for column in columns)

    def labelled(self, names: tuple[str, ...], cells: dict[str, str]) -> list[str]:
        """These fields as lines, each with the heading of its column."""
        return [
            f"{heading}: {cells[heading].strip()}"
            for name in names
            if name in self.fields
            for headings in self.fields[name].columns
            for heading in headings
            if cells.get(heading, "").strip()
        ]


def _kind(data: dict[str, Any]) -> str:
    name = get(data, "kind", str)
    kinds = [kind for kind in Kind.values if kind != Kind.TASK]
    if name not in kinds:
        raise ValueError(_("“kind” must be one of %(names)s") % {"names": ", ".join(kinds)})
    return name


def _closed_when(data: dict[str, Any]) -> tuple[tuple[str, ...], frozenset[str]] | None:
    if "closed_when" not in data:
        return None
    spec = get(data, "closed_when", dict)
    check_keys("closed_when", spec, {"columns", "values"})
    return texts(spec, "columns", "closed_when"), frozenset(texts(spec, "values", "closed_when"))


TICKETS = Shape(
    folder=Path(__file__).parent / "mappings",
    fields=(
        *("external_number", "words", "wanted", "category", "channel", "severity", "received", "closed"),
        *("phone", "customer"),
    ),
    key="external_number",
    needed=frozenset({"external_number", "words", "category"}),
    choices={"channel": Channel.values, "severity": Ticket.Severity.values},
    extras={"kind": _kind, "closed_when": _closed_when},
    make=TicketMapping,
)
