"""Whose a ticket is, what it is marked as, which colleagues it is about, and who wants it void."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.models import Words
from servicedesk.staff.models import Department
from tickets.models.policies import Kind
from tickets.models.ticket import Ticket


class OwnershipPeriod(models.Model):
    """How long somebody was responsible; periods tile the time from receipt to closing (INV 1)."""

    class How(models.TextChoices):
        RECEIVED = "received", _("first asked")
        NAMED = "named", _("named at import")
        TAKEN_OVER = "taken_over", _("taken over")
        LEAVER = "leaver", _("passed on when a colleague left")
        REOPENED = "reopened", _("reopened")
        COMPLAINT = "complaint", _("passed on because the complaint is about the owner")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="periods", db_index=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", db_index=False)
    how = models.CharField(max_length=12, choices=How.choices)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("ownership")
        verbose_name_plural = _("ownerships")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(to_at=None), name="ownership_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(to_at=None) | Q(to_at__gte=F("from_at")), name="ownership_runs_forward"
            ),
        ]
        indexes = [
            models.Index(fields=["ticket", "from_at"], name="ownership_of_ticket"),
            models.Index(fields=["from_at", "department"], name="ownership_begun"),  # figures: what came
            models.Index(
                fields=["to_at", "department"], name="ownership_ended", condition=Q(to_at__isnull=False)
            ),  # figures: what left
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.owner_id}"


class Mark(models.Model):
    """One of the four kinds of 'serious' on a ticket; it may bear several (REGULATIONS 0.9)."""

    class Code(models.TextChoices):
        SERIOUS_EVENT = "serious_event", _("serious event")
        SIGNIFICANT = "significant", _("significant matter")
        MAJOR_FAULT = "major_fault", _("major fault")
        MAJOR_PROBLEM = "major_problem", _("major problem")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="marks")
    code = models.CharField(_("mark"), max_length=14, choices=Code.choices)
    reason = models.OneToOneField(Words, models.PROTECT, related_name="+")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    set_at = models.DateTimeField()
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("mark")
        verbose_name_plural = _("marks")
        permissions = [("lift_significant", _("Can lift the mark of a significant matter"))]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "code"], condition=Q(lifted_at=None), name="mark_stands_once"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="mark_lifted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(code__in=["serious_event", "significant", "major_fault", "major_problem"]),
                name="mark_is_one_of_four",
            ),
        ]

    def __str__(self) -> str:
        return self.get_code_display()


class ComplainedAboutQuerySet(models.QuerySet):
    def standing(self) -> Self:
        """Those that nobody has lifted."""
        return self.filter(lifted_at=None)

    def people(self, ticket: Ticket) -> set[int]:
        """The colleagues whom a ticket is about; only complaints are about anybody."""
        if ticket.kind != Kind.COMPLAINT or ticket.pk is None:
            return set()
        return set(self.standing().filter(ticket=ticket).values_list("person", flat=True))


class ComplainedAbout(models.Model):
    """A colleague whom a complaint is about: neither its owner nor a judge of it while that stands (CASES n)."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="complained_about", db_index=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("complained about")
    )
    reason = models.OneToOneField(
        Words, models.PROTECT, null=True, related_name="+", help_text="none where the first words say it"
    )
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    named_at = models.DateTimeField()
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    lifted_at = models.DateTimeField(null=True)

    objects = ComplainedAboutQuerySet.as_manager()

    class Meta:
        verbose_name = _("colleague complained about")
        verbose_name_plural = _("colleagues complained about")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "person"], condition=Q(lifted_at=None), name="complained_about_once"
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="complained_about_lifted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(lifted_by=None) | ~Q(lifted_by=F("person")),
                name="complained_about_lifted_by_another",
            ),
        ]
        indexes = [models.Index(fields=["ticket"], name="complained_about_of_ticket")]  # people()

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.person_id}"


class VoidRequest(models.Model):
    """Mistake, test or spam: one person asks with a reason, another confirms or refuses (CASES j)."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="void_requests")
    reason = models.OneToOneField(Words, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    confirmed = models.BooleanField(null=True)

    class Meta:
        verbose_name = _("request to void")
        verbose_name_plural = _("requests to void")
        constraints = [
            models.UniqueConstraint(fields=["ticket"], condition=Q(confirmed=None), name="void_asked_once"),
            models.CheckConstraint(
                condition=Q(confirmed=None, decided_by=None, decided_at=None)
                | Q(confirmed__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
                name="void_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="void_decided_by_another",
                violation_error_message=_("Somebody other than the person who asked has to confirm."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}"
