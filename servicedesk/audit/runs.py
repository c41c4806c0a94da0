"""The audit of each night and its stored result, for the health page."""

from datetime import date, datetime, timedelta
from time import perf_counter

from django.db import models
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from .invariants import findings
from .seals import DailySeal

QUICK = 60  # seconds: a full run that takes no longer is made every night
FULL_AGAIN = timedelta(days=6, hours=12)  # so every seventh night, whatever the minute at which it began


class AuditRun(models.Model):
    """One run of all checks."""

    started_at = models.DateTimeField(_("started at"))
    seconds = models.FloatField(_("duration in seconds"))
    since = models.DateField(
        _("timelines moved since"), null=True, help_text=_("the seal of that day; empty where all were read")
    )
    sealed = models.DateField(null=True, help_text="the last day under seal when it began")
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


def audit_by_night(at: datetime) -> AuditRun:
    """Check what always must hold, in full or what moved since the last full run that was clean, and store the result."""
    since, last = moved_since_when(at), DailySeal.objects.order_by("day").last()
    started = perf_counter()
    found = list(findings(since=since))
    return AuditRun.objects.create(
        started_at=at,
        seconds=perf_counter() - started,
        since=since,
        sealed=last.day if last else None,
        violations=sum(one.violations for one in found),
        findings=[one.as_json() for one in found],
    )


def moved_since_when(at: datetime) -> date | None:
    """From which seal on the coming audit reads timelines; None for all of them.

    That is so until a full run was clean, after a week, and every night on a desk where it takes no minute.
    """
    full = AuditRun.objects.filter(since=None).order_by("started_at").last()
    if full is None or full.violations or full.seconds <= QUICK or at - full.started_at > FULL_AGAIN:
        return None
    return full.sealed
