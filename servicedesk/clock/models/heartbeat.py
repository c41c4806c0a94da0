"""When each part of the clock last ran."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, models
from django.utils.translation import gettext_lazy as _


class HeartbeatManager(models.Manager):
    def beat(self, name: str, *, at: datetime) -> None:
        """Note that this has run, by one statement: with nothing due it is half of what a sweep costs."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO clock_heartbeat (name, at) VALUES (%s, %s)"
                " ON CONFLICT (name) DO UPDATE SET at = excluded.at",
                [name, connection.ops.adapt_datetimefield_value(at)],
            )


class Heartbeat(models.Model):
    """When the sweep, the beat and the back-up last ran, for /readyz and the health page."""

    name = models.CharField(primary_key=True, max_length=20)
    at = models.DateTimeField()

    objects = HeartbeatManager()

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")
        permissions = [("view_health", _("Can see the health page"))]

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"
