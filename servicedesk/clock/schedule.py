"""When the rungs of a ladder ring for one deadline: arithmetic only, no database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from servicedesk.clock.due import due_after

if TYPE_CHECKING:
    from servicedesk.calendars.worktime import WorkCalendar
    from servicedesk.clock.models import Rung

Step = tuple[datetime, int | None]  # the planned UTC moment, and the rung or None for the stamp 'broken'


def schedule(
    rungs: Sequence[Rung], *, made_at: datetime, due_at: datetime, work: WorkCalendar, waits: bool
) -> list[Step]:
    """The steps of a deadline in ringing order; the stamp stands before the rungs that ring at once.

    A reminder that would fall on or before `made_at` is left out. Where notices wait for working time, a reminder at
    a closed moment is brought forward to the last open one (CASES t); rungs after the due time ring as planned, and
    the outbox holds back what must wait.
    """
    steps: list[Step] = [(due_at, None)]
    reminded: set[tuple[datetime, str]] = set()
    for rung in rungs:
        moment = planned_at(rung, made_at=made_at, due_at=due_at, work=work)
        if rung.is_reminder:
            if waits:
                moment = brought_forward(moment, made_at=made_at, work=work)
            if moment <= made_at or (moment, rung.position) in reminded:
                continue
            reminded.add((moment, rung.position))
        steps.append((moment, rung.pk))
    return sorted(steps, key=lambda step: (step[0], step[1] is not None))


def planned_at(rung: Rung, *, made_at: datetime, due_at: datetime, work: WorkCalendar) -> datetime:
    """The moment that a rung names, before any send window."""
    match rung.when:
        case "share":
            return made_at + (due_at - made_at) * rung.amount / 100
        case "before":
            return due_at - (due_after(rung.span, due_at, work) - due_at)
        case _:
            return due_after(rung.span, due_at, work) if rung.amount else due_at


def brought_forward(moment: datetime, *, made_at: datetime, work: WorkCalendar) -> datetime:
    """The last open moment up to `moment`; `moment` itself where none lies after `made_at`."""
    if work.is_open(moment):
        return moment
    last = work.last_open(moment)
    return last if last and last > made_at else moment
