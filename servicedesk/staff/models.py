from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Department(models.Model):
    """One unit of the organisation; departments form a tree."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="manages",
        verbose_name=_("manager"),
    )
    deputy_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("manager's stand-in"),
    )
    executive = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="in_charge_of",
        verbose_name=_("executive in charge"),
        help_text=_("Left empty, the executive of the unit above."),
    )
    deputy_executive = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("executive's stand-in"),
    )
    calendar = models.ForeignKey(
        "calendars.Calendar",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("work calendar"),
        help_text=_("Left empty, the calendar of the unit above, else the organisation's."),
    )

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """An employee who may log in; the name shown to customers is `display_name`."""

    display_name = models.CharField(_("name shown to customers"), max_length=80)
    employee_number = models.CharField(
        _("employee number"), max_length=20, null=True, blank=True, unique=True
    )
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    timezone = models.CharField(_("time zone"), max_length=60, default=settings.TIME_ZONE)
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("department")
    )

    class Meta:
        verbose_name = _("employee")
        verbose_name_plural = _("employees")
        ordering = ["display_name"]

    def __str__(self) -> str:
        return self.display_name or self.username
