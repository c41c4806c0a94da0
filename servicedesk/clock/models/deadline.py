"""Everything owed, and what rang for it (DESIGN 4)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from servicedesk.clock.models.ladder import Ladder, Rung
from servicedesk.staff.covering import covered_by
from servicedesk.staff.models import Department, User
from servicedesk.staff.positions import Position

if TYPE_CHECKING:
    from servicedesk.calendars.models import Calendar


class DeadlineQuerySet(models.QuerySet):
    def live(self) -> Self:
        """What is still owed, overdue ones included."""
        return self.filter(settled_at=None)

    def due(self, at: datetime) -> Self:
        """Rows whose next step of the ladder has come; the partial index `deadline_next_ring` is this query."""
        return self.filter(next_ring_at__lt=at)

    def set_aside(self) -> Self:
        """Live rows that the clock could not carry out; the partial index `deadline_set_aside` is this query."""
        return self.live().filter(set_aside_at__isnull=False)

    def owed_by(self, people: list[int]) -> Self:
        """What these people owe, soonest first: My desk; the partial index `deadline_of_owner` is this query."""
        return self.live().filter(owner__in=people).order_by("due_at", "pk")

    def with_leavers(self) -> Self:
        """What is owed by people whose log-in is blocked because they leave, for want of anybody else (CASES f, o)."""
        return self.live().filter(owner__in=User.objects.leaving())

    def broken(self) -> Self:
        return self.filter(broken_at__isnull=False)

    def visible_to(self, user: User) -> Self:
        """What a person may see owed: their own and what they stand in for or were told of, their units' as manager
        or executive, all for overseers."""
        if not user.is_active:
            return self.none()
        if user.has_perm("clock.view_all_deadlines"):
            return self
        covered = covered_by(user, at=Now())
        mine = Q(owner=user) | Q(first_responder=user) | Q(owner__in=covered)
        units = Department.objects.led_by(user.pk, *covered).values("pk")
        told = Ring.objects.filter(person=user).values("deadline")
        return self.filter(mine | Q(pk__in=told) | Q(department__in=units))


class Deadline(models.Model):
    """Something owed by a stated time; the one table behind promises, checks and every other duty.

    `subject` is the timeline key of the matter, `path` the page that settles it, `label` its number and category (no
    personal text). `due_at` and `made_at` never change, a deadline settles once, and the verdict compares
    `settled_at` with `due_at`, never the time of the sweep. All times are UTC.
    """

    class Outcome(models.TextChoices):
        KEPT = "kept", _("kept")
        LATE = "late", _("late")
        WITHDRAWN = "withdrawn", _("withdrawn")

    kind = models.SlugField(_("kind"), max_length=40, db_index=False)
    subject = models.CharField(_("matter"), max_length=80)
    path = models.CharField(max_length=200)
    label = models.CharField(_("matter"), max_length=200)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("current owner"),
    )
    first_responder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("first responder")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", db_index=False, verbose_name=_("department")
    )
    calendar: models.ForeignKey[Calendar, Calendar] = models.ForeignKey(
        "calendars.Calendar",
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("work calendar"),
    )
    round_the_clock = models.BooleanField(_("round the clock"), default=False)
    made_at = models.DateTimeField(_("made"))
    due_at = models.DateTimeField(_("due"))
    derivation = models.JSONField(
        default=dict, help_text="which rule, calendar version and closed days led to `due_at`"
    )
    ladder = models.ForeignKey(Ladder, models.PROTECT, null=True, related_name="+", db_index=False)
    schedule = models.JSONField(
        default=list, help_text="[[UTC time, rung id or null for the stamp], …] in ringing order"
    )
    next_step = models.PositiveSmallIntegerField(default=0, help_text="position in `schedule`")
    next_step_at = models.DateTimeField(
        null=True, help_text="when that step rings; later than planned after an outage"
    )
    next_ring_at = models.DateTimeField(null=True, help_text="the next step or repeat, whichever comes first")
    broken_at = models.DateTimeField(_("stamped broken"), null=True)
    settled_at = models.DateTimeField(_("settled"), null=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, null=True)
    set_aside_at = models.DateTimeField(_("set aside"), null=True)
    error = models.CharField(_("error"), max_length=500, blank=True)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        permissions = [
            ("view_all_deadlines", _("Can see what everybody owes")),
            ("put_back_deadline", _("Can give rows that were set aside back to the clock")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(due_at__gt=F("made_at")), name="deadline_due_after_made"),
            models.CheckConstraint(
                condition=Q(settled_at=None, outcome=None)
                | Q(settled_at__isnull=False, outcome__isnull=False),
                name="deadline_settled_with_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="kept") | Q(settled_at__lte=F("due_at")), name="deadline_kept_in_time"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="late") | Q(settled_at__gt=F("due_at"), broken_at__isnull=False),
                name="deadline_late_is_broken",
            ),
            models.CheckConstraint(
                condition=Q(next_ring_at=None) | Q(settled_at=None, set_aside_at=None),
                name="deadline_rings_while_live",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_ring_at"], name="deadline_next_ring", condition=Q(next_ring_at__isnull=False)
            ),  # the sweep: due()
            models.Index(
                fields=["owner", "due_at"], name="deadline_of_owner", condition=Q(settled_at=None)
            ),  # My desk: owed_by()
            models.Index(
                fields=["due_at", "department", "owner"], name="deadline_live", condition=Q(settled_at=None)
            ),  # what is broken and what breaks today, by whom
            models.Index(
                fields=["due_at", "department", "settled_at", "outcome"],
                name="deadline_promise",
                condition=Q(kind="promise"),
            ),  # which words were kept, by due time
            models.Index(
                fields=["settled_at", "due_at", "department"],
                name="deadline_late",
                condition=Q(settled_at__gt=F("due_at")),
            ),  # what was broken at an earlier moment and has been settled since
            models.Index(
                fields=["broken_at"],
                name="deadline_broken_live",
                condition=Q(broken_at__isnull=False, settled_at=None),
            ),  # breaches that stand: what people were told of
            models.Index(fields=["subject"], name="deadline_of_subject"),  # all that is owed on one matter
            models.Index(
                fields=["set_aside_at"], name="deadline_set_aside", condition=Q(set_aside_at__isnull=False)
            ),  # the health page
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.due_at:%Y-%m-%d %H:%M}"

    def is_overdue(self, at: datetime) -> bool:
        """Whether it is still owed strictly after its due time, stamped or not."""
        return self.settled_at is None and at > self.due_at

    def state(self, at: datetime) -> str:
        """'kept', 'late', 'withdrawn', 'overdue', 'soon' (last quarter of the interval) or 'calm', derived at display."""
        if self.outcome:
            return self.outcome
        if at > self.due_at:
            return "overdue"
        return "soon" if (self.due_at - at) * 4 <= self.due_at - self.made_at else "calm"


class Ring(models.Model):
    """One rung carried out once: who was told, in which capacity and why, and whether they acknowledged."""

    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="rings")
    rung = models.ForeignKey(Rung, models.PROTECT, related_name="+", db_index=False)
    round = models.PositiveSmallIntegerField(default=1)
    planned_at = models.DateTimeField(_("planned"))
    rang_at = models.DateTimeField(_("rang"))
    skipped = models.BooleanField(
        _("skipped"), default=False, help_text="a reminder whose due time had passed"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="rings", verbose_name=_("told")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="who owed it when it rang",
    )
    position = models.CharField(_("as"), max_length=40, choices=Position.choices)
    reason = models.JSONField(default=dict, help_text="why this person: code and numbers, worded at display")
    repeat_at = models.DateTimeField(null=True, help_text="when it rings again unless acknowledged")
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("ring")
        verbose_name_plural = _("rings")
        constraints = [
            models.UniqueConstraint(fields=["deadline", "rung", "round"], name="ring_once"),
            models.CheckConstraint(
                condition=Q(skipped=True, person=None) | Q(skipped=False, person__isnull=False),
                name="ring_tells_somebody",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by=None)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="ring_acknowledged_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deadline_id}/{self.rung_id}/{self.round}"
