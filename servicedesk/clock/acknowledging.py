"""Saying "I have seen it": stops the repeats to that person, never the ladder of a promise (CASES u)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import lock_heads, record
from servicedesk.clock.models import Ring
from servicedesk.clock.owing import ring_on
from servicedesk.outbox.reading import mark_acknowledged

if TYPE_CHECKING:
    from servicedesk.staff.models import User


@transaction.atomic
def acknowledge(ring: Ring, *, by: User, at: datetime) -> Ring:
    """Acknowledge a ring that reached `by`. A second time changes nothing.

    Raises ValidationError if the ring reached somebody else.
    """
    if ring.person_id != by.pk:
        raise ValidationError(_("This notice went to somebody else."))
    lock_heads([ring.deadline.subject])
    fresh = Ring.objects.filter(pk=ring.pk, acknowledged_at=None).update(
        acknowledged_at=at, acknowledged_by=by
    )
    if fresh:
        Ring.objects.filter(deadline=ring.deadline_id, rung=ring.rung_id, person=by).update(repeat_at=None)
        mark_acknowledged(reverse("clock:acknowledge", args=[ring.pk]), by=by, at=at)
        record(
            ring.deadline.subject, "acknowledged", by=by, at=at, deadline=ring.deadline_id, rung=ring.rung_id
        )
        ring_on(ring.deadline_id)
    ring.refresh_from_db()
    return ring
