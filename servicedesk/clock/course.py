"""The course of one deadline in words: what its ladder has done, whom it reached and why, and what it will do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from servicedesk.clock.ladders import step_in_words
from servicedesk.clock.models import Deadline, Ring, Rung
from servicedesk.staff.holdings import HOLDS, holding_from, names_of, reason_text


@dataclass(frozen=True)
class Heard:
    """One ring that reached somebody, and why that person."""

    ring: Ring
    why: str


@dataclass(frozen=True)
class Moment:
    """One point of the course: `at` is when it happened, or when it is planned; `heard` are the rings carried out."""

    at: datetime | None
    text: str
    sign: str
    tone: str = ""
    heard: Sequence[Heard] = field(default_factory=list)
    ahead: bool = False


def course_of(
    deadline: Deadline, rings: Sequence[Ring], rungs: Sequence[Rung], *, at: datetime
) -> list[Moment]:
    """Everything from the making to the last planned step. `rings` in their order, `rungs` those of its ladder."""
    reasons = reasons_of(rings)
    by_rung: dict[int, list[Heard]] = defaultdict(list)
    for ring in rings:
        by_rung[ring.rung_id].append(Heard(ring, reasons[ring.pk]))
    steps = {rung.pk: rung for rung in rungs}
    moments = [Moment(deadline.made_at, _("Entered"), "plus")]
    ahead: list[Moment] = []
    for number, (planned, rung_id) in enumerate(deadline.schedule):
        planned_at = datetime.fromisoformat(planned)
        if number == deadline.next_step and deadline.next_step_at:
            planned_at = deadline.next_step_at
        if rung_id is None:
            moment = _due(deadline, planned_at, at)
        elif rung_id in by_rung:
            moment = _rang(steps[rung_id], by_rung[rung_id])
        else:
            moment = Moment(planned_at, step_in_words(steps[rung_id]), "bell", ahead=True)
        (ahead if moment.ahead else moments).append(moment)
    if deadline.settled_at:
        return [*moments, _settled(deadline), *_spared(ahead)]
    return [*moments, *ahead]


def _due(deadline: Deadline, due_at: datetime, at: datetime) -> Moment:
    if deadline.broken_at:
        return Moment(deadline.broken_at, _("Broken: the due time passed"), "alert-triangle", "is-overdue")
    if deadline.settled_at or at <= due_at:
        return Moment(due_at, _("Due"), "clock", ahead=True)
    return Moment(
        due_at, _("The due time has passed; the clock stamps it any moment"), "alert-triangle", "is-overdue"
    )


def _rang(rung: Rung, heard: Sequence[Heard]) -> Moment:
    words, rang_at = step_in_words(rung), heard[0].ring.rang_at
    if all(one.ring.skipped for one in heard):
        skipped = _("%(step)s. Left out: the due time had passed already") % {"step": words}
        return Moment(rang_at, skipped, "bell-off")
    return Moment(rang_at, words, "bell", "" if rung.is_reminder else "is-overdue", heard)


def _settled(deadline: Deadline) -> Moment:
    match deadline.outcome:
        case Deadline.Outcome.KEPT:
            return Moment(deadline.settled_at, _("Settled in time"), "check", "is-kept")
        case Deadline.Outcome.LATE:
            return Moment(deadline.settled_at, _("Settled late"), "check", "is-overdue")
    return Moment(deadline.settled_at, _("Withdrawn: no longer owed"), "x")


def _spared(ahead: Sequence[Moment]) -> list[Moment]:
    """One line for all steps that the settling made needless; the due time itself is none."""
    count = sum(moment.sign == "bell" for moment in ahead)
    if not count:
        return []
    text = ngettext("%(count)d further step was not needed", "%(count)d further steps were not needed", count)
    return [Moment(None, text % {"count": count}, "bell-off", ahead=True)]


def reasons_of(rings: Sequence[Ring]) -> dict[int, str]:
    """Why each of these rings reached its person, by id, with one query for all names; empty where it needs no saying."""
    holdings = {ring.pk: holding_from(ring.reason) for ring in rings if ring.reason}
    told = {pk: holding for pk, holding in holdings.items() if holding.reason != HOLDS}
    names = names_of(told.values())
    return {ring.pk: reason_text(told[ring.pk], names) if ring.pk in told else "" for ring in rings}
