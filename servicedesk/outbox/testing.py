"""Builders for tests."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from servicedesk.outbox.models import IN_APP, Message
from servicedesk.outbox.posting import post

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
_numbers = count(1)


def make_notice(recipient: Any, *, event: str = "test", at: datetime = NOON, **fields: Any) -> Message:
    """A notice that person sees at once, unless `send_after` lies ahead."""
    fields.setdefault("key", f"notice {next(_numbers)}")
    fields.setdefault("params", {"label": "2026-000123 noise", "path": "/tickets/2026-000123/"})
    return post(event, channel=IN_APP, recipient=recipient, at=at, **fields)


def make_mail(to: Any, *, event: str = "test", at: datetime = NOON, **fields: Any) -> Message:
    """A mail to a User, or to an address given as text."""
    receiver = {"address": to} if isinstance(to, str) else {"recipient": to}
    fields.setdefault("key", f"mail {next(_numbers)}")
    fields.setdefault("params", {"label": "2026-000123 noise", "path": "/tickets/2026-000123/"})
    return post(event, channel="email", at=at, **receiver, **fields)
