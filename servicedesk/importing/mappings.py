"""How the columns of a file become the fields of what its rows are: small TOML files, shipped or the operator's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from servicedesk.importing.encodings import UnusableFileError
from servicedesk.importing.labels import labels_in

DAMAGED_NUMBER = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+|#+|#[A-Z/0]+[!?A]")  # 2.02504E+12, #####, #VALUE!
NUMBER_LIKE = re.compile(r"""(?=.*\d)[^\s"]+""", re.DOTALL)
LONGEST_NUMBER = 60  # characters of a number of the source
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # what came in before is a slip of the pen
POINT_ZERO = re.compile(r"(\d+)\.0+(?!\d)")
ISO = "iso"
LARGEST = 1 << 20  # bytes of a mapping
LONGEST_SOURCE = 40  # characters
# Between the items of a cell that holds several; a comma before an extension belongs to the number.
SEVERAL = re.compile(r"[;；、|\n]|[,，](?!\s*(?:转|轉|分|内|內|ext))", re.IGNORECASE)


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
class Shape:
    """What the rows of one kind of import are: their fields, and what a mapping of them may say.

    `key` is the field that numbers a row at its source, `needed` those that no mapping may leave out, `choices` the
    values of fields that have fixed ones, `digits` fields that a spreadsheet damages like numbers. `extras` are further
    keys of the TOML file, each with what reads it; `make` builds the mapping from all that.
    """

    folder: Path
    fields: tuple[str, ...]
    key: str
    needed: frozenset[str]
    choices: Mapping[str, Collection[str]] = field(default_factory=dict)
    digits: frozenset[str] = frozenset()
    extras: Mapping[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    make: Callable[..., Any] | None = None

    @property
    def shipped(self) -> list[str]:
        """The names of the mappings that come with the desk."""
        return sorted(file.stem for file in self.folder.glob("*.toml"))

    def label(self, name: str) -> str:
        """What a field is called in the reader's language."""
        return labels_in(self.folder, get_language() or "en").get(name, name)


@dataclass(frozen=True)
class FieldMapping:
    """One kind of file: where it comes from and how each field of its rows is read."""

    name: str
    source: str
    zone: ZoneInfo
    fields: dict[str, Source]
    shape: Shape

    def field_of(self, heading: str) -> str:
        """The field that a column of the file fills; nothing where the mapping does not know it."""
        for name, source in self.fields.items():
            if any(heading in names for names in source.columns):
                return name
        return ""

    def check_heading(self, heading: list[str]) -> None:
        """Refuse a file without the columns this mapping needs. Raises UnusableFileError naming what is missing."""
        for name, source in self.fields.items():
            known = [column for names in source.columns for column in names if column in heading]
            if source.required and not known:
                wanted = " / ".join(column for names in source.columns for column in names)
                raise UnusableFileError(
                    _("The file has no column for %(field)s. Looked for: %(columns)s.")
                    % {"field": self.shape.label(name), "columns": wanted}
                )

    def text(self, name: str, cells: dict[str, str]) -> str:
        """A field's text, translated where its values are. Raises RowError for a missing or unknown value."""
        source = self.fields.get(name)
        if source is None:
            return ""
        text = source.read(cells)
        if not text:
            if not source.otherwise and (source.required or name in self.shape.needed):
                raise self.empty(name)
            return source.otherwise
        if source.pattern and not source.pattern.fullmatch(text):
            raise RowError(_wrong_number(text) if name == self.shape.key else self._unknown(name, text))
        return self._value(name, text)

    def empty(self, name: str) -> RowError:
        """A row that says nothing in this field, which it must fill."""
        return RowError(_("The field %(field)s is empty.") % {"field": self.shape.label(name)})

    def texts(self, name: str, cells: dict[str, str]) -> list[str]:
        """The items of a field that may hold several, separated by semicolons, commas or lines; each like `text`."""
        source = self.fields.get(name)
        items = SEVERAL.split(source.read(cells)) if source else []
        return [self._value(name, item.strip()) for item in items if item.strip()]

    def _value(self, name: str, text: str) -> str:
        source = self.fields[name]
        if name in self.shape.digits and DAMAGED_NUMBER.fullmatch(text):
            raise RowError(_wrong_number(text))
        if source.values:
            return source.values.get(text) or source.otherwise or _raise(self._unknown(name, text))
        known = text in self.shape.choices.get(name, {text})
        return text if known else source.otherwise or _raise(self._unknown(name, text))

    def _unknown(self, name: str, text: str) -> str:
        return _("%(text)s is no value that this import knows for %(field)s.") % {
            "field": self.shape.label(name),
            "text": text[:60],
        }

    def number(self, cells: dict[str, str]) -> str:
        """What the row is numbered at its source. Raises RowError for none, and for one that a spreadsheet has spoilt."""
        key = self.shape.key
        number = self.text(key, cells)
        if self.fields[key].pattern is None and DAMAGED_NUMBER.fullmatch(number):
            raise RowError(_wrong_number(number))
        if len(number) > LONGEST_NUMBER:
            raise RowError(
                _("This number is too long: at most %(most)s characters.") % {"most": LONGEST_NUMBER}
            )
        return number

    def is_row(self, cells: dict[str, str]) -> bool:
        """Whether cells hold what numbers a row of this source, and so begin one."""
        source = self.fields[self.shape.key]
        number = source.read(cells)
        like = source.pattern or NUMBER_LIKE
        return (
            bool(DAMAGED_NUMBER.fullmatch(number) or like.fullmatch(number)) and len(number) <= LONGEST_NUMBER
        )

    def moment(self, name: str, cells: dict[str, str]) -> datetime | None:
        """A field's moment, in UTC; None where the row has none. Raises RowError."""
        source = self.fields.get(name)
        text = source.read(cells) if source else ""
        if source is None or not text:
            return None
        text = " ".join(POINT_ZERO.sub(r"\1", part) for part in text.split(" "))
        for form in source.formats:
            try:
                moment = datetime.fromisoformat(text) if form == ISO else datetime.strptime(text, form)  # noqa: DTZ007  its zone follows
                moment = (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)
            except (ValueError, OverflowError):
                continue
            if moment < EARLIEST:
                raise RowError(_("%(text)s lies before 1970.") % {"text": text[:60]})
            return moment
        raise RowError(_("%(text)s is no date that this import knows.") % {"text": text[:60]})

    def day(self, name: str, cells: dict[str, str]) -> date | None:
        """A field's day, in the zone of the file; None where the row has none. Raises RowError."""
        moment = self.moment(name, cells)
        return moment.astimezone(self.zone).date() if moment else None


def about(field_: str, reason: object) -> str:
    """A reason with the field that it speaks of."""
    return _("%(field)s: %(reason)s") % {"field": field_, "reason": reason}


def _raise(reason: str) -> str:
    raise RowError(reason)


def _wrong_number(text: str) -> str:
    if DAMAGED_NUMBER.fullmatch(text):
        return _("A spreadsheet has damaged this number (%(text)s); its digits are lost.") % {
            "text": text[:60]
        }
    return _("%(text)s is no number of this source.") % {"text": text[:60]}


def load_mapping(shape: Shape, name: str) -> Any:
    """A shipped mapping by its name, or a TOML file by its path. Raises UnusableFileError that says what is wrong."""
    shipped = shape.folder / f"{name}.toml"
    path = shipped if name in shape.shipped else Path(name)
    if not path.is_file():
        raise UnusableFileError(
            _("There is no mapping %(name)s. Shipped are %(names)s; a TOML file does as well.")
            % {"name": name, "names": ", ".join(shape.shipped)}
        )
    if path.stat().st_size > LARGEST:
        raise UnusableFileError(_("The mapping is too large."))
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableFileError(_("The mapping is no valid TOML: %(error)s") % {"error": error}) from error
    try:
        return _mapping(shape, path.stem, data)
    except ValueError as error:
        raise UnusableFileError(_("The mapping is wrong: %(error)s") % {"error": error}) from error


def _mapping(shape: Shape, name: str, data: dict[str, Any]) -> Any:
    """Raises ValueError naming the key that is wrong."""
    check_keys("", data, {"source", "zone", "fields", *shape.extras})
    tables = get(data, "fields", dict)
    check_keys("fields", tables, shape.fields, needed=shape.needed)
    fields = {field_: _source(f"fields.{field_}", get(tables, field_, dict, "fields")) for field_ in tables}
    for field_, allowed in shape.choices.items():
        if field_ in fields:
            _check_choices(field_, fields[field_], set(allowed))
    source = get(data, "source", str).strip()
    if not source or len(source) > LONGEST_SOURCE:
        raise ValueError(
            _("“source” must be a name of at most %(most)s characters") % {"most": LONGEST_SOURCE}
        )
    extras = {key: read(data) for key, read in shape.extras.items()}
    zone = _zone(get(data, "zone", str, otherwise="UTC"))
    make = shape.make or FieldMapping
    return make(name=name, source=source, zone=zone, fields=fields, shape=shape, **extras)


def _source(place: str, spec: dict[str, Any]) -> Source:
    check_keys(place, spec, {"columns", "labelled", "required", "pattern", "values", "otherwise", "formats"})
    columns = get(spec, "columns", list, place, otherwise=[])
    if not all(
        isinstance(one, str) or (isinstance(one, list) and one and _are_texts(one)) for one in columns
    ):
        raise ValueError(_("“%(key)s” must be a list of column names") % {"key": f"{place}.columns"})
    if not columns and "otherwise" not in spec:
        raise ValueError(_("“%(key)s” has neither columns nor a constant (otherwise)") % {"key": place})
    values = get(spec, "values", dict, place, otherwise={})
    if not _are_texts(values.values()):
        raise ValueError(_("“%(key)s” must hold texts only") % {"key": f"{place}.values"})
    return Source(
        columns=tuple((names,) if isinstance(names, str) else tuple(names) for names in columns),
        labelled=get(spec, "labelled", bool, place, otherwise=False),
        required=get(spec, "required", bool, place, otherwise=False),
        pattern=_pattern(place, spec),
        values=values,
        otherwise=get(spec, "otherwise", str, place, otherwise=""),
        formats=texts(spec, "formats", place, otherwise=[ISO]),
    )


TYPES = {
    str: gettext_lazy("a text"),
    bool: gettext_lazy("true or false"),
    list: gettext_lazy("a list"),
    dict: gettext_lazy("a table"),
}


def get(data: dict[str, Any], key: str, kind: type, place: str = "", otherwise: Any = None) -> Any:
    """The value under a key of a TOML file, of the type it must have. Raises ValueError."""
    full = f"{place}.{key}".lstrip(".")
    if key not in data:
        if otherwise is None:
            raise ValueError(_("“%(key)s” is missing") % {"key": full})
        return otherwise
    if not isinstance(data[key], kind):
        raise ValueError(_("“%(key)s” must be %(type)s") % {"key": full, "type": TYPES[kind]})
    return data[key]


def texts(spec: dict[str, Any], key: str, place: str, otherwise: Any = None) -> tuple[str, ...]:
    """A list of texts under a key of a TOML file. Raises ValueError."""
    found = get(spec, key, list, place, otherwise)
    if not found or not _are_texts(found):
        raise ValueError(_("“%(key)s” must be a list of texts") % {"key": f"{place}.{key}"})
    return tuple(found)


def _are_texts(values: Any) -> bool:
    return not isinstance(values, str) and all(isinstance(value, str) for value in values)


def check_keys(
    place: str, data: dict[str, Any], known: Collection[str], needed: Collection[str] = ()
) -> None:
    """Refuse keys of a TOML file that nobody knows, and the lack of those that are needed. Raises ValueError."""
    if unknown := sorted(set(data) - set(known)):
        raise ValueError(
            _("“%(key)s” is unknown; known are %(names)s")
            % {"key": f"{place}.{unknown[0]}".lstrip("."), "names": ", ".join(sorted(known))}
        )
    if missing := sorted(set(needed) - set(data)):
        raise ValueError(_("“%(key)s” is missing") % {"key": f"{place}.{missing[0]}"})


def _check_choices(name: str, source: Source, allowed: set[str]) -> None:
    """A field with fixed values is translated into these, and falls back on one of these."""
    given = {*source.values.values(), *([source.otherwise] if source.otherwise else [])}
    wrong = sorted(given - allowed)
    if wrong:
        raise ValueError(
            _("“%(value)s” is no value of %(field)s; there are %(names)s")
            % {"value": wrong[0], "field": name, "names": ", ".join(sorted(allowed))}
        )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(_("there is no time zone “%(name)s”") % {"name": name}) from error


def _pattern(place: str, spec: dict[str, Any]) -> re.Pattern | None:
    if "pattern" not in spec:
        return None
    try:
        return re.compile(get(spec, "pattern", str, place))
    except re.error as error:
        raise ValueError(
            _("“%(key)s” is no regular expression: %(error)s") % {"key": f"{place}.pattern", "error": error}
        ) from error
