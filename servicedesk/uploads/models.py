"""A file handed in, and how far its import has come."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

LEASE = timedelta(minutes=3)  # a worker that has said nothing for so long is taken for dead


class Kind(models.TextChoices):
    """What the rows of a file are."""

    STAFF = "staff", _("people and departments")
    CUSTOMERS = "customers", _("customers and contact persons")
    PROJECTS = "projects", _("projects")
    AREAS = "areas", _("areas and households")
    TICKETS = "tickets", _("tickets")


class UploadQuerySet(models.QuerySet):
    def visible_to(self, user) -> Self:
        """Who may import sees what was imported, by whomever; nobody else does."""
        return self if user.has_perm("uploads.import_files") else self.none()

    def going_on(self) -> Self:
        """Those that a worker carries out, or should."""
        return self.filter(state__in=GOING_ON)

    def left_alone(self, at: datetime) -> Self:
        """Those that no worker is at: its message was lost, or the worker died."""
        return self.going_on().filter(Q(beat_at=None) | Q(beat_at__lt=at - LEASE))

    def being_read(self, at: datetime) -> Self:
        """Those that a worker is at."""
        return self.going_on().filter(beat_at__gte=at - LEASE)


class Upload(models.Model):
    """One file on its way in. The file and the report of what was refused lie outside the database (`storing.py`)."""

    class State(models.TextChoices):
        NEW = "new", _("looked at")
        TRYING = "trying", _("being tried")
        TRIED = "tried", _("tried")
        RUNNING = "running", _("being taken in")
        DONE = "done", _("taken in")
        STOPPED = "stopped", _("broken off")
        UNUSABLE = "unusable", _("not usable")

    Kind = Kind

    kind = models.CharField(_("what its rows are"), max_length=12, choices=Kind)
    name = models.CharField(_("file"), max_length=200)
    stored = models.CharField(max_length=32, unique=True, editable=False)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    options = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("handed in by")
    )
    at = models.DateTimeField(_("handed in at"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.NEW)

    position = models.PositiveBigIntegerField(default=0, help_text=_("bytes read so far"))
    read = models.PositiveIntegerField(_("read"), default=0)
    taken = models.PositiveIntegerField(_("taken"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    notes = models.JSONField(default=list, blank=True, help_text=_("what a dry run tells besides its counts"))
    problem = models.TextField(_("why it is not usable"), blank=True)

    claim = models.CharField(max_length=16, blank=True, editable=False)
    beat_at = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    removed_at = models.DateTimeField(_("file deleted at"), null=True, blank=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        permissions = [("import_files", _("Can take in files"))]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(state__in=["trying", "running"]),
                name="upload_one_at_a_time",
                violation_error_message=_(
                    "Another file of this kind is being read. Wait until it has ended."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("uploads:upload", args=[self.pk])

    @property
    def key(self) -> str:
        """The name of its timeline."""
        return f"import:{self.pk}"

    @property
    def is_going_on(self) -> bool:
        return self.state in GOING_ON

    @property
    def is_waiting(self) -> bool:
        """Whether it was started and no worker has come to it yet."""
        return self.is_going_on and self.beat_at is None

    @property
    def was_interrupted(self) -> bool:
        """Whether a worker died over it and another one goes on: what the first took in counts as unchanged."""
        return self.attempts > 1

    @property
    def percent(self) -> int:
        """How much of the file has been read."""
        return min(100, 100 * self.position // max(1, self.size))

    @property
    def version(self) -> str:
        """Another one means that the page shows something else."""
        shown = (self.state, self.position, self.read, self.taken, self.refused, self.attempts)
        return "-".join(str(part) for part in shown)


GOING_ON = (Upload.State.TRYING, Upload.State.RUNNING)
