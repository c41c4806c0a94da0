"""What a ring tells its person: one message a person and sweep that lists all (DESIGN 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse

from servicedesk.bulk import update_rows
from servicedesk.outbox.models import Message, State
from servicedesk.outbox.posting import Draft, post_many

if TYPE_CHECKING:
    from servicedesk.clock.models import Ring
    from servicedesk.staff.directory import Directory

CHANNELS = ("in_app", "email")
LISTED = 40  # matters named in one message; the rest is a count, My desk has them all


def notify(rings: Sequence[Ring], *, sweep: str, told: set[int], at: datetime, directory: Directory) -> None:
    """Post one notice and one e-mail to everybody reached by these rings, in the caller's transaction.

    In-app notices never wait; e-mail waits for the person's working time, unless a ring never waits or the wait
    would outlast the due time of a reminder. What an earlier batch of the sweep wrote is extended while unsent;
    `told` are the people who may have such a message, and grows.
    """
    of_person: dict[int, list[Ring]] = defaultdict(list)
    for ring in rings:
        if ring.person_id is not None:
            of_person[ring.person_id].append(ring)
    posted = _posted(sweep, told & of_person.keys())
    told.update(of_person)
    drafts, longer = [], []
    for person_id, theirs in of_person.items():
        params = {"count": len(theirs), "items": [item(ring) for ring in theirs[:LISTED]]}
        for channel in CHANNELS:
            key = f"sweep:{sweep}:{person_id}:{channel}"
            draft = _draft(key, channel, person_id, params, theirs, at=at, directory=directory)
            message = posted.get(key)
            if message is None:
                drafts.append(draft)
            elif _fits(message, draft):
                longer.append((message.pk, _both(message.params, params)))
            else:
                drafts.append(replace(draft, key=f"{key}:{theirs[0].pk}"))
    update_rows(Message, ["params"], longer)
    if drafts:
        post_many(drafts)


def _draft(
    key: str,
    channel: str,
    person_id: int,
    params: dict,
    rings: Sequence[Ring],
    *,
    at: datetime,
    directory: Directory,
) -> Draft:
    return Draft(
        event="owed",
        key=key,
        channel=channel,
        recipient=person_id,
        params=params,
        at=at,
        send_after=None if channel == "in_app" else send_after(rings, person_id, at, directory),
        urgent=_never_waits(rings),
    )


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
        "acknowledge": reverse("clock:acknowledge", args=[ring.pk]) if ring.rung.acknowledge else "",
    }


def send_after(rings: Sequence[Ring], person_id: int, at: datetime, directory: Directory) -> datetime | None:
    """When the e-mail about these rings leaves; None is at once."""
    if _never_waits(rings):
        return None
    moment = directory.reachable(person_id, at)
    reminders = [ring.deadline.due_at for ring in rings if ring.rung.is_reminder]
    return None if moment <= at or any(moment >= due for due in reminders) else moment


def _never_waits(rings: Sequence[Ring]) -> bool:
    """The four marks, same-day duties and internal tracking ring at night too (CASES t)."""
    return any(ring.deadline.round_the_clock or ring.rung.ladder.never_waits for ring in rings)


def _posted(sweep: str, people: set[int]) -> dict[str, Message]:
    """Messages that an earlier batch of the same sweep wrote to these people; those still unsent are locked."""
    keys = [f"sweep:{sweep}:{person}:{channel}" for person in people for channel in CHANNELS]
    posted = {message.key: message for message in Message.objects.filter(key__in=keys)}
    if posted:
        unsent = Message.objects.filter(Q(channel="in_app") | Q(state=State.QUEUED), key__in=posted, tries=0)
        free = set(unsent.select_for_update(skip_locked=True).values_list("pk", flat=True))
        for message in posted.values():
            message.is_free = message.pk in free  # type: ignore[attr-defined]  # told to `_fits`
    return posted


def _fits(message: Message, draft: Draft) -> bool:
    """Whether a message of the same sweep can take more: no sender has it, and it does not wait longer than the rest."""
    send_after = max(draft.send_after or draft.at, draft.at)
    waits_alike = (message.send_after, message.urgent) == (send_after, draft.urgent)
    return message.is_free and (message.channel == "in_app" or waits_alike)  # type: ignore[attr-defined]


def _both(earlier: dict, later: dict) -> dict:
    items = (earlier["items"] + later["items"])[:LISTED]
    return {"count": earlier["count"] + later["count"], "items": items}
