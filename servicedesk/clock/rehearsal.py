"""What a ladder would do: the clock's own steps, carried out on a deadline that is written nowhere.

So what an administrator is shown before saving is what the sweep will do, by the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from servicedesk.clock.ladders import step_in_words, whole_step
from servicedesk.clock.models import Deadline, Ladder, Ring, Rung
from servicedesk.clock.notices import send_after
from servicedesk.clock.ringing import advance
from servicedesk.clock.schedule import planned_at, schedule
from servicedesk.staff.holdings import HOLDS, Holding, holding_from, names_of, reason_text
from servicedesk.staff.positions import Position

if TYPE_CHECKING:
    from servicedesk.calendars.worktime import WorkCalendar
    from servicedesk.staff.directory import Directory

TICK = timedelta(microseconds=1)  # a step rings strictly after its moment
MOST = 200  # rings of one rehearsal; no ladder that anybody wants has more


@dataclass(frozen=True)
class Call:
    """One round of a step: whom it reaches, in which capacity and why, and when the e-mail leaves (None: at once)."""

    at: datetime
    person: str
    position: str
    why: str
    email_at: datetime | None = None


@dataclass(frozen=True)
class Moment:
    """One point of the rehearsal: a step with its rounds, or the due time where `rung` is None.

    `number` is the step's on the ladder. `at` is None where the step is left out; `remark` says why, or that it was
    brought forward. `calls` assume that nobody acknowledges.
    """

    at: datetime | None
    text: str
    number: int = 0
    rung: Rung | None = None
    remark: str = ""
    calls: list[Call] = field(default_factory=list)

    @property
    def is_due_time(self) -> bool:
        return self.rung is None

    @property
    def reached(self) -> Call | None:
        """The first round."""
        return self.calls[0] if self.calls else None

    @property
    def further(self) -> list[Call]:
        return self.calls[1:]


@dataclass(frozen=True)
class Case:
    """What is rehearsed: something owed in a department by somebody, made and due at these moments (UTC)."""

    made_at: datetime
    due_at: datetime
    work: WorkCalendar
    department_id: int | None
    owner_id: int | None


def drafts_of(steps: Iterable[Mapping[str, Any]], *, never_waits: bool) -> list[Rung]:
    """These steps, given by the fields of `Rung`, on a ladder that is stored nowhere; numbered from 1."""
    ladder = Ladder(never_waits=never_waits)
    return [
        Rung(pk=number, number=number, ladder=ladder, **whole_step(step))
        for number, step in enumerate(steps, start=1)
    ]


def rehearse(
    rungs: Sequence[Rung], case: Case, *, waits: bool, directory_at: Callable[[datetime], Directory]
) -> list[Moment]:
    """Every step of a ladder in ringing order with whom it would reach, the due time among them; writes nothing.

    `rungs` as from `drafts_of`; `directory_at` gives the organisation by which a step at that moment finds its
    person. Without anybody who could owe it (`owner_id` None) nobody is sought.
    """
    steps = schedule(rungs, made_at=case.made_at, due_at=case.due_at, work=case.work, waits=waits)
    rings = _rings_of(rungs, steps, case, directory_at) if case.owner_id else []
    names = names_of([holding_from(ring.reason) for ring in rings if ring.reason])
    by_rung: dict[int, list[Call]] = {}
    for ring in rings:
        by_rung.setdefault(ring.rung_id, []).append(_call(ring, names, directory_at))
    known = {rung.pk: rung for rung in rungs}
    found = [
        Moment(moment, _("Due")) if pk is None else _step(known[pk], moment, by_rung.get(pk, []), case)
        for moment, pk in steps
    ]
    ringing = {pk for _moment, pk in steps}
    return [*found, *(_left_out(rung, case) for rung in rungs if rung.pk not in ringing)]


def _rings_of(rungs: Sequence[Rung], steps, case: Case, directory_at) -> list[Ring]:
    """All rings, as the sweep would carry them out one by one while nobody settles or acknowledges anything."""
    fields: dict[str, Any] = {
        "owner_id": case.owner_id,
        "first_responder_id": case.owner_id,
        "department_id": case.department_id,
    }
    deadline = Deadline(
        **fields,
        made_at=case.made_at,
        due_at=case.due_at,
        schedule=[[moment.astimezone(UTC).isoformat(), pk] for moment, pk in steps],
        next_step_at=steps[0][0],
        next_ring_at=steps[0][0],
    )
    known: dict[int, Rung] = {rung.pk: rung for rung in rungs}
    told: list[Ring] = []
    while deadline.next_ring_at is not None and len(told) < MOST:
        moment, stood = deadline.next_ring_at, deadline.next_step
        directory = directory_at(moment)
        effects = advance(deadline, rungs=known, told=told, at=moment + TICK, directory=directory)
        if not effects.rings and not effects.repeated and deadline.next_step == stood:
            break  # nobody at all can be told
        told += effects.rings
    return [ring for ring in told if not ring.skipped]


def _call(ring: Ring, names: dict[int, str], directory_at) -> Call:
    directory = directory_at(ring.rang_at)
    holding = holding_from(ring.reason)
    person_id = holding.person_id or 0
    return Call(
        at=ring.rang_at - TICK,
        person=directory.organisation.people[person_id].name,
        position=str(Position(holding.position).label),
        why=_why(holding, names),
        email_at=send_after([ring], person_id, ring.rang_at - TICK, directory),
    )


def _why(holding: Holding, names: dict[int, str]) -> str:
    """Why not who was asked for; empty where that person is reached."""
    return "" if holding.reason == HOLDS else reason_text(holding, names)


def _step(rung: Rung, moment: datetime, calls: list[Call], case: Case) -> Moment:
    planned = planned_at(rung, made_at=case.made_at, due_at=case.due_at, work=case.work)
    remark = _("brought forward from closed time") if moment < planned else ""
    return Moment(moment, step_in_words(rung), rung.number, rung, remark, calls)


def _left_out(rung: Rung, case: Case) -> Moment:
    planned = planned_at(rung, made_at=case.made_at, due_at=case.due_at, work=case.work)
    why = (
        _("left out: it would come before the beginning")
        if planned <= case.made_at
        else _("left out: the same person is reminded at the same moment already")
    )
    return Moment(None, step_in_words(rung), rung.number, rung, why)
