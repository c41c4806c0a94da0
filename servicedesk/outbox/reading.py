"""What a person does with notices: read one, read all, acknowledge."""

import json
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from servicedesk.outbox.models import Message


def mark_read(notice: Message, *, at: datetime) -> bool:
    """Mark a notice as read; True if it was unread. The first reading stands."""
    return bool(Message.objects.filter(pk=notice.pk, read_at__isnull=True).update(read_at=at))


def mark_all_read(user: Any, *, up_to: datetime, at: datetime) -> int:
    """Mark that person's notices sent until `up_to` as read, so that none goes unseen that came after."""
    return Message.objects.unread_of(user).filter(sent_at__lte=up_to).order_by().update(read_at=at)


@transaction.atomic
def mark_acknowledged(path: str, *, by: Any, at: datetime) -> int:
    """Note that a person acknowledged what their notices ask for at that path; returns how many notices.

    Whoever owns the acknowledgement calls this in its transaction; the button then disappears, and a notice
    that asks for nothing more counts as acknowledged and read.
    """
    asking = Message.objects.notices_of(by).filter(acknowledged_at__isnull=True).order_by("pk")
    asking = asking.annotate(text=Cast("params", TextField())).filter(text__contains=json.dumps(path))
    noted = 0
    for notice in asking.select_for_update():
        parts = [notice.params, *(notice.params.get("items") or [])]
        mine = [part for part in parts if part.get("acknowledge") == path]
        for part in mine:
            part["acknowledged"] = part.pop("acknowledge")
        noted += bool(mine)
        if mine and not any(part.get("acknowledge") for part in parts):
            notice.acknowledged_at, notice.read_at = at, notice.read_at or at
        notice.save(update_fields=["params", "acknowledged_at", "read_at"])
    return noted
