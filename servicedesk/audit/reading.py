"""Whole timelines as the audit reads them: once for all checks, some hundred at a time, each batch as of one moment."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import connection

from .line import UNREADABLE, facts_within, frame, read_facts
from .timeline import Entry, Head

COLUMNS = ("subject", "number", "event", "by", "actor", "at", "recorded_at", "line", "previous", "hash")


class ReadEntry(NamedTuple):
    """An entry with its facts; `fits` is whether its line is the one that its columns and these facts make."""

    number: int
    event: str
    by: int | None
    at: datetime
    line: str
    previous: str
    hash: str
    facts: dict[str, Any]
    fits: bool


@dataclass(frozen=True)
class Timelines:
    """Some timelines: number and hash of their heads, and their entries, oldest first, by subject."""

    heads: dict[str, tuple[int, str]]
    entries: dict[str, list[ReadEntry]]

    def of(self, kind: str) -> list[str]:
        """The subjects of one kind, such as "ticket", that have entries."""
        return [subject for subject in self.entries if subject.startswith(f"{kind}:")]


def read_timelines(subjects: Sequence[str]) -> Timelines:
    """These timelines from end to end, also entries that their head does not know."""
    heads = Head.objects.filter(subject__any=subjects).values_list("subject", "number", "hash")
    entries: dict[str, list[ReadEntry]] = defaultdict(list)
    for row in Entry.objects.filter(subject__any=subjects).values_list(*COLUMNS):
        entries[row[0]].append(_entry(*row))
    for told in entries.values():
        told.sort(key=attrgetter("number"))
    return Timelines({subject: (number, hash_) for subject, number, hash_ in heads}, dict(entries))


def _entry(
    subject: str,
    number: int,
    event: str,
    by: int | None,
    actor: str,
    at: datetime,
    recorded_at: datetime,
    line: str,
    previous: str,
    hash_: str,
) -> ReadEntry:
    before, after = frame(
        subject=subject, number=number, event=event, by=by or actor, at=at, recorded_at=recorded_at
    )
    try:
        facts, fits = facts_within(line, before, after), True
    except UNREADABLE:
        facts, fits = _salvaged(line), False
    return ReadEntry(number, event, by, at, line, previous, hash_, facts, fits)


def _salvaged(line: str) -> dict[str, Any]:
    """What can still be read of a line that is not in order."""
    try:
        return {name: fact for name, fact in read_facts(line).items() if isinstance(fact, Hashable)}
    except UNREADABLE:
        return {}


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read inside stands as of one moment, while people go on working."""
    if connection.in_atomic_block:
        yield
        return
    modes = " ISOLATION LEVEL REPEATABLE READ READ ONLY" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:  # atomic() would keep others on SQLite from writing
        cursor.execute("BEGIN" + modes)
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
