"""What the organisation decides about its matters: processes and categories."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from servicedesk.shipped import Shipped
from servicedesk.staff.models import Department


class Kind(models.TextChoices):
    """The kinds of matter (CASES a)."""

    COMPLAINT = "complaint", _("complaint")
    FAULT = "fault", _("fault")
    REQUEST = "request", _("service request")
    INQUIRY = "inquiry", _("inquiry")
    SUGGESTION = "suggestion", _("suggestion")
    TASK = "task", _("task")


class Process(models.Model):
    """What one kind of matter demands from intake to closing (CASES a, s)."""

    class Closing(models.TextChoices):
        CHECK = "check", _("an opinion check")
        ANSWER = "answer", _("acceptance, or a written answer without objection")
        DECISION = "decision", _("the decision being told")
        REQUESTER = "requester", _("the requester's confirmation")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, primary_key=True)
    closes_by = models.CharField(_("closed by"), max_length=10, choices=Closing.choices)
    full_intake = models.BooleanField(
        _("full intake"), default=False, help_text=_("Read-back, wanted outcome and severity are compulsory.")
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("process")
        verbose_name_plural = _("processes")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="task", closes_by="requester")
                | ~(Q(kind="task") | Q(closes_by="requester")),
                name="process_task_by_requester",
                violation_error_message=_("A task is confirmed by who asked for it, and nothing else is."),
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    def clean(self) -> None:
        if (self.kind == Kind.TASK) != (self.closes_by == self.Closing.REQUESTER):
            raise ValidationError(
                {"closes_by": _("A task is confirmed by who asked for it, and nothing else is.")}
            )

    @property
    def demands_check(self) -> bool:
        return self.closes_by == self.Closing.CHECK


class Category(Shipped, models.Model):
    """What a matter is about, and the unit responsible for it; of kind 'task' it is a task type (R3.1.1, R4.5a)."""

    name = models.CharField(_("name"), max_length=120)
    code = models.SlugField(_("code"), max_length=60, unique=True)
    kind = models.CharField(
        _("only for"),
        max_length=12,
        choices=Kind.choices,
        blank=True,
        help_text=_("Left empty, for every kind."),
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("responsible department"),
    )
    deputies = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("deputies"),
        help_text=_("Who has charge of it when the responsible leader is away (R5.2.4b)."),
    )  # fmt: skip
    active = models.BooleanField(_("offered"), default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name", "kind"], name="category_named_once_a_kind")]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shipped_code(self) -> str:
        return f"category:{self.code}"

    @classmethod
    def for_kind(cls, kind: str) -> models.QuerySet["Category"]:
        """The categories offered for a kind of matter."""
        return cls.objects.filter(Q(kind=kind) | Q(kind=""), active=True)
