"""What must hold of everything owed, re-checked over live data by `manage.py audit` (DESIGN 6)."""

from collections.abc import Iterator
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.audit.invariants import Violation, invariant, of_timelines
from servicedesk.audit.reading import Timelines
from servicedesk.audit.timeline import Entry, Head
from servicedesk.clock.models import Deadline, Ladder, Ring
from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.models import Setting


@invariant("4", gettext_lazy("Deadlines settle once and keep their verdict"))
def verdicts_follow_the_due_time() -> Iterator[Violation]:
    wrong = Deadline.objects.filter(
        Q(outcome="kept", settled_at__gt=F("due_at"))
        | Q(outcome="late", settled_at__lte=F("due_at"))
        | Q(outcome="late", broken_at=None)
        | Q(settled_at=None, outcome__isnull=False)
        | Q(settled_at__isnull=False, outcome=None)
        | Q(due_at__lte=F("made_at"))
    )
    for deadline in wrong.iterator():
        yield Violation(
            deadline.subject,
            _("The verdict of deadline %(id)s does not follow from its times.") % {"id": deadline.pk},
        )


@invariant("4", gettext_lazy("Whatever is owed is on the clock"))
def live_deadlines_will_ring() -> Iterator[Violation]:
    """Every step that a live deadline still has before it rings at its planned moment, after an outage at most as much later
    as it lies behind the step before it; the stamp never waits."""
    rings = Ring.objects.filter(deadline=OuterRef("pk")).order_by("-rang_at").values("rang_at")
    waiting = Deadline.objects.live().filter(set_aside_at=None).annotate(rang_at=Subquery(rings[:1]))
    columns = (
        "subject",
        "pk",
        "due_at",
        "broken_at",
        "schedule",
        "next_step",
        "next_step_at",
        "next_ring_at",
        "rang_at",
    )
    for subject, pk, *row in waiting.values_list(*columns).iterator():
        if text := _out_of_step(*row):
            yield Violation(subject, text % {"id": pk})


def _out_of_step(
    due_at: datetime,
    broken_at: datetime | None,
    schedule: list,
    next_step: int,
    next_step_at: datetime | None,
    next_ring_at: datetime | None,
    rang_at: datetime | None,
) -> str:
    """Why nothing rings when it should; empty if all is in order."""
    silent = _("Deadline %(id)s is live, and its next step will not ring in time.")
    if broken_at is None and (
        next_ring_at is None or next_ring_at > due_at or _past_stamp(schedule, next_step)
    ):
        return _("Deadline %(id)s is live and nothing will stamp it.")
    if next_step >= len(schedule):
        return ""
    if next_step_at is None or next_ring_at is None or next_ring_at > next_step_at:
        return silent
    planned = datetime.fromisoformat(schedule[next_step][0])
    before = datetime.fromisoformat(schedule[next_step - 1][0]) if next_step else planned
    put_off = rang_at + (planned - before) if rang_at else planned
    return silent if next_step_at > max(planned, put_off) else ""


def _past_stamp(schedule: list, next_step: int) -> bool:
    return any(rung is None for _moment, rung in schedule[:next_step])


@invariant("5", gettext_lazy("Whatever is owed has a timeline"))
def deadlines_have_their_timeline() -> Iterator[Violation]:
    head = Head.objects.filter(subject=OuterRef("subject"))
    lost = Deadline.objects.filter(~Exists(head)).values_list("subject", "pk")
    for subject, pk in lost.iterator():
        yield Violation(subject, _("Deadline %(id)s has no timeline.") % {"id": pk})


@of_timelines("10", gettext_lazy("Whatever rang stands on its timeline"))
def rings_are_on_record(timelines: Timelines) -> Iterator[Violation]:
    told = {
        tuple(entry.facts.get(name) for name in ("deadline", "rung", "round"))
        for entries in timelines.entries.values()
        for entry in entries
        if entry.event in ("rang", "reminder_skipped")
    }
    rings = Ring.objects.filter(deadline__subject__any=timelines.heads)
    for subject, *ring in rings.values_list("deadline__subject", "deadline", "rung", "round"):
        if tuple(ring) not in told:
            yield Violation(
                subject,
                _("A step of deadline %(id)s rang, and its timeline does not know.") % {"id": ring[0]},
            )


@invariant("database", gettext_lazy("A ladder in force has steps"))
def ladders_have_steps() -> Iterator[Violation]:
    for ladder in Ladder.objects.filter(active=True, rungs=None).iterator():
        yield Violation(f"ladder:{ladder.kind}", _("This ladder has no steps: nobody would be told."))


@invariant("database", gettext_lazy("Settings lie within their ranges"))
def settings_are_allowed() -> Iterator[Violation]:
    for row in Setting.objects.filter(code__in=DEFINITIONS).iterator():
        kind = DEFINITIONS[row.code].kind
        try:
            kind.check(kind.read(row.value))
        except (KeyError, TypeError, ValueError, ValidationError):
            yield Violation(f"setting:{row.code}", _("The value is not one that this setting may have."))


@invariant("10", gettext_lazy("Every breach stands on its timeline"))
def breaches_are_on_record() -> Iterator[Violation]:
    told = Entry.objects.filter(subject=OuterRef("subject"), event="broke", at=OuterRef("broken_at"))
    for deadline in Deadline.objects.broken().filter(~Exists(told)).iterator():
        yield Violation(
            deadline.subject, _("The breach of deadline %(id)s is not on the timeline.") % {"id": deadline.pk}
        )


@invariant("10", gettext_lazy("A breach surfaces once a level, to somebody else"))
def breaches_reach_somebody_else() -> Iterator[Violation]:
    """No step after the due time reached the person whose breach it was; steps meant for the owner do not count."""
    rings = Ring.objects.filter(rung__when="after", skipped=False).exclude(rung__position="owner")
    for ring in rings.filter(person=F("owner")).select_related("deadline").iterator():
        yield Violation(
            ring.deadline.subject,
            _("The breach of deadline %(id)s reached its owner only.") % {"id": ring.deadline_id},
        )
