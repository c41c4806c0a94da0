"""When somebody is away, and who stands in meanwhile."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from servicedesk.staff.models.organisation import Department
from servicedesk.staff.periods import period


class AbsenceQuerySet(models.QuerySet):
    def at(self, moment: datetime | Now) -> Self:
        """Absences under way at that moment, or by the database's own clock."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=moment), starts_at__lte=moment)

    def not_over(self, moment: datetime) -> Self:
        """Absences under way or still to come."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=moment))

    def overlapping(self, start: datetime, end: datetime | None) -> Self:
        """Absences that share a moment with `[start, end)`; None is no end."""
        found = self.not_over(start)
        return found.filter(starts_at__lt=end) if end else found

    def of_active(self) -> Self:
        """Absences of people who work here."""
        return self.filter(person__is_active=True)

    def shown_to(self, user) -> Self:
        """Those that the calendar shows: of the departments a person sees it of, and the own ones; not the reasons."""
        seen = Department.objects.with_absences_shown_to(user).values("pk")
        return self.of_active().filter(Q(person=user) | Q(person__department__in=seen))

    def visible_to(self, user) -> Self:
        """One's own, those of the people one leads, and all for who administers absences: with the reason."""
        if user.has_perm("staff.change_absence"):
            return self
        led = Department.objects.led_by(user).values("pk")
        return self.filter(Q(person=user) | Q(person__department__in=led))


class Absence(models.Model):
    """When a person is away and who stands in meanwhile (CASES y); half-open, `[starts_at, ends_at)`."""

    class Reason(models.TextChoices):
        LEAVE = "leave", _("Leave")
        SICK = "sick", _("Sick")
        TRAVEL = "travel", _("Business trip")
        TRAINING = "training", _("Training")
        EARLY = "early", _("Signed out early")
        OTHER = "other", _("Other reason")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="absences", verbose_name=_("employee")
    )
    starts_at = models.DateTimeField(_("away from"))
    ends_at = models.DateTimeField(
        _("away until"), null=True, blank=True, help_text=_("Left empty, until further notice.")
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason, default=Reason.LEAVE)
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deputises",
        verbose_name=_("deputy"),
        help_text=_("Left empty, the stand-in of the position, else the manager."),
    )

    objects = AbsenceQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["starts_at"]
        permissions = [("view_all_absences", _("Can see who is away in every department"))]
        indexes = [models.Index(fields=["ends_at"], name="absence_not_over")]  # what is under way or to come
        constraints = [
            models.CheckConstraint(
                name="absence_ends_after_it_starts",
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("The absence must end after it starts."),
            ),
            models.CheckConstraint(
                name="absence_deputy_is_somebody_else",
                condition=Q(deputy=None) | ~Q(deputy=F("person")),
                violation_error_message=_("Choose somebody else as deputy."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {timezone.localtime(self.starts_at):%Y-%m-%d}"

    @property
    def period(self) -> str:
        """From when to when, as people say it."""
        return period(self.starts_at, self.ends_at)

    def is_over(self, at: datetime) -> bool:
        """Whether it ended by then."""
        return self.ends_at is not None and self.ends_at <= at

    def overlaps(self, other: Self) -> bool:
        """Whether both hold one moment."""
        begins = max(self.starts_at, other.starts_at)
        return all(one.ends_at is None or one.ends_at > begins for one in (self, other))

    def refuses_another(self) -> ValidationError:
        """Why a second one for the same reason at the same time is not entered."""
        facts = {"name": self.person, "days": self.period}
        text = _("%(name)s is away for this reason already: %(days)s. Change that absence instead.")
        return ValidationError(text % facts, code="twice")

    def clean(self) -> None:
        """A deputy must be somebody who works here and can log in; nobody is away twice for one reason."""
        self._check_not_twice()
        if self.deputy and not (self.deputy.is_active and self.deputy.blocked_at is None):
            raise ValidationError(
                {"deputy": _("%(name)s cannot stand in; choose somebody else.") % {"name": self.deputy}}
            )

    def _check_not_twice(self) -> None:
        """Two people enter one absence twice: the second is told; a trigger has the last word."""
        if self.starts_at is None or self.person_id is None:
            return  # said elsewhere
        others = Absence.objects.filter(person=self.person, reason=self.reason).exclude(pk=self.pk)
        if other := others.overlapping(self.starts_at, self.ends_at).first():
            raise other.refuses_another()
