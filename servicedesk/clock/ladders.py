"""Changing a ladder: a new version takes over, running deadlines keep theirs (CASES u; S4, S5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.clock.models import Ladder, Rung
from servicedesk.staff.positions import Position
from servicedesk.staff.unheld import unheld

if TYPE_CHECKING:
    from servicedesk.staff.models import User

STEP = ("when", "amount", "unit", "position", "acknowledge", "silent_after", "repeat_every", "rounds")


@transaction.atomic
def revise(
    ladder: Ladder,
    *,
    name: str,
    never_waits: bool,
    rungs: Sequence[Mapping[str, Any]],
    by: User,
    at: datetime,
) -> Ladder:
    """Put a changed ladder in force; deadlines owed from now on take it. The same again changes nothing.

    `rungs` are given in their order, by the fields of `Rung`. Raises ValidationError if there are none, one is
    impossible or addressed to a position that nobody holds, or somebody else has changed the ladder meanwhile. A
    position that loses its holder later passes the step to the next one up, as always.
    """
    if not rungs:
        raise ValidationError(_("A ladder needs at least one step."))
    current = Ladder.objects.select_for_update().get(pk=ladder.pk)
    if not current.active:
        raise ValidationError(changed_meanwhile())
    steps = [whole_step(rung) for rung in rungs]
    before = [step_of(rung) for rung in current.rungs.all()]
    if (steps, name, never_waits) == (before, current.name, current.never_waits):
        return current
    for position in unheld(step["position"] for step in steps):
        raise ValidationError(refused_position(position), code="unheld")
    Ladder.objects.filter(pk=current.pk).update(active=False)
    revised = Ladder.objects.create(
        kind=current.kind,
        name=name,
        version=current.version + 1,
        never_waits=never_waits,
        made_by=by,
        made_at=at,
    )
    for number, step in enumerate(steps, start=1):
        rung = Rung(ladder=revised, number=number, **step)
        rung.full_clean(exclude=["ladder"])
        rung.save(force_insert=True)
    record(
        f"ladder:{current.kind}", "ladder_revised", by=by, at=at, version=revised.version, was=current.version
    )
    return revised


def whole_step(given: Mapping[str, Any]) -> dict[str, Any]:
    """All that makes a step, by the fields of `Rung`; what is not given is as a new step has it."""
    return step_of(Rung()) | {field: given[field] for field in STEP if field in given}


def step_of(rung: Rung) -> dict[str, Any]:
    """What makes this step."""
    return {field: getattr(rung, field) for field in STEP}


def changed_meanwhile() -> str:
    """Why a ladder that is no longer in force takes no change."""
    return _("Somebody else has changed this ladder meanwhile. Look at the version in force.")


def refused_position(position: str) -> str:
    """Why no step can be addressed to that position now."""
    return _("Nobody holds the position “%(position)s”, so that nobody would be told.") % {
        "position": Position(position).label
    }


def warnings_in_words(kind: str = "promise") -> str:
    """S4 as it stands: the reminders of the ladder in force."""
    return "; ".join(step_in_words(rung) for rung in _rungs(kind) if rung.is_reminder) or str(_("none"))


def escalation_in_words(kind: str = "promise") -> str:
    """S5 as it stands: the steps after the due time of the ladder in force."""
    return "; ".join(step_in_words(rung) for rung in _rungs(kind) if not rung.is_reminder) or str(_("none"))


def _rungs(kind: str) -> list[Rung]:
    return list(Rung.objects.filter(ladder__kind=kind, ladder__active=True).order_by("number"))


def step_in_words(rung: Rung) -> str:
    """One step as a person says it: "1 hour before: owner"."""
    whom = str(Position(rung.position).label)
    match rung.when:
        case Rung.When.SHARE:
            return _("at %(share)d %% of the interval: %(whom)s") % {"share": rung.amount, "whom": whom}
        case Rung.When.BEFORE:
            return _("%(span)s before: %(whom)s") % {"span": rung.span, "whom": whom}
        case Rung.When.AFTER if rung.amount:
            return _("%(span)s after: %(whom)s") % {"span": rung.span, "whom": whom}
    return _("at once: %(whom)s") % {"whom": whom}
