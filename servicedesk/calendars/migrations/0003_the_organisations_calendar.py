"""Monday to Friday 8:30 to 17:30 (R3.7.1a), with China's holidays of 2025 to 2027 (R5.8a)."""

from datetime import UTC, datetime, time

from django.conf import settings
from django.db import migrations
from django.utils import translation
from django.utils.translation import gettext as _

from servicedesk.calendars.editions import Source, digest, freeze
from servicedesk.calendars.library import SOURCE, holidays_of

REGION, YEARS = "CN", (2025, 2026, 2027)
HOURS = (time(8, 30), time(17, 30))


def create(apps, schema_editor):
    at = datetime.now(UTC)
    Calendar = apps.get_model("calendars", "Calendar")
    if Calendar.objects.exists():
        return
    sources, days = load(apps, at)
    weekly = {weekday: [HOURS] for weekday in range(5)}
    content = freeze(settings.TIME_ZONE, weekly, days, sources)
    with translation.override(settings.LANGUAGE_CODE):
        name = _("Office hours")
    calendar = Calendar.objects.create(
        name=name, timezone=settings.TIME_ZONE, region=REGION, is_default=True, version=1, digest=digest(content)
    )
    for weekday in weekly:
        calendar.hours.create(weekday=weekday, opens=HOURS[0], closes=HOURS[1])
    calendar.versions.create(version=1, content=content, digest=calendar.digest, at=at)


def load(apps, at):
    """The lists of the years, stored and as the frozen version wants them."""
    HolidayList = apps.get_model("calendars", "HolidayList")
    sources, all_days = [], []
    for year in YEARS:
        days, provisional = holidays_of(REGION, year)
        kept = HolidayList.objects.create(
            region=REGION, year=year, source=SOURCE, provisional=provisional, valid_since=at
        )
        for day in days:
            kept.rules.create(
                date=day.date,
                kind=day.kind,
                name_en=day.names["en"],
                name_zh_hans=day.names["zh-hans"],
                name_zh_hant=day.names["zh-hant"],
                is_core=day.is_core,
            )
        sources.append(Source(REGION, year, 1, provisional, SOURCE))
        all_days += days
    return sources, all_days


class Migration(migrations.Migration):

    dependencies = [("calendars", "0002_who_changed_what")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
