"""Whom the notices of a matter pass over as long as anybody else can be told, in the words of the app that knows it.

The app registers a function in its `ready()`. It is called once a batch of the sweep with all subjects of its kind, and
answers, in a constant number of queries, for those that have anybody to spare.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from servicedesk.clock.describing import by_prefix

Spare = Callable[[Collection[str]], dict[str, set[int]]]
_sparing: dict[str, Spare] = {}


def spare_by(prefix: str, spare: Spare) -> None:
    """Let a function say whom to pass over on the subjects that begin with `prefix`, such as "ticket"."""
    _sparing[prefix] = spare


def spared(subjects: Iterable[str]) -> dict[str, set[int]]:
    """The people to pass over, by subject; subjects without any are left out."""
    found: dict[str, set[int]] = {}
    for prefix, theirs in by_prefix(subjects).items():
        if spare := _sparing.get(prefix):
            found |= spare(theirs)
    return found
