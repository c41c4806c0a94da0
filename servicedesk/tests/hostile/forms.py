"""What a page offers: its forms with their fields, its links, and the addresses that its scripts fetch."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

Values = dict[str, list]  # what is sent: several values a name, each a text or raw bytes

ROW = re.compile(r"-\d+-")  # the number of a row among several of one kind
OF_DJANGO = ("csrfmiddlewaretoken", "_popup", "_to_field")
BUTTONS = ("submit", "image", "reset", "button")
TYPED = ("text", "search", "textarea", "tel", "email", "url", "password")


@dataclass(frozen=True)
class Field:
    """One field: how it is drawn, what stands in it, what it offers."""

    name: str
    kind: str
    values: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    required: bool = False
    several: bool = False
    searched: bool = False  # its choices are fetched while one types

    @property
    def is_typed(self) -> bool:
        """Whether any words may stand in it."""
        return self.kind in TYPED


@dataclass(frozen=True)
class Form:
    """A form, or a button that posts by itself; `page` is where it stands."""

    method: str
    action: str
    page: str
    fields: tuple[Field, ...] = ()
    buttons: tuple[tuple[str, str], ...] = ()
    files: bool = False

    def __getitem__(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """What may be filled in, rows of the same kind counted once."""
        return tuple(sorted(self.one_of_each))

    @property
    def one_of_each(self) -> dict[str, Field]:
        """The fields by name; of rows of the same kind, those of the last one that is there."""
        named = {ROW.sub("-0-", field.name): field for field in self.fields if "__prefix__" not in field.name}
        return {name: field for name, field in named.items() if name not in OF_DJANGO}


@dataclass
class Offered:
    """All that one page offers."""

    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)  # paths of this site, with their queries
    fetched: list[str] = field(default_factory=list)  # the same, of what scripts fetch


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page, self.found = page, Offered()
        self.open: Form | None = None
        self.by_id: dict[str, int] = {}
        self.select: Field | None = None
        self.select_form = ""
        self.area: tuple[Field, str] | None = None

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = {name: value or "" for name, value in attrs}
        if "hx-get" in given:
            self._lead(self.found.fetched, given["hx-get"])
        if "hx-post" in given and tag != "form":
            vals = json.loads(given.get("hx-vals") or "{}")
            fields = tuple(Field(name, "hidden", (str(value),)) for name, value in vals.items())
            self.found.forms.append(Form("post", self._path(given["hx-post"]), self.page, fields))
        match tag:
            case "a" if "href" in given:
                self._lead(self.found.links, given["href"])
            case "form":
                method = given.get("method", "get").lower()
                self.open = Form(method, self._path(given.get("action") or self.page), self.page)
                self.open = replace(self.open, files=given.get("enctype") == "multipart/form-data")
                self.found.forms.append(self.open)
                if "id" in given:
                    self.by_id[given["id"]] = len(self.found.forms) - 1
            case "input" if "name" in given:
                self._input(given)
            case "button" if given.get("type", "submit") == "submit":
                self._button(given)
            case "textarea" if "name" in given:
                self.area = (self._field(given, "textarea"), given.get("form", ""))
            case "select" if "name" in given:
                self.select, self.select_form = self._field(given, "select"), given.get("form", "")
            case "option" if self.select:
                value, chosen = given.get("value", ""), "selected" in given
                self.select = replace(
                    self.select,
                    offered=(*self.select.offered, value),
                    values=(*self.select.values, value) if chosen else self.select.values,
                )

    def handle_data(self, data: str) -> None:
        if self.area:
            one, form = self.area
            self.area = (replace(one, values=("".join(one.values) + data,)), form)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "textarea" and self.area:
            one, form = self.area
            self._put(replace(one, values=(("".join(one.values)).removeprefix("\n"),)), form)
            self.area = None
        elif tag == "select" and self.select:
            if not self.select.values and self.select.offered and not self.select.several:
                self.select = replace(self.select, values=self.select.offered[:1])
            self._put(self.select, self.select_form)
            self.select = None

    def _field(self, given: Mapping[str, str], kind: str) -> Field:
        return Field(
            given["name"],
            kind,
            required="required" in given,
            several="multiple" in given,
            searched="data-ajax--url" in given,
        )

    def _input(self, given: Mapping[str, str]) -> None:
        kind, value = given.get("type", "text").lower(), given.get("value", "")
        if kind in BUTTONS:
            self._button(given)
            return
        one = self._field(given, kind)
        if kind in ("radio", "checkbox"):
            value = given.get("value", "on")
            one = replace(one, offered=(value,), values=(value,) if "checked" in given else ())
        else:
            one = replace(one, values=(value,))
        self._put(one, given.get("form", ""))

    def _button(self, given: Mapping[str, str]) -> None:
        index = self._form_of(given.get("form", ""))
        if index is not None:
            form = self.found.forms[index]
            button = (given.get("name", ""), given.get("value", ""))
            self.found.forms[index] = replace(form, buttons=(*form.buttons, button))

    def _form_of(self, by_id: str) -> int | None:
        if by_id:
            return self.by_id.get(by_id)
        if self.open is None:
            return None
        return max(i for i, form in enumerate(self.found.forms) if form.action == self.open.action)

    def _put(self, one: Field, by_id: str) -> None:
        """Add a field to its form; buttons of one group are one field."""
        index = self._form_of(by_id)
        if index is None:
            return
        form = self.found.forms[index]
        same = next((field for field in form.fields if field.name == one.name), None)
        if same and one.kind in ("radio", "checkbox"):
            merged = replace(
                same,
                offered=same.offered + one.offered,
                values=same.values + one.values,
                several=one.kind == "checkbox",
            )
            fields = tuple(merged if field is same else field for field in form.fields)
        else:
            fields = (*form.fields, one)
        self.found.forms[index] = replace(form, fields=fields)

    def _path(self, address: str) -> str:
        """The path on this site; empty for an address elsewhere."""
        there = urlsplit(urljoin(self.page, address))
        if there.scheme or there.netloc:
            return ""
        return there.path + (f"?{there.query}" if there.query else "")

    def _lead(self, to: list[str], address: str) -> None:
        if (path := self._path(address)) and path not in to and not address.startswith("#"):
            to.append(path)


def offered_by(html: str, page: str) -> Offered:
    """Read one page, or a fragment of one, that stands at the path `page`."""
    reader = _Reader(page)
    reader.feed(html)
    reader.close()
    reader.found.forms = [form for form in reader.found.forms if form.action and form.method != "dialog"]
    return reader.found


def as_drawn(form: Form) -> Values:
    """What a browser would send if nothing were changed."""
    sent: Values = {}
    for one in form.fields:
        if one.kind not in ("file", "radio", "checkbox", "select") or one.values:
            sent.setdefault(one.name, []).extend(one.values or [""])
    sent.pop("csrfmiddlewaretoken", None)
    named: Sequence[tuple[str, str]] = [button for button in form.buttons if button[0]]
    if named and len(named) == len(form.buttons):  # no button without a name
        sent[named[0][0]] = [named[0][1]]
    return sent
