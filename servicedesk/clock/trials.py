"""What would be due: a rule, a calendar and a ladder tried for any moment, as they stand and as they are being changed.

Nothing is written. A trial of what has not been saved takes the same way as one of what stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from servicedesk.calendars.worktime import NoWorkingTimeError
from servicedesk.clock.drawing import Drawing, draw
from servicedesk.clock.due import Proposal, derive
from servicedesk.clock.due_rules import due_rules
from servicedesk.clock.explaining import explain
from servicedesk.clock.ladders import step_of
from servicedesk.clock.models import Ladder, Rung
from servicedesk.clock.rehearsal import Case, Moment, drafts_of, rehearse
from servicedesk.staff.directory import Directory
from servicedesk.staff.organisation import Organisation

if TYPE_CHECKING:
    from servicedesk.calendars.editions import Edition
    from servicedesk.calendars.models import Calendar
    from servicedesk.calendars.worktime import WorkCalendar
    from servicedesk.regulations.standing import Settings
    from servicedesk.staff.models import Department

CHOSEN = "S3"  # the rule that bounds a time which somebody chooses


@dataclass(frozen=True)
class CountedBy:
    """A calendar as a trial counts by it, saved or not."""

    pk: int | None
    version: int
    edition: Edition
    is_default: bool = False

    @classmethod
    def saved(cls, calendar: Calendar) -> CountedBy:
        return cls(calendar.pk, calendar.version, calendar.edition(), calendar.is_default)

    def work_calendar(self) -> WorkCalendar:
        return self.edition.work


@dataclass(frozen=True)
class Climbed:
    """A ladder as a trial climbs it, saved or not; `rungs` as from `drafts_of`."""

    name: str
    rungs: Sequence[Rung] = ()
    never_waits: bool = False

    @classmethod
    def saved(cls, ladder: Ladder) -> Climbed:
        rungs = drafts_of(map(step_of, ladder.rungs.all()), never_waits=ladder.never_waits)
        return cls(str(ladder), rungs, ladder.never_waits)


@dataclass(frozen=True)
class Policies:
    """What a trial counts by."""

    standing: Settings
    calendar: CountedBy
    ladder: Climbed | None = None


@dataclass(frozen=True)
class Question:
    """What is tried: a rule (or, without one, a due time), from a moment on, in a department.

    `as_today` finds people as if every step rang at `now`; else each step finds those who are there at its moment,
    by the absences entered so far.
    """

    start: datetime
    now: datetime
    rule: str = ""
    due_at: datetime | None = None
    department: Department | None = None
    as_today: bool = False


@dataclass(frozen=True)
class Trial:
    """The answer: when it would be due and why, and what the ladder would do; or why there is none."""

    due_at: datetime | None = None
    reasons: list[str] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    drawing: Drawing | None = None
    owner: str = ""
    unpublished: int | None = None
    refusal: str = ""

    def same_as(self, other: Trial) -> bool:
        """Whether both say the same."""
        return replace(self, drawing=None) == replace(other, drawing=None)


def attempt(question: Question, policies: Policies, organisation: Organisation) -> Trial:
    """Try it. A calendar that cannot carry the question (closed for good, beyond the years) is answered with why not."""
    try:
        return _attempt(question, policies, organisation)
    except NoWorkingTimeError:
        return Trial(refusal=_("This calendar does not open often enough for that within twenty years."))
    except (OverflowError, ValueError):
        return Trial(refusal=_("That lies beyond the years that a calendar knows."))
    except ValidationError as refusal:
        return Trial(refusal=" ".join(refusal.messages))


def _attempt(question: Question, policies: Policies, organisation: Organisation) -> Trial:
    proposal = _proposal(question, policies)
    edition, due_at = policies.calendar.edition, proposal.due_at
    if due_at <= question.start:
        raise ValidationError(_("The due time must lie after the beginning."))
    year = due_at.astimezone(edition.work.timezone).year
    found = Trial(
        due_at,
        reasons=explain(proposal.derivation, edition) if question.rule else [],
        unpublished=None if not edition.sources or edition.published(year) else year,
    )
    if policies.ladder is None:
        return found
    department_id = question.department.pk if question.department else None
    owner_id = organisation.somebody_in(department_id)
    case = Case(question.start, due_at, edition.work, department_id, owner_id)
    moments = rehearse(
        policies.ladder.rungs,
        case,
        waits=not policies.ladder.never_waits,
        directory_at=_directories(question, organisation),
    )
    return replace(
        found,
        moments=moments,
        drawing=draw(moments, made_at=question.start, due_at=due_at, work=edition.work),
        owner=organisation.people[owner_id].name if owner_id else "",
    )


def _proposal(question: Question, policies: Policies) -> Proposal:
    calendar: Any = policies.calendar
    if question.rule:
        return due_rules()[question.rule].due(question.start, calendar, policies.standing)
    due_at = question.due_at or calendar.work_calendar().add_days(question.start, 1)
    return Proposal(due_at, derive(CHOSEN, None, question.start, due_at, calendar))


def _directories(question: Question, organisation: Organisation):
    """The organisation by which a step at some moment finds its person."""
    if question.as_today:
        today = Directory(organisation)
        return lambda at: today
    return lambda at: Directory(organisation.on(at))
