"""The word given: promises, and the question after the remedy."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.models import Words
from servicedesk.clock.models import Deadline
from servicedesk.customers.channels import Channel
from servicedesk.customers.models import ContactPerson
from tickets.models.contact import Contact
from tickets.models.ticket import Ticket


class PromiseQuerySet(models.QuerySet):
    def live(self) -> Self:
        """Promises not yet settled by a reply, overdue ones included."""
        return self.filter(deadline__settled_at=None)

    def due_within(self, span: timedelta, *, at: datetime) -> Self:
        """Live promises that fall due in the coming span."""
        return self.live().filter(deadline__due_at__range=(at, at + span))


class Promise(models.Model):
    """A reply promised to the customer by a stated time (R1.1e)."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="promises", db_index=False)
    deadline = models.OneToOneField(Deadline, models.PROTECT, related_name="promise")
    number = models.PositiveSmallIntegerField(_("number"), help_text="1 for the first promise on the ticket")
    words = models.OneToOneField(
        Words, models.PROTECT, related_name="+", help_text="what the customer will be told"
    )
    channel = models.CharField(_("channel"), max_length=12, choices=Channel.choices)
    person = models.ForeignKey(ContactPerson, models.PROTECT, null=True, related_name="+", db_index=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    wished = models.BooleanField(default=False, help_text="the customer asked for this later time (CASES d)")
    reply = models.OneToOneField(Contact, models.PROTECT, null=True, related_name="settles")

    objects = PromiseQuerySet.as_manager()

    class Meta:
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "number"],
                name="promise_numbered_once",
                violation_error_message=_("A reply is already promised on this ticket."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}/{self.number}"


class OpinionCheckQuerySet(models.QuerySet["OpinionCheck"]):
    def of_requesters(self) -> Self:
        """Confirmations that a task is done."""
        return self.filter(form=OpinionCheck.Form.REQUESTER)


class OpinionCheck(models.Model):
    """The question after the remedy, the second person's confirmation in its stead, or the requester's that a task is
    done (R1.2g; CASES a, g, h, w).

    One row an asking: nobody reached ends it and the next one is opened.
    """

    class Form(models.TextChoices):
        CUSTOMER = "customer", _("asked of the customer")
        CONFIRMATION = "confirmation", _("confirmed by a second person")
        REQUESTER = "requester", _("confirmed by who asked for the task")

    class Outcome(models.TextChoices):
        SATISFIED = "satisfied", _("satisfied")
        DISSATISFIED = "dissatisfied", _("dissatisfied")
        NOT_REACHED = "not_reached", _("not reached")
        WITHDRAWN = "withdrawn", _("withdrawn")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="checks", db_index=False)
    deadline = models.OneToOneField(
        Deadline,
        models.PROTECT,
        null=True,
        related_name="check_owed",
        help_text="none where the acceptance was the check",
    )
    number = models.PositiveSmallIntegerField()
    form = models.CharField(max_length=12, choices=Form.choices, default=Form.CUSTOMER)
    solver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, null=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField(null=True)
    contact = models.OneToOneField(Contact, models.PROTECT, null=True, related_name="check_made")

    objects = OpinionCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("opinion check")
        verbose_name_plural = _("opinion checks")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "number"], name="check_numbered_once"),
            models.UniqueConstraint(fields=["ticket"], condition=Q(outcome=None), name="check_one_open"),
            models.CheckConstraint(
                condition=Q(outcome=None, asked_at=None) | Q(outcome__isnull=False, asked_at__isnull=False),
                name="check_outcome_with_time",
            ),
            models.CheckConstraint(
                condition=Q(deadline__isnull=False) | Q(outcome="satisfied"), name="check_open_is_owed"
            ),
            models.CheckConstraint(
                condition=~Q(form="confirmation")
                | Q(asked_by=None)
                | ~Q(asked_by=F("solver"))
                | Q(outcome="withdrawn"),
                name="check_confirmed_by_another",
                violation_error_message=_("Somebody other than the person who solved it has to confirm."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_by"], name="check_of_requester", condition=Q(form="requester")
            ),  # the tasks that somebody confirmed: visible_to()
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}/{self.number}"

    @property
    def owed(self) -> Deadline:
        """The deadline of a check that is owed. Raises LookupError for one made in the acceptance itself."""
        if self.deadline is None:
            raise LookupError("this check was made in the acceptance")
        return self.deadline
