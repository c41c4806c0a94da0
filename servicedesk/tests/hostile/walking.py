"""Going through the pages as a person would, from link to link, and noting what each offers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve

from servicedesk.tests.hostile.forms import Form, offered_by

MOST_OF_A_KIND = 2  # pages of one address that the first person who comes there opens; others open one
NUMBERED = re.compile(r".*\d.*")  # a key or a number in an address; other words tell pages apart
HTMX = {"HX-Request": "true"}


def kind_of(path: str) -> str:
    """The name of the address and the words in it, the same for all rows: "tickets:act note"; empty for none."""
    try:
        match = resolve(urlsplit(path).path)
    except Resolver404:
        return ""
    words = [str(value) for value in match.kwargs.values() if not NUMBERED.match(str(value))]
    return " ".join([match.view_name, *words])


@dataclass
class Walk:
    """What was found: the forms of each person by what they send where, and the parameters of each address."""

    forms: dict[tuple[str, tuple[str, ...]], tuple[str, Form]] = field(default_factory=dict)
    parameters: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)  # by kind: who opened which
    files: dict[str, tuple[str, str]] = field(default_factory=dict)  # the same of what is no page
    refused: list[str] = field(default_factory=list)  # links that led nowhere

    def through(self, who: str, client: Client, starts: Iterable[str], *, within: str = "/") -> None:
        """Follow every link from these pages, opening a few of each kind, as this person."""
        starts = list(starts)
        waiting, seen, opened = [(path, False) for path in starts], set(), Counter[str]()
        known = dict.fromkeys(self.pages, 1)
        while waiting:
            path, is_fragment = waiting.pop(0)
            kind = kind_of(path)
            self.note(path)
            enough = opened[kind] >= known.get(kind, MOST_OF_A_KIND) and path not in starts
            if path in seen or not kind or not path.startswith(within) or enough:
                continue
            seen.add(path)
            opened[kind] += 1
            answer = client.get(path, headers=HTMX if is_fragment else {})
            if answer.status_code >= 400:
                self.refused.append(f"{who} {path}: {answer.status_code}")
            elif answer.status_code in (301, 302):
                waiting.insert(0, (answer.headers["Location"], False))
            elif answer.headers.get("Content-Type", "").startswith("text/html"):
                self.pages.setdefault(kind, (who, path))
                waiting += self.read(who, answer, path)
            elif answer.status_code == 200:
                self.files.setdefault(kind, (who, path))

    def read(self, who: str, answer: HttpResponse, path: str) -> list[tuple[str, bool]]:
        """Note what a page offers; returns where it leads, and whether as a fragment."""
        found = offered_by(answer.content.decode(), path)
        for form in found.forms:
            if form.method == "get":
                self.parameters[kind_of(form.action)].update(form.names)
                found.links.append(form.action)
            else:
                self.forms.setdefault((kind_of(form.action), form.names), (who, form))
                self.note(form.action)
        return [*((link, False) for link in found.links), *((link, True) for link in found.fetched)]

    def note(self, path: str) -> None:
        """Remember the parameters of an address."""
        there = urlsplit(path)
        self.parameters[kind_of(path)].update(name for name, _value in parse_qsl(there.query, True))
