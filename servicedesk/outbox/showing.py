"""Notices as screens show them, the version of a bell, and places in the list of notices."""

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from servicedesk.outbox.models import Message
from servicedesk.outbox.rendering import local_path, render, revived

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PLACE = re.compile(r"(\d{1,16})-(\d{1,18})")  # microseconds since 1970, then an id or a checksum


@dataclass(frozen=True)
class Notice:
    """One notice in words. `path` and `acknowledge` are local paths or empty.

    `items` are the matters of a notice that lists several: label, path, due_at (a moment or None).
    """

    pk: int
    subject: str
    body: str
    sent_at: datetime
    is_unread: bool
    urgent: bool
    path: str
    acknowledge: str
    place: str
    items: list[dict[str, Any]] = field(default_factory=list)


def notices_in_words(messages: Iterable[Message], user: Any) -> list[Notice]:
    """The messages of one person, rendered."""
    return [in_words(message, user) for message in messages]


def in_words(message: Message, user: Any) -> Notice:
    """One notice of that person, who is taken as read so that no query is needed."""
    message.recipient = user
    words = render(message)
    params = message.params
    sent_at = cast(datetime, message.sent_at)  # only sent messages are shown
    return Notice(
        pk=message.pk,
        subject=words.subject,
        body=words.body,
        sent_at=sent_at,
        is_unread=message.read_at is None,
        urgent=message.urgent,
        path=local_path(params.get("path")),
        acknowledge="" if message.acknowledged_at else local_path(params.get("acknowledge")),
        place=place_of(sent_at, message.pk),
        items=[
            {
                "label": str(item.get("label", "")),
                "path": local_path(item.get("path")),
                "due_at": revived(item.get("due_at")),
            }
            for item in params.get("items") or []
        ],
    )


def place_of(moment: datetime, number: int) -> str:
    """A place in the order of notices, or a version: a moment and a number as text for an address."""
    return f"{(moment - EPOCH) // MICROSECOND}-{number}"


def read_place(text: str) -> tuple[datetime, int] | None:
    """What `place_of` wrote; None for any other text."""
    match = PLACE.fullmatch(text)
    return (EPOCH + int(match[1]) * MICROSECOND, int(match[2])) if match else None


def version_of(unread: Sequence[tuple[int, Any]]) -> str:
    """The version of a bell that shows these (id, sent at), newest first: changes whenever they do."""
    newest = unread[0][1] if unread else EPOCH
    return place_of(newest, zlib.crc32(repr([pk for pk, _ in unread]).encode()))
