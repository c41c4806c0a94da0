"""Everything owed, and the ladders by which it is reminded and escalated (DESIGN 4)."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from servicedesk.regulations.span import UNITS, Span
from servicedesk.shipped import Shipped
from servicedesk.staff.covering import covered_by
from servicedesk.staff.models import Department, User
from servicedesk.staff.positions import Position

if TYPE_CHECKING:
    from servicedesk.calendars.models import Calendar


class LadderQuerySet(models.QuerySet["Ladder"]):
    def active(self, kind: str) -> Ladder | None:
        """The ladder that new deadlines of this kind take; None where that kind only breaks and never rings."""
        return self.filter(kind=kind, active=True).first()


class Ladder(Shipped, models.Model):
    """One version of the steps by which deadlines of a kind are reminded and escalated (S4, S5; CASES u).

    Saving a changed ladder makes a new version; running deadlines keep theirs.
    """

    kind = models.SlugField(_("kind of deadline"), max_length=40)
    name = models.CharField(_("name"), max_length=120)
    version = models.PositiveIntegerField(_("version"), default=1)
    active = models.BooleanField(_("in force"), default=True)
    never_waits = models.BooleanField(
        _("never waits for working hours"),
        default=False,
        help_text=_("For serious matters: notices go out at night too."),
    )
    made_at = models.DateTimeField(_("since"), db_default=Now())
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("by"),
    )

    objects = LadderQuerySet.as_manager()

    class Meta:
        verbose_name = _("ladder")
        verbose_name_plural = _("ladders")
        ordering = ["kind", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="ladder_versioned_once"),
            models.UniqueConstraint(fields=["kind"], condition=Q(active=True), name="ladder_one_in_force"),
        ]

    def __str__(self) -> str:
        return f"{self.shown_name} ({self.version})"

    @property
    def shipped_code(self) -> str:
        return f"ladder:{self.kind}"


A_WEEK = 7 * 24 * 60  # minutes
FURTHEST = {  # of each unit, about a year: what lies further off is a slip of the hand
    "seconds": 31_536_000,
    "minutes": 525_600,
    "hours": 8_760,
    "days": 366,
    "working_hours": 2_000,
    "working_days": 250,
    "months": 12,
    "quarters": 4,
    "years": 1,
}


def _within(limits: dict[str, int]) -> list[Q]:
    """One condition for each unit; no amount at all needs no unit."""
    return [Q(amount=0), *(Q(unit=unit, amount__lte=most) for unit, most in limits.items())]


class Rung(models.Model):
    """One step of a ladder: when it rings, whom it reaches, and what is expected of them."""

    class When(models.TextChoices):
        BEFORE = "before", _("before the due time")
        AFTER = "after", _("after the due time")
        SHARE = "share", _("at a share of the interval")

    ladder = models.ForeignKey(Ladder, models.CASCADE, related_name="rungs")
    number = models.PositiveSmallIntegerField(_("step"), validators=[MinValueValidator(1)])
    when = models.CharField(_("when"), max_length=6, choices=When.choices)
    amount = models.PositiveIntegerField(
        _("how much"), default=0, help_text=_("0 means at once; for a share, per cent.")
    )
    unit = models.CharField(_("unit"), max_length=16, choices=UNITS, default="hours", blank=True)
    position = models.CharField(_("whom"), max_length=40, choices=Position.choices)
    acknowledge = models.BooleanField(_("asks for acknowledgement"), default=False)
    silent_after = models.PositiveIntegerField(
        _("goes to the deputy after"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(A_WEEK)],
        help_text=_("Minutes without acknowledgement."),
    )
    repeat_every = models.PositiveIntegerField(
        _("repeats every"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(A_WEEK)],
        help_text=_("Minutes, until acknowledged."),
    )
    rounds = models.PositiveSmallIntegerField(
        _("further rounds"), default=0, validators=[MaxValueValidator(50)]
    )

    class Meta:
        verbose_name = _("step of the ladder")
        verbose_name_plural = _("steps of the ladder")
        ordering = ["ladder", "number"]
        constraints = [
            models.UniqueConstraint(fields=["ladder", "number"], name="rung_numbered_once"),
            models.CheckConstraint(
                condition=~Q(when="share") | Q(amount__gt=0, amount__lt=100),
                name="rung_share_between",
                violation_error_message=_("A share of the interval lies between 1 and 99 per cent."),
            ),
            models.CheckConstraint(
                condition=Q(acknowledge=True) | Q(silent_after=None, repeat_every=None, rounds=0),
                name="rung_repeats_only_until_acknowledged",
                violation_error_message=_(
                    "Only a step that asks for acknowledgement can repeat or go to the deputy."
                ),
            ),
            models.CheckConstraint(
                condition=Q(rounds=0) | Q(repeat_every__gt=0),
                name="rung_rounds_need_interval",
                violation_error_message=_("Say after how many minutes the step repeats."),
            ),
            models.CheckConstraint(
                condition=Q(when="share") | reduce(or_, _within(FURTHEST)),
                name="rung_within_a_year",
                violation_error_message=_("A step lies at most a year from the due time."),
            ),
            models.CheckConstraint(
                condition=Q(rounds__lte=50)
                & (Q(silent_after=None) | Q(silent_after__lte=A_WEEK))
                & (Q(repeat_every=None) | Q(repeat_every__lte=A_WEEK)),
                name="rung_repeats_within_a_week",
                violation_error_message=_("A step repeats after at most a week, and at most fifty times."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.get_position_display()}"

    @property
    def is_reminder(self) -> bool:
        """Whether the step comes before the due time."""
        return self.when != self.When.AFTER

    @property
    def span(self) -> Span:
        """The distance from the due time; meaningless for a share."""
        return Span(self.amount, self.unit)

    def clean(self) -> None:
        if self.when != self.When.SHARE and self.amount and not self.unit:
            raise ValidationError({"unit": _("Choose a unit.")})
        if self.when == self.When.BEFORE and self.unit.startswith("working"):
            raise ValidationError(
                {"unit": _("Before the due time a step is counted by the clock on the wall.")}
            )
        if self.when == self.When.BEFORE and not self.amount:
            raise ValidationError({"amount": _("Say how long before the due time.")})


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


class HeartbeatManager(models.Manager):
    def beat(self, name: str, *, at: datetime) -> None:
        """Note that this has run, by one statement: with nothing due it is half of what a sweep costs."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO clock_heartbeat (name, at) VALUES (%s, %s)"
                " ON CONFLICT (name) DO UPDATE SET at = excluded.at",
                [name, connection.ops.adapt_datetimefield_value(at)],
            )


class Heartbeat(models.Model):
    """When the sweep, the beat and the back-up last ran, for /readyz and the health page."""

    name = models.CharField(primary_key=True, max_length=20)
    at = models.DateTimeField()

    objects = HeartbeatManager()

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")
        permissions = [("view_health", _("Can see the health page"))]

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"
