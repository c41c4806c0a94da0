"""What must hold of everything owed, re-checked over live data by `manage.py audit` (DESIGN 6)."""

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.audit.invariants import Violation, invariant
from servicedesk.audit.timeline import Entry
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
    forgotten = Deadline.objects.filter(settled_at=None, set_aside_at=None, next_ring_at=None, broken_at=None)
    for deadline in forgotten.iterator():
        yield Violation(
            deadline.subject, _("Deadline %(id)s is live and nothing will stamp it.") % {"id": deadline.pk}
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
