"""What a person does with notices: read one, read all, acknowledge."""

from datetime import datetime
from typing import Any

from django.db.models import Value
from django.db.models.functions import Coalesce

from servicedesk.outbox.models import Message


def mark_read(notice: Message, *, at: datetime) -> bool:
    """Mark a notice as read; True if it was unread. The first reading stands."""
    return bool(Message.objects.filter(pk=notice.pk, read_at__isnull=True).update(read_at=at))


def mark_all_read(user: Any, *, up_to: datetime, at: datetime) -> int:
    """Mark that person's notices sent until `up_to` as read, so that none goes unseen that came after."""
    return Message.objects.unread_of(user).filter(sent_at__lte=up_to).order_by().update(read_at=at)


def mark_acknowledged(path: str, *, by: Any, at: datetime) -> int:
    """Note that a person acknowledged what their notices asked for at that path; returns how many notices.

    Whoever owns the acknowledgement calls this in its transaction; the button then disappears.
    """
    asked = Message.objects.notices_of(by).filter(acknowledged_at__isnull=True, params__acknowledge=path)
    return asked.order_by().update(acknowledged_at=at, read_at=Coalesce("read_at", Value(at)))
