"""The canonical line of a timeline entry: the one text that its hash covers. Pure functions.

A line is JSON with sorted keys, no spaces and no escapes but those JSON demands:

    {"at":"2026-03-02T01:30:00.000000Z","by":12,"event":"promised","facts":{…},"number":3,
     "recorded_at":"2026-03-02T01:30:00.123456Z","subject":"ticket:2026-000123"}

`by` is the number of a person or the name of a system actor. Moments are UTC with microseconds. `at` is the
time the act was given; `recorded_at` the database server's when it was written, which nobody can state.
A fact that JSON cannot hold by itself is an object of one kind: {"moment": …}, {"date": …} or
{"words": id, "digest": …}.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.db import models

GENESIS = "0" * 64  # stands before the first entry of every subject

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)  # what reading a damaged line raises

_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


class Kept(NamedTuple):
    """Personal text mentioned by an entry: the id of its Words and their salted digest."""

    words: int
    digest: str


def chained(previous: str, line: str) -> str:
    """The hash of an entry: sha256 in hex over the hash before it followed by its line, as UTF-8.

    In PostgreSQL: encode(sha256(convert_to(previous || line, 'UTF8')), 'hex').
    """
    return hashlib.sha256((previous + line).encode()).hexdigest()


def write_line(
    *,
    subject: str,
    number: int,
    event: str,
    by: int | str,
    at: datetime,
    recorded_at: datetime,
    facts: Mapping[str, Any],
) -> str:
    """The canonical line. Raises TypeError for a fact of a kind we do not keep, ValueError for a bad one."""
    return _JSON.encode(
        {
            "subject": _clean(subject),
            "number": number,
            "event": _clean(event),
            "by": by,
            "at": written(at),
            "recorded_at": written(recorded_at),
            "facts": {_clean(name): _fact(value) for name, value in facts.items()},
        }
    )


def read_facts(line: str) -> dict[str, Any]:
    """The facts of a line as they were given; of Words and rows what identifies them: `Kept`, the key."""
    return {name: _read(value) for name, value in json.loads(line)["facts"].items()}


def written(moment: datetime) -> str:
    """A moment in UTC to the microsecond, `2026-03-02T01:30:00.000000Z`; one without a zone is refused."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _fact(value: Any) -> Any:
    match value:
        case None | bool() | int():
            return value
        case str():
            return _clean(value)
        case datetime():
            return {"moment": written(value)}
        case date():
            return {"date": value.isoformat()}
        case Kept():
            return {"words": value.words, "digest": value.digest}
        case models.Model():
            return _key(value)
    raise TypeError(f"a timeline does not keep a {type(value).__name__}")


def _key(row: models.Model) -> Any:
    if row.pk is None:
        raise ValueError(f"an unsaved {type(row).__name__} cannot be a fact")
    if isinstance(row.pk, int):
        return row.pk
    return _clean(str(row.pk))


def _read(value: Any) -> Any:
    match value:
        case {"moment": text}:
            return datetime.fromisoformat(text)
        case {"date": text}:
            return date.fromisoformat(text)
        case {"words": number, "digest": digest}:
            return Kept(number, digest)
    return value


def _clean(text: str) -> str:
    """Refuse what PostgreSQL cannot store: NUL, and halves of surrogate pairs (UnicodeEncodeError)."""
    if "\0" in text:
        raise ValueError("a NUL character cannot be kept")
    text.encode()
    return text
