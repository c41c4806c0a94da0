"""Numbers that people can say on the telephone: 2026-000123, without holes, starting anew each year."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F

from tickets.models import NumberSeries


@transaction.atomic
def draw_numbers(count: int, *, at: datetime) -> list[str]:
    """The next `count` ticket numbers of the year that `at` falls in, in the organisation's zone.

    The series' row stays locked until the caller's transaction ends, so that no number is lost or given twice.
    """
    year = at.astimezone(ZoneInfo(settings.TIME_ZONE)).year
    NumberSeries.objects.get_or_create(year=year)
    NumberSeries.objects.filter(year=year).update(last=F("last") + count)
    last = NumberSeries.objects.get(year=year).last
    return [f"{year}-{number:06}" for number in range(last - count + 1, last + 1)]
