"""What a ring tells its person: one message a person and sweep that lists all (DESIGN 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from servicedesk.outbox.models import Message
from servicedesk.outbox.posting import Draft, post_many
from servicedesk.staff.models import User

if TYPE_CHECKING:
    from servicedesk.clock.models import Ring
    from servicedesk.staff.directory import Directory

LISTED = 40  # matters named in one message; the rest is a count, My desk has them all


def notify(rings: Sequence[Ring], *, sweep: str, at: datetime, directory: Directory) -> None:
    """Post one notice and one e-mail to everybody reached by these rings, in the caller's transaction.

    In-app notices never wait; e-mail waits for the person's working time, unless a ring never waits or the wait
    would outlast the due time of a reminder.
    """
    of_person: dict[int, list[Ring]] = defaultdict(list)
    for ring in rings:
        of_person[ring.person_id].append(ring)
    posted = _posted(sweep, of_person)
    drafts = []
    for person_id, theirs in of_person.items():
        params = {"count": len(theirs), "items": [item(ring) for ring in theirs[:LISTED]]}
        for channel in ("in_app", "email"):
            key = f"sweep:{sweep}:{person_id}:{channel}"
            if message := posted.get(key):
                _extend(message, params)
                continue
            send_after = None if channel == "in_app" else _send_after(theirs, person_id, at, directory)
            drafts.append(
                Draft(
                    event="owed", key=key, channel=channel, recipient=User(pk=person_id), params=params, at=at,
                    send_after=send_after, urgent=_never_waits(theirs),
                )
            )  # fmt: skip
    if drafts:
        post_many(drafts)


def item(ring: Ring) -> dict:
    """One matter in a message: numbers, codes and times only; worded in the reader's language when shown."""
    deadline = ring.deadline
    return {
        "kind": deadline.kind,
        "label": deadline.label,
        "path": deadline.path,
        "due_at": deadline.due_at.isoformat(),
        "overdue": not ring.rung.is_reminder,
        "position": ring.position,
        "reason": ring.reason,
        "ring": ring.pk if ring.rung.acknowledge else None,
    }


def _send_after(rings: Sequence[Ring], person_id: int, at: datetime, directory: Directory) -> datetime | None:
    if _never_waits(rings):
        return None
    moment = directory.reachable(person_id, at)
    reminders = [ring.deadline.due_at for ring in rings if ring.rung.is_reminder]
    return None if moment <= at or any(moment >= due for due in reminders) else moment


def _never_waits(rings: Sequence[Ring]) -> bool:
    """The four marks, same-day duties and internal tracking ring at night too (CASES t)."""
    return any(ring.deadline.round_the_clock or ring.rung.ladder.never_waits for ring in rings)


def _posted(sweep: str, people) -> dict[str, Message]:
    """Messages that an earlier batch of the same sweep wrote to these people."""
    keys = [f"sweep:{sweep}:{person}:{channel}" for person in people for channel in ("in_app", "email")]
    return {message.key: message for message in Message.objects.filter(key__in=keys)}


def _extend(message: Message, params: dict) -> None:
    items = (message.params["items"] + params["items"])[:LISTED]
    message.params = {"count": message.params["count"] + params["count"], "items": items}
    message.save(update_fields=["params"])
