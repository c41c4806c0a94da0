from django.db import models
from django.utils.translation import gettext_lazy as _

from servicedesk.clock.models import Deadline


class HolidayListDuty(models.Model):
    """Next year's holiday list, owed to the calendars by an administrator (R5.8a, S37); once a region and year."""

    region = models.CharField(_("holidays of"), max_length=9)
    year = models.PositiveSmallIntegerField(_("year"))
    deadline = models.OneToOneField(Deadline, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("missing holiday list")
        verbose_name_plural = _("missing holiday lists")
        constraints = [models.UniqueConstraint(fields=["region", "year"], name="holiday_list_owed_once")]

    def __str__(self) -> str:
        return f"{self.region} {self.year}"
