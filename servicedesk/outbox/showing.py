"""Notices as screens show them, the version of a bell, and places in the list of notices."""

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, cast

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from servicedesk.outbox.models import Message
from servicedesk.outbox.rendering import render
from servicedesk.ways import local_path

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PLACE = re.compile(r"(\d{1,16})-(\d{1,18})")  # microseconds since 1970, then an id or a checksum


@dataclass(frozen=True)
class Ask:
    """An acknowledgement still wanted: where it is posted to, and for which matter if there are several."""

    path: str
    label: str


@dataclass(frozen=True)
class Notice:
    """One notice in words. `path` is a local path or empty; `body` is safe and links the matters it lists."""

    pk: int
    subject: str
    body: SafeString
    sent_at: datetime
    is_unread: bool
    urgent: bool
    path: str
    asks: list[Ask]
    place: str


def notices_in_words(messages: Iterable[Message], user: Any) -> list[Notice]:
    """The messages of one person, rendered."""
    return [in_words(message, user) for message in messages]


def in_words(message: Message, user: Any) -> Notice:
    """One notice of that person, who is taken as read so that no query is needed."""
    message.recipient = user
    words = render(message)
    sent_at = cast(datetime, message.sent_at)  # only sent messages are shown
    return Notice(
        pk=message.pk,
        subject=words.subject,
        body=linked(words.body, items_of(message)),
        sent_at=sent_at,
        is_unread=message.read_at is None,
        urgent=message.urgent,
        path=path_of(message),
        asks=asks_of(message),
        place=place_of(sent_at, message.pk),
    )


def items_of(message: Message) -> list[dict[str, Any]]:
    """The matters that a notice lists, if it lists any."""
    return message.params.get("items") or []


def path_of(message: Message) -> str:
    """Where a notice leads: to its own page, else to that of the only matter it lists, else nowhere."""
    items = items_of(message)
    own = message.params.get("path") or (items[0].get("path") if len(items) == 1 else "")
    return local_path(own)


def asks_of(message: Message) -> list[Ask]:
    """The acknowledgements that a notice still wants, for itself or for matters it lists."""
    items = items_of(message)
    several = len(items) > 1
    asking = [(message.params, "")] + [
        (item, str(item.get("label", "")) if several else "") for item in items
    ]
    asks = [Ask(local_path(each.get("acknowledge")), label) for each, label in asking]
    return [ask for ask in asks if ask.path]


def linked(body: str, items: Sequence[dict[str, Any]]) -> SafeString:
    """The text made safe for a page, with the labels of the listed matters leading to them."""
    paths = {str(item.get("label", "")): local_path(item.get("path")) for item in items}
    labels = sorted((label for label, path in paths.items() if label and path), key=len, reverse=True)
    if not labels:
        return escape(body)
    parts = re.split(f"({'|'.join(map(re.escape, labels))})", body)  # text and labels in turn
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<a href="{}">{}</a>', paths[part], part) if odd else part,)
            for odd, part in zip(cycle((False, True)), parts, strict=False)
        ),
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
