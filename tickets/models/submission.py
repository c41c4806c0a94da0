"""Forms that were sent: one form makes one ticket."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.models.ticket import Ticket


class Submission(models.Model):
    """The ticket that one intake form made, so that the same form sent again makes no second one."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=32, help_text="drawn when the form was shown")
    ticket = models.OneToOneField(Ticket, models.PROTECT, related_name="submission")

    class Meta:
        verbose_name = _("form sent")
        verbose_name_plural = _("forms sent")
        constraints = [
            models.UniqueConstraint(
                fields=["by", "key"],
                name="submission_once",
                violation_error_message=_("This form has been sent already."),
            ),
        ]

    def __str__(self) -> str:
        return self.key
