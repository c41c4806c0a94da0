"""What one deadline does when its moment comes: which rungs ring, for whom, and when the next one does. Writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from servicedesk.clock.models import Deadline, Ring, Rung

if TYPE_CHECKING:
    from servicedesk.staff.directory import Directory, Holding


@dataclass
class Advance:
    """The effects of one deadline in one sweep."""

    deadline: Deadline
    spared: Collection[int] = frozenset()
    rings: list[Ring] = field(default_factory=list)
    repeated: list[Ring] = field(default_factory=list)  # earlier rings whose repeat is now spent
    broke: bool = False


def advance(
    deadline: Deadline,
    *,
    rungs: Mapping[int, Rung],
    told: Sequence[Ring],
    at: datetime,
    directory: Directory,
    spared: Collection[int] = frozenset(),
) -> Advance:
    """Carry a deadline up to `at`: ring its first late rung, put the later ones off, repeat what nobody acknowledged.

    After an outage one rung rings now and the next follows at its planned distance, so that a ladder is never emptied
    at once; a reminder whose due time has passed is recorded as skipped (DESIGN 4). `told` are the rings so far, `spared` the people
    whom it passes over while anybody else can be told (CASES n).
    """
    effects = Advance(deadline, spared)
    _climb(effects, rungs=rungs, told=told, at=at, directory=directory)
    _repeat(effects, rungs=rungs, told=told, at=at, directory=directory)
    repeats = [ring.repeat_at for ring in (*told, *effects.rings) if ring.repeat_at]
    deadline.next_ring_at = min((when for when in (deadline.next_step_at, *repeats) if when), default=None)
    return effects


def _climb(effects: Advance, *, rungs, told, at: datetime, directory: Directory) -> None:
    deadline = effects.deadline
    steps = [(datetime.fromisoformat(moment), rung) for moment, rung in deadline.schedule]
    rang_at: datetime | None = None  # the planned moment of what rang in this pass
    while deadline.next_step_at is not None and deadline.next_step_at < at:
        planned, rung_id = steps[deadline.next_step]
        if rung_id is None:
            effects.broke = deadline.broken_at is None
            deadline.broken_at = deadline.broken_at or at
        elif rungs[rung_id].is_reminder and at > deadline.due_at:
            effects.rings.append(_skip(deadline, rungs[rung_id], planned, at))
        else:
            holding = _holding(effects, rungs[rung_id], told, rungs, directory)
            if holding is None:
                return  # it stays due, and shows as late, until somebody can be told
            effects.rings.append(_ring(deadline, rungs[rung_id], planned, at, holding))
            rang_at = planned
        deadline.next_step += 1
        deadline.next_step_at = _next_moment(steps, deadline.next_step, rang_at, at)


def _next_moment(steps, number: int, rang_at: datetime | None, at: datetime) -> datetime | None:
    """When the step rings: as planned; or, where something rang late just now, at the planned distance from it."""
    if number >= len(steps):
        return None
    planned = steps[number][0]
    if planned >= at or rang_at is None or steps[number][1] is None or planned == steps[number - 1][0]:
        return planned
    put_off = at + (planned - steps[number - 1][0])
    due_at = next(moment for moment, rung in steps if rung is None)
    return put_off if planned >= due_at else min(put_off, due_at)  # a reminder never holds up the stamp


def _holding(
    effects: Advance, rung: Rung, earlier: Sequence[Ring], rungs, directory: Directory, *, silent=frozenset()
) -> Holding | None:
    """Who is reached, or None where nobody can be.

    Nobody who has acknowledged the step. Of a breach neither its owner nor, as long as there is anybody else, who was
    told of it by another step (CASES o, u); nor, before all others, whom the matter itself spares (CASES n).
    """
    deadline, told = effects.deadline, (*earlier, *effects.rings)
    acknowledged = [ring for ring in told if ring.rung_id == rung.pk and ring.acknowledged_at is not None]
    never = _people(acknowledged)
    heard: set[int] = set()
    if not rung.is_reminder and rung.position != "owner":
        never.add(deadline.owner_id)
        breaches = [ring for ring in told if not rungs[ring.rung_id].is_reminder]
        heard = _people(ring for ring in breaches if ring.rung_id != rung.pk)
    spared = never | set(effects.spared)
    for exclude in (spared | heard, spared, never):
        holding = directory.holder(
            rung.position,
            department_id=deadline.department_id,
            owner_id=deadline.owner_id,
            first_responder_id=deadline.first_responder_id,
            exclude=exclude,
            silent=silent,
        )
        if holding.person_id is not None and holding.person_id not in exclude:
            return holding
    return None


def _people(rings: Iterable[Ring]) -> set[int]:
    """Who was told by them; a skipped step told nobody."""
    return {ring.person_id for ring in rings if ring.person_id is not None}


def _ring(
    deadline: Deadline,
    rung: Rung,
    planned: datetime,
    at: datetime,
    holding: Holding,
    earlier: Sequence[Ring] = (),
) -> Ring:
    """The next round of a rung after those `earlier` of its rings."""
    round_ = len(earlier) + 1
    return Ring(
        deadline=deadline,
        rung=rung,
        round=round_,
        planned_at=planned,
        rang_at=at,
        person_id=holding.person_id,
        owner_id=deadline.owner_id,
        position=rung.position,
        reason=holding.as_json(),
        repeat_at=_repeat_at(rung, round_, first=earlier[0].rang_at if earlier else at, at=at),
    )


def _skip(deadline: Deadline, rung: Rung, planned: datetime, at: datetime) -> Ring:
    return Ring(
        deadline=deadline, rung=rung, planned_at=planned, rang_at=at, skipped=True, owner_id=deadline.owner_id,
        position=rung.position, reason={},
    )  # fmt: skip


def _repeat_at(rung: Rung, round_: int, *, first: datetime, at: datetime) -> datetime | None:
    """When a rung rings again unless acknowledged: in rounds, and once the time for acknowledging is over."""
    moments = []
    if round_ <= rung.rounds:
        moments.append(at + timedelta(minutes=rung.repeat_every or 0))
    if rung.silent_after and first + timedelta(minutes=rung.silent_after) > at:
        moments.append(first + timedelta(minutes=rung.silent_after))
    return min(moments, default=None)


def _repeat(effects: Advance, *, rungs, told: Sequence[Ring], at: datetime, directory: Directory) -> None:
    for ring in told:
        if ring.repeat_at is None or ring.repeat_at >= at:
            continue
        rung = rungs[ring.rung_id]
        earlier = [one for one in told if one.rung_id == rung.pk]
        holding = _holding(
            effects,
            rung,
            told,
            rungs,
            directory,
            silent=_silent(rung, earlier, at),
        )
        planned, ring.repeat_at = ring.repeat_at, None
        effects.repeated.append(ring)
        if holding is not None:
            effects.rings.append(_ring(effects.deadline, rung, planned, at, holding, earlier))


def _silent(rung: Rung, rings: Sequence[Ring], at: datetime) -> set[int]:
    """Who was told by these rings of a rung and has let its time for acknowledging pass."""
    if not rung.silent_after:
        return set()
    over = at - timedelta(minutes=rung.silent_after)
    return {ring.person_id for ring in rings if ring.person_id and ring.rang_at <= over}
