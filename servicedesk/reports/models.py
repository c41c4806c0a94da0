"""The right to see figures. They are counted from what others keep, so that no table of their own can differ."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Figure(models.Model):
    """No table: the bearer of the permission, which roles hold (DESIGN 7)."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [("view_figures", _("Can see the figures of the units led, or of all"))]

    def __str__(self) -> str:
        return "figure"
