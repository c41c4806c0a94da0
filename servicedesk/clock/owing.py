"""How something comes to be owed, is settled, is withdrawn, or passes to another owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import Record, lock_heads, record_many
from servicedesk.bulk import insert_rows
from servicedesk.clock.models import Deadline, Ladder, Ring
from servicedesk.clock.schedule import Step, schedule

if TYPE_CHECKING:
    from servicedesk.calendars.models import Calendar
    from servicedesk.staff.models import Department, User


class Matter(Protocol):
    """Anything that something can be owed on; a ticket is one."""

    @property
    def key(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def owner(self) -> User: ...
    @property
    def first_responder(self) -> User: ...
    @property
    def department(self) -> Department: ...
    @property
    def calendar(self) -> Calendar: ...


@dataclass(frozen=True)
class Owed:
    """One thing to be owed: what, on which matter, by when, and how that time came about."""

    kind: str
    matter: Matter
    due_at: datetime
    derivation: dict = field(default_factory=dict)
    ladder: Ladder | None = None
    round_the_clock: bool = False


def owe(
    kind: str,
    matter: Matter,
    *,
    due_at: datetime,
    at: datetime,
    ladder: Ladder | None = None,
    derivation: dict | None = None,
    round_the_clock: bool = False,
) -> Deadline:
    """Enter one thing owed on a matter; without a ladder it takes the active one of its kind.

    Raises ValidationError if `due_at` is not after `at`.
    """
    return owe_many([Owed(kind, matter, due_at, derivation or {}, ladder, round_the_clock)], at=at)[0]


def owe_many(owed: Sequence[Owed], *, at: datetime) -> list[Deadline]:
    """Enter many things owed in a constant number of statements; the same rules as `owe`."""
    ladders = Ladder.objects.filter(active=True, kind__in={one.kind for one in owed if one.ladder is None})
    active = {ladder.kind: ladder for ladder in ladders.prefetch_related("rungs")}
    steps: dict[
        tuple, list[Step]
    ] = {}  # what is due at one time by one ladder and calendar rings at the same times
    deadlines = []
    for one in owed:
        ladder = one.ladder or active.get(one.kind)
        alike = (one.due_at, ladder and ladder.pk, one.matter.calendar.pk, one.round_the_clock)
        if alike not in steps:
            steps[alike] = _steps(one, ladder, at=at)
        deadlines.append(_deadline(one, ladder, steps[alike], at=at))
    return insert_rows(Deadline, deadlines)


def _steps(one: Owed, ladder: Ladder | None, *, at: datetime) -> list[Step]:
    if one.due_at <= at:
        raise ValidationError(_("The promised time must lie in the future."), code="past")
    return schedule(
        list(ladder.rungs.all()) if ladder else [],
        made_at=at,
        due_at=one.due_at,
        work=one.matter.calendar.work_calendar(),
        waits=not (one.round_the_clock or (ladder and ladder.never_waits)),
    )


def _deadline(one: Owed, ladder: Ladder | None, steps: list[Step], *, at: datetime) -> Deadline:
    matter = one.matter
    return Deadline(
        kind=one.kind,
        subject=matter.key,
        path=matter.path,
        label=matter.label,
        owner=matter.owner,
        first_responder=matter.first_responder,
        department=matter.department,
        calendar=matter.calendar,
        round_the_clock=one.round_the_clock,
        made_at=at,
        due_at=one.due_at,
        derivation=one.derivation,
        ladder=ladder,
        schedule=[[moment.astimezone(UTC).isoformat(), rung] for moment, rung in steps],
        next_step_at=steps[0][0],
        next_ring_at=steps[0][0],
    )


@transaction.atomic
def settle(deadline: Deadline, *, by: User | str, at: datetime) -> Deadline:
    """Settle what is owed: kept if `at` is not after the due time, else late; whoever calls holds the matter's lock.

    A breach that no sweep has stamped yet is stamped here, so that it stands on the timeline either way; a stamp that
    `at` shows to be premature stays and is marked as a clock fault. Raises ValidationError if it was settled before.
    """
    fresh = _locked(deadline)
    record_many(_judged(fresh, at=at))
    return _end(deadline, fresh, at=at, outcome=_verdict(fresh, at=at))


@transaction.atomic
def withdraw(deadline: Deadline, *, by: User | str, at: datetime, reason: str) -> Deadline:
    """End what is no longer owed (void, merged, taken back); a breach that stands already stays (CASES j, k).

    `reason` is a code, not a text. Raises ValidationError if it was settled before.
    """
    fresh = _locked(deadline)
    record_many(
        [
            *_judged(fresh, at=at),
            Record(fresh.subject, "withdrawn", by, at, _facts(fresh) | {"reason": reason}),
        ]
    )
    return _end(deadline, fresh, at=at, outcome=Deadline.Outcome.WITHDRAWN)


def _locked(deadline: Deadline) -> Deadline:
    """The row as it stands, locked behind its timeline: a sweep may have stamped it since the caller read it."""
    lock_heads([deadline.subject])
    fresh = Deadline.objects.select_for_update(no_key=True).get(pk=deadline.pk)
    if fresh.settled_at is not None:
        raise ValidationError(
            _("Somebody else has just settled this. Reload the page to see how."), code="settled"
        )
    return fresh


def _facts(deadline: Deadline) -> dict:
    return {"kind": deadline.kind, "due_at": deadline.due_at, "deadline": deadline.pk}


def _verdict(deadline: Deadline, *, at: datetime) -> str:
    return Deadline.Outcome.LATE if at > deadline.due_at else Deadline.Outcome.KEPT


def _judged(deadline: Deadline, *, at: datetime) -> list[Record]:
    """What the moment of settling tells about the stamp: a breach nobody stamped yet, or a stamp too early."""
    late = at > deadline.due_at
    if late and deadline.broken_at is None:
        return [Record(deadline.subject, "broke", "clock", at, _facts(deadline))]
    if not late and deadline.broken_at is not None:
        stamped = {"stamped_at": deadline.broken_at}
        return [Record(deadline.subject, "clock_fault", "clock", at, _facts(deadline) | stamped)]
    return []


def _end(deadline: Deadline, fresh: Deadline, *, at: datetime, outcome: str) -> Deadline:
    fresh.settled_at, fresh.outcome, fresh.next_step_at, fresh.next_ring_at = at, outcome, None, None
    if at > fresh.due_at:
        fresh.broken_at = fresh.broken_at or at
    fresh.save(update_fields=["settled_at", "outcome", "next_step_at", "next_ring_at", "broken_at"])
    for column in Deadline._meta.concrete_fields:
        setattr(deadline, column.attname, getattr(fresh, column.attname))
    return deadline


def pass_on(*deadlines: Deadline, owner: User, department: Department) -> int:
    """Make `owner` answerable for what is live; due times and ladders stay. Returns how many were live still."""
    live = Deadline.objects.live().filter(pk__in=[deadline.pk for deadline in deadlines])
    return live.update(owner=owner, department=department)


@transaction.atomic
def relabel(subject: str, label: str) -> int:
    """Call a matter by its new label in all that is still owed on it; what is settled keeps the label it had.

    Whoever calls holds the matter's lock. Returns how many deadlines are live on it.
    """
    lock_heads([subject])
    return Deadline.objects.live().filter(subject=subject).update(label=label)


def ring_on(pk: int) -> None:
    """Put a live deadline on the clock for whatever comes next, a step or a repeat; whoever calls holds its timeline."""
    deadline = Deadline.objects.select_for_update(no_key=True).get(pk=pk)
    if deadline.settled_at or deadline.set_aside_at:
        return
    repeats = Ring.objects.filter(deadline=pk, repeat_at__isnull=False).values_list("repeat_at", flat=True)
    moments = [moment for moment in (deadline.next_step_at, *repeats) if moment]
    Deadline.objects.filter(pk=pk).update(next_ring_at=min(moments, default=None))
