"""Writing messages into the transaction of their cause."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from servicedesk.bulk import insert_rows
from servicedesk.outbox.models import EMAIL, IN_APP, Message, State
from servicedesk.outbox.tasks import send_due_messages

CHANNELS = (IN_APP, EMAIL)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message about to be posted.

    `event` names the text (templates/messages/<event>.txt); `key` is one per effect, so that the same
    draft posted twice makes one message; exactly one of `recipient` (a User, or the key of one) and `address` is given;
    `params` hold numbers, codes, times, paths and labels, never personal text; `language` and
    `timezone` serve addresses without a user.
    """

    event: str
    key: str
    channel: str
    at: datetime
    recipient: Any = None
    address: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    send_after: datetime | None = None
    language: str = ""
    timezone: str = ""
    urgent: bool = False


def post(
    event: str,
    *,
    key: str,
    channel: str,
    params: dict[str, Any],
    at: datetime,
    recipient: Any = None,
    address: str = "",
    send_after: datetime | None = None,
    language: str = "",
    timezone: str = "",
    urgent: bool = False,
) -> Message:
    """Post one message in the caller's transaction and return it; a key already used returns the first one.

    The fields are those of `Draft`. Raises ValueError for an unknown channel, or if not exactly one
    receiver is named.
    """
    draft = Draft(
        event=event,
        key=key,
        channel=channel,
        at=at,
        recipient=recipient,
        address=address,
        params=params,
        send_after=send_after,
        language=language,
        timezone=timezone,
        urgent=urgent,
    )
    post_many([draft])
    return Message.objects.get(key=key)


def post_many(drafts: Sequence[Draft]) -> int:
    """Post any number of messages with few statements; returns how many were new.

    A key that exists already, or comes twice, makes no second message and no error. Notices are sent by
    being written, unless `send_after` lies ahead. Raises ValueError like `post`.
    """
    messages = list({draft.key: message_from(draft) for draft in reversed(drafts)}.values())[::-1]
    posted = len(insert_rows(Message, messages, once="key"))
    if any(draft.channel != IN_APP and (draft.send_after or draft.at) <= draft.at for draft in drafts):
        hint_after_commit()
    return posted


def message_from(draft: Draft) -> Message:
    """The unsaved row of a draft: a notice that need not wait is sent already."""
    if draft.channel not in CHANNELS:
        raise ValueError(f"No such channel: {draft.channel}")
    if (draft.recipient is None) == (draft.address == ""):
        raise ValueError(f"A message goes to a person or to an address, not to both or neither: {draft.key}")
    if draft.channel == IN_APP and draft.recipient is None:
        raise ValueError(f"A notice needs a person: {draft.key}")
    send_after = max(draft.send_after or draft.at, draft.at)
    sent = draft.channel == IN_APP and send_after == draft.at
    return Message(
        key=draft.key,
        event=draft.event,
        channel=draft.channel,
        recipient_id=getattr(draft.recipient, "pk", draft.recipient),
        address=draft.address,
        language=draft.language,
        timezone=draft.timezone,
        params=draft.params,
        urgent=draft.urgent,
        created_at=draft.at,
        send_after=send_after,
        state=State.SENT if sent else State.QUEUED,
        sent_at=draft.at if sent else None,
        next_try_at=None if sent else send_after,
    )


def hint_after_commit() -> None:
    """Wake a sender once the transaction stands, once however many messages it wrote.

    The hint may be lost: the periodic task finds every due row anyway.
    """
    if not any(hook is hint for _, hook, *_ in connection.run_on_commit):
        transaction.on_commit(hint, robust=True)


def hint() -> None:
    send_due_messages.apply_async(retry=False, expires=60)
