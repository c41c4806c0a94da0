"""Numbers that people can say on the telephone: 2026-000123, without holes, starting anew each year."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from tickets.models import NumberSeries


@transaction.atomic
def draw_numbers(count: int, *, at: datetime) -> list[str]:
    """The next `count` ticket numbers of the year that `at` falls in, in the organisation's zone.

    The series' row stays locked until the caller's transaction ends, so that no number is lost or given twice.
    """
    year = at.astimezone(ZoneInfo(settings.TIME_ZONE)).year
    last = _draw(year, count)
    if last is None:
        NumberSeries.objects.get_or_create(year=year)
        last = _draw(year, count) or 0
    return [f"{year}-{number:06}" for number in range(last - count + 1, last + 1)]


def _draw(year: int, count: int) -> int | None:
    """The last of so many numbers, by one statement, for every intake draws; None before the first of a year."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tickets_numberseries SET last = last + %s WHERE year = %s RETURNING last", [count, year]
        )
        row = cursor.fetchone()
    return row and row[0]
