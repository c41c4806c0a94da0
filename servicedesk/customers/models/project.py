"""What we delivered to a customer, who answers for it, and where it stands."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .customer import Customer


class State(models.TextChoices):
    DRAFT = "draft", _("in preparation")
    ACTIVE = "active", _("in service")
    ENDED = "ended", _("service ended")


class ProjectQuerySet(models.QuerySet):
    def visible_to(self, user) -> Self:
        """Every active employee sees projects; nobody else does."""
        return self if user.is_authenticated and user.is_active else self.none()

    def active(self) -> Self:
        return self.filter(state=State.ACTIVE)


class Project(models.Model):
    """A delivery to a customer; while in service a fault in it is passed on to salesperson and executive (R5.7b)."""

    State = State

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="projects", verbose_name=_("customer")
    )
    number = models.CharField(_("project number"), max_length=16, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.DRAFT)
    salesperson = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="projects_signed",
        verbose_name=_("signing salesperson"),
    )
    executive = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="projects_in_charge",
        verbose_name=_("executive in charge"),
    )
    project_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="projects_managed",
        verbose_name=_("project manager"),
    )
    delivered_on = models.DateField(_("delivered for use on"), null=True, blank=True)
    service_ends_on = models.DateField(_("service ends on"), null=True, blank=True)
    origin = models.CharField(
        _("taken over from"),
        max_length=40,
        blank=True,
        editable=False,
        help_text=_("name of the other system"),
    )
    external_number = models.CharField(
        _("number there"), max_length=60, null=True, blank=True, editable=False
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="project_active_has_people",
                condition=~Q(state=State.ACTIVE) | Q(salesperson__isnull=False, executive__isnull=False),
                violation_error_message=_(
                    "A project in service needs its signing salesperson and the executive in charge: they are told"
                    " of every fault (R5.7b)."
                ),
            ),
            models.CheckConstraint(
                name="project_ends_after_delivery",
                condition=Q(service_ends_on=None)
                | Q(delivered_on=None)
                | Q(service_ends_on__gt=F("delivered_on")),
                violation_error_message=_("Service ends after the day of delivery."),
            ),
            models.UniqueConstraint(
                fields=["origin", "external_number"],
                condition=Q(external_number__isnull=False),
                name="project_taken_over_once",
                violation_error_message=_("A project with this number was taken over before."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Site(models.Model):
    """A place where we serve a customer."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="sites", verbose_name=_("customer"))
    project = models.ForeignKey(
        Project, models.SET_NULL, null=True, blank=True, related_name="sites", verbose_name=_("project")
    )
    name = models.CharField(_("name"), max_length=120)
    address = models.TextField(_("address"), max_length=500, blank=True)
    active = models.BooleanField(_("in use"), default=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
