"""What was said: contacts with the customer, and notes among colleagues."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from servicedesk.audit.models import Words
from servicedesk.clock.models import Deadline
from servicedesk.customers.channels import Channel
from servicedesk.customers.models import ContactPerson
from tickets.models.ticket import Ticket


class ContactQuerySet(models.QuerySet):
    def told(self) -> Self:
        """What a customer was told, or what was put onto the file for one who cannot be; attempts are no news."""
        return self.filter(
            direction=Contact.Direction.OUT,
            mode__in=[Contact.Mode.SPOKEN, Contact.Mode.WRITTEN, Contact.Mode.ON_FILE],
            corrects=None,
        )


class Contact(models.Model):
    """One exchange with a customer: channel, direction, words. Never edited; a correction is a new contact (CASES r)."""

    class Direction(models.TextChoices):
        IN = "in", _("from the customer")
        OUT = "out", _("to the customer")

    class Mode(models.TextChoices):
        SPOKEN = "spoken", _("spoken")
        WRITTEN = "written", _("in writing")
        TRIED = "tried", _("tried, nobody answered")
        ON_FILE = "on_file", _("on the file")

    class Purpose(models.TextChoices):
        INTAKE = "intake", _("first contact")
        REPLY = "reply", _("reply")
        UPDATE = "update", _("update")
        INBOUND = "inbound", _("word from the customer")
        CHECK = "check", _("opinion check")
        CORRECTION = "correction", _("correction")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="contacts", db_index=False)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel.choices)
    person = models.ForeignKey(ContactPerson, models.PROTECT, null=True, related_name="+", db_index=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(help_text="stated by the person, or now")
    recorded_at = models.DateTimeField(db_default=Now(), help_text="the server's time")
    words = models.OneToOneField(Words, models.PROTECT, related_name="+")
    chased = models.BooleanField(_("the customer asked first"), default=False)
    accepted = models.BooleanField(
        _("the customer accepted the answer"),
        db_default=False,
        default=False,
        help_text="in this very contact; the proof of what closes by it (R1.1d)",
    )
    odd_hours = models.ForeignKey(
        Words, models.PROTECT, null=True, related_name="+", db_index=False,
        help_text="why the customer was contacted outside the hours they prefer (R5.10.3a)",
    )  # fmt: skip
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="corrections", db_index=False
    )

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.CheckConstraint(
                condition=~Q(mode__in=["tried", "on_file"]) | Q(direction="out"), name="contact_tried_by_us"
            ),
            models.CheckConstraint(
                condition=Q(accepted=False)
                | Q(direction="out", purpose="reply", mode__in=["spoken", "written"]),
                name="contact_accepted_is_heard",
            ),
        ]
        indexes = [
            models.Index(fields=["ticket", "at"], name="contact_of_ticket"),  # the ticket page
            models.Index(
                fields=["at"], name="contact_apart", condition=Q(mode="tried") | Q(chased=True)
            ),  # figures: replies that are counted apart
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.purpose} {self.at:%Y-%m-%d %H:%M}"

    @property
    def reached(self) -> bool:
        """Whether the customer heard or was left words in writing; counted apart from being kept (CASES c)."""
        return self.mode in (self.Mode.SPOKEN, self.Mode.WRITTEN)


class Reading(models.Model):
    """A reply that no customer can be told, read by the manager by the promised time instead (CASES g, h)."""

    contact = models.OneToOneField(Contact, models.PROTECT, related_name="reading")
    deadline = models.OneToOneField(Deadline, models.PROTECT, related_name="reading")
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        constraints = [
            models.CheckConstraint(
                condition=Q(read_at=None, read_by=None) | Q(read_at__isnull=False, read_by__isnull=False),
                name="reading_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}"


class Note(models.Model):
    """An internal note; never shown to a customer. Who is mentioned may see the ticket."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    words = models.OneToOneField(Words, models.PROTECT, related_name="+")
    mentioned = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="mentioned_in", blank=True)

    class Meta:
        verbose_name = _("internal note")
        verbose_name_plural = _("internal notes")

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.at:%Y-%m-%d %H:%M}"
