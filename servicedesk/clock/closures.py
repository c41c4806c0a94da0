"""When a changed calendar closes the day a promise falls on: the word stands, and its owner is told (DESIGN 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.utils import timezone

from servicedesk.calendars.models import Calendar
from servicedesk.clock.models import Deadline
from servicedesk.outbox.posting import Draft, post_many


def tell_owners_of_closed_days(ids: Iterable[int], *, at: datetime) -> int:
    """Tell the owner of every live deadline that now falls on a closed day, once a deadline and calendar version.

    Nothing moves; the customer can be heard from earlier. Returns how many notices are new.
    """
    return post_many(
        [draft for calendar in Calendar.objects.filter(pk__in=ids) for draft in _drafts(calendar, at)]
    )


def _drafts(calendar: Calendar, at: datetime) -> Iterator[Draft]:
    work = calendar.work_calendar()
    coming = Deadline.objects.live().filter(calendar=calendar, due_at__gt=at).select_related("owner")
    for deadline in coming.iterator(chunk_size=500):
        day = deadline.due_at.astimezone(work.timezone).date()
        was = (deadline.derivation or {}).get("skipped", [])
        if work.is_working_day(day) or day.isoformat() in was:
            continue
        yield Draft(
            event="day_closed",
            key=f"day_closed:{deadline.pk}:{calendar.version}",
            channel="in_app",
            recipient=deadline.owner,
            params={"label": deadline.label, "path": deadline.path, "due_at": deadline.due_at.isoformat()},
            at=at,
        )


def hear_of_changed_calendars(ids: Iterable[int], **news) -> None:
    """Receiver of `calendars_changed`."""
    tell_owners_of_closed_days(ids, at=timezone.now())
