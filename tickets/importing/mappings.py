"""How the columns of a file become the fields of a matter: small TOML files, shipped or the operator's own."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from servicedesk.customers.channels import Channel
from tickets.importing.encodings import UnusableFileError
from tickets.models import Kind, Ticket

SHIPPED = Path(__file__).parent / "mappings"
FIELDS = (
    "external_number",
    "words",
    "wanted",
    "category",
    "channel",
    "severity",
    "received",
    "closed",
    "phone",
    "customer",
)
CHOICES = {"channel": set(Channel.values), "severity": set(Ticket.Severity.values)}
DAMAGED_NUMBER = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
POINT_ZERO = re.compile(r"(\d+)\.0+")
ISO = "iso"


class RowError(Exception):
    """Why a row cannot be taken, in the user's language."""


@dataclass(frozen=True)
class Source:
    """Where one field comes from: columns by any of their names, joined; what its values mean; else a constant."""

    columns: tuple[tuple[str, ...], ...] = ()
    labelled: bool = False
    required: bool = False
    pattern: re.Pattern | None = None
    values: dict[str, str] = field(default_factory=dict)
    otherwise: str = ""
    formats: tuple[str, ...] = ()

    def read(self, cells: dict[str, str]) -> str:
        """The cells of its columns, trimmed; with labels where several columns make one text."""
        found = [(name, cells[name].strip()) for names in self.columns for name in names if name in cells]
        found = [(name, cell) for name, cell in found if cell]
        if self.labelled and len(found) > 1:
            return "\n".join(f"{name}: {cell}" for name, cell in found)
        return " ".join(cell for _name, cell in found)


@dataclass(frozen=True)
class Mapping:
    """One kind of file: where it comes from, what its rows are, and how each field is read."""

    name: str
    source: str
    kind: str
    zone: ZoneInfo
    fields: dict[str, Source]
    closed_when: tuple[tuple[str, ...], frozenset[str]] | None = None

    def check_heading(self, heading: list[str]) -> None:
        """Refuse a file without the columns this mapping needs. Raises UnusableFileError naming what is missing."""
        for name, source in self.fields.items():
            known = [column for names in source.columns for column in names if column in heading]
            if source.required and not known:
                wanted = " / ".join(column for names in source.columns for column in names)
                raise UnusableFileError(
                    _("The file has no column for %(field)s. Looked for: %(columns)s.")
                    % {"field": name, "columns": wanted}
                )

    def text(self, name: str, cells: dict[str, str]) -> str:
        """A field's text, translated where its values are. Raises RowError for a missing or unknown value."""
        source = self.fields.get(name)
        if source is None:
            return ""
        text = source.read(cells)
        if not text:
            if source.required and not source.otherwise:
                raise RowError(_("The field %(field)s is empty.") % {"field": name})
            return source.otherwise
        if source.pattern and not source.pattern.fullmatch(text):
            raise RowError(_wrong_number(text) if name == "external_number" else _unknown(name, text))
        if source.values:
            return source.values.get(text) or source.otherwise or _raise(_unknown(name, text))
        return text

    def moment(self, name: str, cells: dict[str, str]) -> datetime | None:
        """A field's moment in UTC terms of its zone; None where the row has none. Raises RowError."""
        source = self.fields.get(name)
        text = source.read(cells) if source else ""
        if source is None or not text:
            return None
        text = " ".join(POINT_ZERO.sub(r"\1", part) for part in text.split(" "))
        for form in source.formats:
            try:
                moment = datetime.fromisoformat(text) if form == ISO else datetime.strptime(text, form)  # noqa: DTZ007  its zone follows
            except ValueError:
                continue
            return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
        raise RowError(_("%(text)s is no date that this import knows.") % {"text": text[:60]})

    def is_closed(self, cells: dict[str, str]) -> bool:
        """Whether the row was closed at its source."""
        if self.closed_when is None:
            return False
        columns, values = self.closed_when
        return any(cells.get(column, "").strip() in values for column in columns)


def _raise(reason: str) -> str:
    raise RowError(reason)


def _unknown(name: str, text: str) -> str:
    return _("%(text)s is no value that this import knows for %(field)s.") % {
        "field": name,
        "text": text[:60],
    }


def _wrong_number(text: str) -> str:
    if DAMAGED_NUMBER.fullmatch(text):
        return _("A spreadsheet has damaged this number (%(text)s); its digits are lost.") % {
            "text": text[:60]
        }
    return _("%(text)s is no number of this source.") % {"text": text[:60]}


def load_mapping(name: str) -> Mapping:
    """A shipped mapping by its name, or a TOML file by its path. Raises UnusableFileError that says what is wrong."""
    shipped = {file.stem: file for file in SHIPPED.glob("*.toml")}
    path = shipped.get(name, Path(name))
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        names = ", ".join(sorted(shipped))
        raise UnusableFileError(
            _("There is no mapping %(name)s. Shipped are %(names)s; a TOML file does as well.")
            % {"name": name, "names": names}
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableFileError(_("The mapping is no valid TOML: %(error)s") % {"error": error}) from error
    return _mapping(path.stem, data)


def _mapping(name: str, data: dict[str, Any]) -> Mapping:
    try:
        fields = {field_: _source(field_, spec) for field_, spec in data["fields"].items()}
        closed = data.get("closed_when")
        mapping = Mapping(
            name=name,
            source=str(data["source"]),
            kind=Kind(data["kind"]).value,
            zone=ZoneInfo(data.get("zone", "UTC")),
            fields=fields,
            closed_when=(tuple(closed["columns"]), frozenset(closed["values"])) if closed else None,
        )
    except (KeyError, ValueError, TypeError, AttributeError, OSError, re.error) as error:
        raise UnusableFileError(_("The mapping is not complete: %(error)s") % {"error": error}) from error
    if missing := {"external_number", "words", "category"} - set(fields):
        raise UnusableFileError(
            _("The mapping is not complete: %(error)s") % {"error": ", ".join(sorted(missing))}
        )
    return mapping


def _source(name: str, spec: dict[str, Any]) -> Source:
    if name not in FIELDS:
        raise ValueError(f"unknown field {name}")
    values = {str(key): str(value) for key, value in spec.get("values", {}).items()}
    otherwise = str(spec.get("otherwise", ""))
    known = CHOICES.get(name)
    if known and (wrong := {*values.values(), *([otherwise] if otherwise else [])} - known):
        raise ValueError(f"{name}: {', '.join(sorted(wrong))}")
    return Source(
        columns=tuple(
            (names,) if isinstance(names, str) else tuple(names) for names in spec.get("columns", [])
        ),
        labelled=bool(spec.get("labelled", False)),
        required=bool(spec.get("required", False)),
        pattern=re.compile(spec["pattern"]) if "pattern" in spec else None,
        values=values,
        otherwise=otherwise,
        formats=tuple(spec.get("formats", [ISO])),
    )
