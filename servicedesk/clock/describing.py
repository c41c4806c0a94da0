"""What a matter is about, in the words of the app that knows it; the clock itself holds no personal text.

The app registers a function in its `ready()`. It is called once a page with all subjects of its kind on it, and
answers for those that the reader may see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from servicedesk.staff.models import User


class Description(NamedTuple):
    """Whose matter it is, and the line that says what it is about."""

    title: str
    subtitle: str


def by_prefix(subjects: Iterable[str]) -> dict[str, set[str]]:
    """Subjects by what they begin with: "ticket", "file" …"""
    found: dict[str, set[str]] = defaultdict(set)
    for subject in subjects:
        found[subject.partition(":")[0]].add(subject)
    return found


Describe = Callable[[Collection[str], "User"], dict[str, Description]]
_describing: dict[str, Describe] = {}


def describe_by(prefix: str, describe: Describe) -> None:
    """Let a function describe the subjects that begin with `prefix`, such as "ticket", in a constant number of queries."""
    _describing[prefix] = describe


def may_open(subject: str, about: Description | None) -> bool:
    """Whether a person finds the page of a matter, by what `descriptions` told them about it.

    Who leads a unit sees what its people owe, also on matters of others that they may not see themselves.
    """
    return about is not None or subject.partition(":")[0] not in _describing


def descriptions(subjects: Iterable[str], user: User) -> dict[str, Description]:
    """The descriptions of those subjects that somebody describes and this person may see."""
    found: dict[str, Description] = {}
    for prefix, theirs in by_prefix(subjects).items():
        if describe := _describing.get(prefix):
            found |= describe(theirs, user)
    return found
