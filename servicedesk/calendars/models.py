from django.db import models
from django.utils.translation import gettext_lazy as _


class Calendar(models.Model):
    """Working hours of the organisation or of one department."""

    name = models.CharField(_("name"), max_length=80, unique=True)

    class Meta:
        verbose_name = _("work calendar")
        verbose_name_plural = _("work calendars")

    def __str__(self) -> str:
        return self.name
