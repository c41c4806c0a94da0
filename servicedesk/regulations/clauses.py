"""The 210 clauses of the seven regulations: fixed texts in three languages, read once from `texts/`.

An administrator sets the settings, never the clauses: these change only with the regulations themselves, by a
commit. Which settings stand behind a clause is said by the catalogue alone; what the desk does for it, by
`fulfilment.py`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.definitions import Definition

TEXTS = Path(__file__).parent / "texts"
CLAUSE_ID = re.compile(r"\bR[1-7](?:\.[0-9A-Z]+)+[a-z]?\b")
SETTING_CODE = re.compile(r"s\d+[a-z]?")

# What may be said of a clause, with what it means (REGULATIONS 0.2).
KINDS = {
    "rule": (pgettext_lazy("a clause", "rule"), _("The desk can check it, fully or in part.")),
    "norm": (
        pgettext_lazy("a clause", "norm"),
        _("How people behave: the desk prompts, trains, samples and records; it enforces nothing."),
    ),
    "practice": (
        pgettext_lazy("a clause", "practice"),
        _("A physical act that only people see: a line of a checklist."),
    ),
    "gap": (pgettext_lazy("a clause", "gap"), _("Blank in the text, or outside this desk.")),
}
DUTIES = {
    "record": (
        pgettext_lazy("a duty", "record"),
        _("Stores the fact with author and time, corrections beside the original."),
    ),
    "enforce": (pgettext_lazy("a duty", "enforce"), _("Refuses the step, or makes the state impossible.")),
    "remind": (pgettext_lazy("a duty", "remind"), _("Warns before and at the time, escalates after.")),
    "measure": (pgettext_lazy("a duty", "measure"), _("Counts it, with numerator and denominator.")),
    "report": (
        pgettext_lazy("a duty", "report"),
        _("Puts it before a named reader and records the reading."),
    ),
    "checklist": (pgettext_lazy("a duty", "checklist"), _("Offers lines that a person answers.")),
    "guide": (
        pgettext_lazy("a duty", "guide"),
        _("Card, template or guidance text; a training topic with its record."),
    ),
}


@dataclass(frozen=True)
class Text:
    """The same words in three languages; as a string, in the reader's."""

    en: str
    zh_hans: str
    zh_hant: str

    @classmethod
    def read(cls, words: dict[str, str]) -> Text:
        return cls(words["en"], words["zh-hans"], words["zh-hant"])

    def __str__(self) -> str:
        return {"zh-hans": self.zh_hans, "zh-hant": self.zh_hant}.get(get_language() or "", self.en)

    def __iter__(self) -> Iterator[str]:
        yield from (self.en, self.zh_hans, self.zh_hant)


@dataclass(frozen=True)
class Regulation:
    """One of the seven, with what it is about."""

    number: int
    title: Text
    about: Text


@dataclass(frozen=True)
class Section:
    """Part of a regulation; regulations 4 and 6 have a single one, without a title of its own."""

    id: str
    regulation: Regulation
    title: Text | None


@dataclass(frozen=True)
class Question:
    """A line of the scorecard for sampled contacts (REGULATIONS, Appendix C)."""

    code: str
    words: Text
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class Clause:
    """One clause: what it asks for, how its text is read where a choice was made, its card and checklist lines."""

    id: str
    section: Section
    kind: str
    duties: tuple[str, ...]
    title: Text
    says: Text
    reading: Text | None
    card: Text | None
    checks: tuple[Text, ...]

    @property
    def regulation(self) -> Regulation:
        return self.section.regulation

    @property
    def settings(self) -> list[Definition]:
        """The settings that stand for its words, in the order of the catalogue."""
        return [definition for definition in DEFINITIONS.values() if self.id in definition.clauses]

    @property
    def questions(self) -> list[Question]:
        return [question for question in SCORECARD if self.id in question.clauses]

    @property
    def kind_words(self) -> Any:
        return KINDS[self.kind][0]

    @property
    def kind_means(self) -> Any:
        return KINDS[self.kind][1]

    def get_absolute_url(self) -> str:
        return reverse("regulations:clause", args=[self.id])

    @cached_property
    def _haystack(self) -> str:
        texts = [self.title, self.says, self.reading, self.card, *self.checks]
        return plain(" ".join([self.id, *(words for text in texts if text for words in text)]))

    def holds(self, words: list[str]) -> bool:
        """Whether every word, already plain, stands in it in any language; "s2" means the setting S2 alone."""
        codes = {definition.code.lower() for definition in self.settings}
        return all(
            word in codes if SETTING_CODE.fullmatch(word) else word in self._haystack for word in words
        )


def plain(text: str) -> str:
    """Text as it is compared: full-width and capital letters made ordinary."""
    return unicodedata.normalize("NFKC", text).casefold()


def find(text: str = "", kind: str = "", duty: str = "") -> list[Clause]:
    """The clauses that hold these words, are of this kind and carry this duty; an empty demand demands nothing.

    The id of a clause finds that clause alone.
    """
    words = plain(text).split()
    exact = [clause for clause in CLAUSES.values() if words == [plain(clause.id)]]
    return [
        clause
        for clause in exact or CLAUSES.values()
        if (not kind or clause.kind == kind)
        and (not duty or duty in clause.duties)
        and (exact or clause.holds(words))
    ]


def neighbours(clause: Clause) -> tuple[Clause | None, Clause | None]:
    """The clause before and the one after, across sections and regulations."""
    clauses = list(CLAUSES.values())
    place = clauses.index(clause)
    return (clauses[place - 1] if place else None, clauses[place + 1] if place + 1 < len(clauses) else None)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((TEXTS / f"{name}.toml").read_text(encoding="utf-8"))


def _text(entry: dict[str, Any], key: str) -> Text | None:
    return Text.read(entry[key]) if key in entry else None


def _clauses_of(number: int) -> Iterator[Clause]:
    source = _read(str(number))
    regulation = Regulation(source["number"], Text.read(source["title"]), Text.read(source["about"]))
    for part in source["section"]:
        section = Section(part["id"], regulation, _text(part, "title"))
        for entry in part["clause"]:
            yield Clause(
                id=entry["id"],
                section=section,
                kind=entry["kind"],
                duties=tuple(entry["duties"]),
                title=Text.read(entry["title"]),
                says=Text.read(entry["says"]),
                reading=_text(entry, "reading"),
                card=_text(entry, "card"),
                checks=tuple(Text.read(line) for line in entry.get("checks", [])),
            )


CLAUSES = {clause.id: clause for number in range(1, 8) for clause in _clauses_of(number)}
SCORECARD = [
    Question(entry["code"], Text.read(entry["words"]), tuple(entry["clauses"]))
    for entry in _read("scorecard")["question"]
]
