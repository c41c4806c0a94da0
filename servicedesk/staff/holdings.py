"""Who was found for a position and why, as codes that are stored and put into words when shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.staff.models import User
from servicedesk.staff.positions import Position

MINUTE = timedelta(minutes=1)

# Why this person
HOLDS = "holds"  # holds the position asked for
DEPUTY = "deputy"  # stands in for the holder
NEXT_UP = "next_up"  # holds a higher position, because nobody was found in the one asked for
LAST_RESORT = "last_resort"  # nobody was found in any position above

# Why somebody was passed over, or is stood in for
NOBODY = "nobody"  # nobody holds the position
LEFT = "left"  # has left the organisation
BLOCKED = "blocked"  # log-in closed
ON_LEAVE = "on_leave"
SIGNED_OUT = "signed_out"  # left early for the day
AWAY = "away"  # absent for another reason, which is nobody's business
SILENT = "silent"  # did not acknowledge in time
EXCLUDED = "excluded"  # has been told already, or it is their own breach


@dataclass(frozen=True)
class PassedOver:
    """One step on the way: a position in which nobody could be taken, or one person in it."""

    position: str
    person_id: int | None
    why: str
    until: datetime | None = None


@dataclass(frozen=True)
class Holding:
    """The person found for a position.

    `person_id` is None only if nobody is active at all. `position` is the one in which the person was found,
    `asked` the one that was sought. `reason` is one of HOLDS, DEPUTY, NEXT_UP, LAST_RESORT; with DEPUTY (also
    in a higher position) `on_behalf_of_id` is who is stood in for, `why` is why, `absence_until` until when,
    None being open. `passed_over` are the steps in between.
    """

    person_id: int | None
    position: str
    asked: str
    reason: str
    on_behalf_of_id: int | None = None
    why: str = ""
    absence_until: datetime | None = None
    passed_over: tuple[PassedOver, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Numbers, codes and ISO times, to be stored; `holding_from` reads it back."""
        return {
            "person_id": self.person_id,
            "position": self.position,
            "asked": self.asked,
            "reason": self.reason,
            "on_behalf_of_id": self.on_behalf_of_id,
            "why": self.why,
            "absence_until": _stored(self.absence_until),
            "passed_over": [
                {
                    "position": step.position,
                    "person_id": step.person_id,
                    "why": step.why,
                    "until": _stored(step.until),
                }
                for step in self.passed_over
            ],
        }


def holding_from(stored: Mapping[str, Any]) -> Holding:
    """What `as_json` stored."""
    steps = tuple(PassedOver(**{**step, "until": _moment(step["until"])}) for step in stored["passed_over"])
    return Holding(**{**stored, "absence_until": _moment(stored["absence_until"]), "passed_over": steps})


def names_of(holdings: Iterable[Holding]) -> dict[int, str]:
    """The names needed to put these holdings into words, by one query."""
    ids = {pk for holding in holdings for pk in _mentioned(holding) if pk}
    people = User.objects.filter(pk__in=ids) if ids else ()
    return {person.pk: str(person) for person in people}


def reason_text(holding: Holding, names: Mapping[int, str] | None = None) -> str:
    """Why this person, in the reader's language and zone: "deputy for Li, on leave until 3 May".

    `names` as from `names_of`, where many holdings are shown at once.
    """
    known = names_of([holding]) if names is None else names
    text = _base_text(holding, known)
    steps = [_step_text(step, known) for step in holding.passed_over if step.why]
    if not steps:
        return text
    return _("%(reason)s (%(steps)s)") % {"reason": text, "steps": _("; ").join(steps)}


def _base_text(holding: Holding, names: Mapping[int, str]) -> str:
    position = position_name(holding.position)
    if holding.reason == LAST_RESORT:
        return _("because nobody else could be found")
    if not holding.on_behalf_of_id:
        return position
    return _("deputy for %(name)s, %(why)s") % {
        "name": names.get(holding.on_behalf_of_id, position),
        "why": why_text(holding.why, holding.absence_until),
    }


def _step_text(step: PassedOver, names: Mapping[int, str]) -> str:
    position = position_name(step.position)
    if step.person_id is None:
        return _("%(position)s: nobody") % {"position": position}
    return _("%(position)s: %(name)s, %(why)s") % {
        "position": position,
        "name": names.get(step.person_id, "?"),
        "why": why_text(step.why, step.until),
    }


_WHY = {
    LEFT: gettext_lazy("has left"),
    BLOCKED: gettext_lazy("log-in blocked"),
    SILENT: gettext_lazy("has not answered"),
    EXCLUDED: gettext_lazy("told already or concerned"),
    ON_LEAVE: gettext_lazy("on leave"),
    SIGNED_OUT: gettext_lazy("signed out"),
    AWAY: gettext_lazy("away"),
}
_WHY_UNTIL = {
    ON_LEAVE: gettext_lazy("on leave until %(until)s"),
    SIGNED_OUT: gettext_lazy("signed out until %(until)s"),
    AWAY: gettext_lazy("away until %(until)s"),
}


def why_text(why: str, until: datetime | None) -> str:
    """Why somebody is not there, and until when: "on leave until 3 May"."""
    if until is not None and why in _WHY_UNTIL:
        return str(_WHY_UNTIL[why]) % {"until": day_text(until)}
    return str(_WHY[why])


def day_text(until: datetime) -> str:
    """The end of an absence, short, in the reader's zone: its last day, or day and time."""
    local = timezone.localtime(until)
    if (local.hour, local.minute) == (0, 0):
        return date_format(local - MINUTE, "MONTH_DAY_FORMAT")
    return date_format(local, "DAY_TIME_FORMAT")


def position_name(code: str) -> str:
    """The position as screens call it."""
    return str(Position(code).label) if code in Position.values else code


def _mentioned(holding: Holding) -> list[int | None]:
    return [holding.on_behalf_of_id, *(step.person_id for step in holding.passed_over)]


def _stored(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(stored: str | datetime | None) -> datetime | None:
    """Messages give a stored time back as a time already."""
    return datetime.fromisoformat(stored) if isinstance(stored, str) else stored
