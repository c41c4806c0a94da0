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
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from django.db import models

GENESIS = "0" * 64  # stands before the first entry of every subject

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)  # what reading a damaged line raises

_PLAIN = frozenset({type(None), bool, int, str})
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
    before, after = frame(
        subject=_clean(subject), number=number, event=_clean(event), by=by, at=at, recorded_at=recorded_at
    )
    return before + _JSON.encode({_clean(name): _fact(value) for name, value in facts.items()}) + after


def frame(
    *, subject: str, number: int, event: str, by: int | str, at: datetime, recorded_at: datetime
) -> tuple[str, str]:
    """What stands before and after the facts in the line of an entry."""
    person = by if isinstance(by, int) else encode_basestring(by)
    return (
        f'{{"at":"{written(at)}","by":{person},"event":{encode_basestring(event)},"facts":',
        f',"number":{number},"recorded_at":"{written(recorded_at)}","subject":{encode_basestring(subject)}}}',
    )


def facts_within(line: str, before: str, after: str) -> dict[str, Any]:
    """The facts of a line that has this frame, read like `read_facts`.

    Raises one of UNREADABLE if it has another frame, or anything but facts in it.
    """
    if not (line.startswith(before) and line.endswith(after)):
        raise ValueError("not a line with this frame")
    facts = json.loads(line[len(before) : -len(after)])
    return {name: value if type(value) in _PLAIN else _read_strictly(value) for name, value in facts.items()}


def read_facts(line: str) -> dict[str, Any]:
    """The facts of a line as they were given; of Words and rows what identifies them: `Kept`, the key."""
    return {name: _read(value) for name, value in json.loads(line)["facts"].items()}


def written(moment: datetime) -> str:
    """A moment in UTC to the microsecond, `2026-03-02T01:30:00.000000Z`; one without a zone is refused."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    if moment.tzinfo is UTC:  # as the database tells them
        return f"{moment.isoformat(timespec='microseconds')[:-6]}Z"
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


def _read_strictly(value: Any) -> Any:
    read = _read(value)
    if read is value:
        raise ValueError("not a fact")
    return read


def _clean(text: str) -> str:
    """Refuse what PostgreSQL cannot store: NUL, and halves of surrogate pairs (UnicodeEncodeError)."""
    if "\0" in text:
        raise ValueError("a NUL character cannot be kept")
    text.encode()
    return text
