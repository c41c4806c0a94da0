"""The one clock that counts: the database server's."""

from datetime import UTC, datetime

from django.db import connection
from django.utils import timezone


def server_time() -> datetime:
    """Now, by the clock of the database server, the same for all workers; with SQLite the machine's own."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0].astimezone(UTC)
