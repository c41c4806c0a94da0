"""When a changed calendar closes the day a promise falls on: the word stands, and its owner is told (DESIGN 5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.utils import timezone

from servicedesk.calendars.models import Calendar
from servicedesk.clock.models import Deadline
from servicedesk.clock.notices import LISTED
from servicedesk.outbox.posting import Draft, post_many


def tell_owners_of_closed_days(ids: Iterable[int], *, at: datetime) -> int:
    """Tell every owner of live deadlines that now fall on a closed day, once a calendar version, in one notice for all.

    Nothing moves; the customer can be heard from earlier. Returns how many notices are new.
    """
    return post_many(
        [draft for calendar in Calendar.objects.filter(pk__in=ids) for draft in _drafts(calendar, at)]
    )


def _drafts(calendar: Calendar, at: datetime) -> Iterator[Draft]:
    count: Counter[int] = Counter()
    listed: dict[int, list[dict]] = defaultdict(list)
    for deadline in _on_closed_days(calendar, at):
        count[deadline.owner_id] += 1
        if count[deadline.owner_id] <= LISTED:
            listed[deadline.owner_id].append(
                {"label": deadline.label, "path": deadline.path, "due_at": deadline.due_at.isoformat()}
            )
    for owner, items in listed.items():
        yield Draft(
            event="day_closed",
            key=f"day_closed:{owner}:{calendar.pk}:{calendar.version}",
            channel="in_app",
            recipient=owner,
            params=items[0] if count[owner] == 1 else {"count": count[owner], "items": items},
            at=at,
        )


def _on_closed_days(calendar: Calendar, at: datetime) -> Iterator[Deadline]:
    """The live deadlines whose day the calendar closes, and did not close when they were made; soonest first."""
    work = calendar.work_calendar()
    coming = Deadline.objects.live().filter(calendar=calendar, due_at__gt=at).order_by("due_at", "pk")
    for deadline in coming.iterator(chunk_size=500):
        day = deadline.due_at.astimezone(work.timezone).date()
        was = (deadline.derivation or {}).get("skipped", [])
        if not work.is_working_day(day) and day.isoformat() not in was:
            yield deadline


def hear_of_changed_calendars(ids: Iterable[int], **news) -> None:
    """Receiver of `calendars_changed`."""
    tell_owners_of_closed_days(ids, at=timezone.now())
