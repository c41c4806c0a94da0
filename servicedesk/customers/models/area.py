"""Where households live, and who looks after them (R7.2.2.2)."""

from typing import Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class AreaQuerySet(models.QuerySet):
    def visible_to(self, user) -> Self:
        """Every active employee sees areas; nobody else does."""
        return self if user.is_authenticated and user.is_active else self.none()


class Area(models.Model):
    """A part of an estate with the one officer responsible for every household in it (R7.2.2.2).

    Who was its officer when stands in the timeline `area:<key>`.
    """

    name = models.CharField(_("name"), max_length=120, unique=True)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="areas",
        verbose_name=_("property officer"),
        help_text=_("Looks after every household of the area (R7.2.2.2)."),
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    objects = AreaQuerySet.as_manager()

    class Meta:
        verbose_name = _("area")
        verbose_name_plural = _("areas")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("customers:area", args=[self.pk])

    @property
    def key(self) -> str:
        """The name of its timeline."""
        return f"area:{self.pk}"
