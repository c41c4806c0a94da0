"""The stored result of each nightly audit, for the health page."""

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from .invariants import Finding


class AuditRun(models.Model):
    """One run of all checks."""

    started_at = models.DateTimeField(_("started at"))
    seconds = models.FloatField(_("duration in seconds"))
    violations = models.PositiveBigIntegerField(_("violations"))
    findings = models.JSONField(
        _("audit findings"), help_text=_("per check: code, name, violations, seconds, examples")
    )

    class Meta:
        verbose_name = _("audit run")
        verbose_name_plural = _("audit runs")
        get_latest_by = "started_at"

    def __str__(self) -> str:
        return date_format(localtime(self.started_at), "DATETIME_FORMAT")


def keep_run(findings: Iterable[Finding], *, at: datetime) -> AuditRun:
    """Store what an audit begun at `at` found."""
    found = list(findings)
    return AuditRun.objects.create(
        started_at=at,
        seconds=sum(one.seconds for one in found),
        violations=sum(one.violations for one in found),
        findings=[one.as_json() for one in found],
    )
