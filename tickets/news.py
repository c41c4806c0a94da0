"""Which tickets a person has unread notices about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import Resolver404, resolve

from servicedesk.outbox.models import Message

if TYPE_CHECKING:
    from servicedesk.staff.models import User

NOTICES = 200  # the newest unread ones are looked at


def numbers_with_news(user: User) -> set[str]:
    """The numbers of the tickets that the unread notices of a person lead to."""
    unread = Message.objects.unread_of(user).values_list("params", flat=True)[:NOTICES]
    paths = {part.get("path") for params in unread for part in (params, *(params.get("items") or []))}
    return {number for path in paths if (number := _number(path))}


def _number(path: str | None) -> str | None:
    """The number of the ticket whose page this is."""
    try:
        match = resolve(path or "")
    except Resolver404:
        return None
    return match.kwargs["number"] if match.view_name == "tickets:ticket" else None
