"""What the desk does for a clause, told here by the apps that do it: the clause's own page lists it.

A clause's duty for which nobody has told anything is shown as not done by the desk; so only what stands is told,
and a test asks that a test proves it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from servicedesk.regulations.clauses import CLAUSES, DUTIES, Clause


@dataclass(frozen=True)
class Means:
    """One thing the desk does, in words, and the page where it is done, if it has one of its own."""

    words: Any
    url_name: str = ""

    def url(self) -> str:
        """The address of the page, or nothing while no such page is served."""
        try:
            return reverse(self.url_name) if self.url_name else ""
        except NoReverseMatch:
            return ""


@dataclass(frozen=True)
class Duty:
    """A duty of a clause, in words, and what the desk does for it."""

    code: str
    means: list[Means]

    @property
    def words(self) -> Any:
        return DUTIES[self.code][0]

    @property
    def meaning(self) -> Any:
        return DUTIES[self.code][1]


_told: dict[tuple[str, str], list[Means]] = {}


def fulfil(duty: str, clauses: str, words: Any, url_name: str = "") -> None:
    """Called in the `ready()` of the app that does it. `clauses`: ids with spaces between, each with that duty."""
    for clause in clauses.split():
        if duty not in CLAUSES[clause].duties:
            raise ValueError(f"{clause} has no duty {duty!r}.")
        _told.setdefault((clause, duty), []).append(Means(words, url_name))


def duties_of(clause: Clause) -> list[Duty]:
    """The clause's duties, in its own order."""
    return [Duty(code, _told.get((clause.id, code), [])) for code in clause.duties]


def fulfilled() -> Iterable[tuple[str, str]]:
    """Every clause and duty for which the desk does something."""
    return _told.keys()
