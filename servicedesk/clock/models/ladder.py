"""The ladders by which what is owed is reminded and escalated (DESIGN 4)."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from servicedesk.regulations.span import UNITS, Span
from servicedesk.shipped import Shipped
from servicedesk.staff.positions import Position


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
