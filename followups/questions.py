"""Which holidays the calendars in use still wait for (R5.8a)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.calendars.models import Calendar
from servicedesk.regulations.questions import Gap, Question, ask
from servicedesk.regulations.standing import setting_at


def tell() -> None:
    """Called in `ready()`."""
    ask(
        Question(
            "holidays",
            gettext_lazy("Are the holidays known by which the working days are counted?"),
            "R5.8a",
            judge=lists_open,
            help=gettext_lazy("The list of next year is asked for from the day on that S37 names."),
        )
    )


def lists_open(at: datetime) -> Iterator[Gap]:
    today = at.astimezone(ZoneInfo(settings.TIME_ZONE))
    from_day = setting_at("S37", at)
    years = [today.year]
    if (today.month, today.day) >= (from_day.month, from_day.day):
        years.append(today.year + 1)
    for year in years:
        for region in Calendar.objects.regions_waiting(year):
            query = urlencode({"region": region, "year": str(year)})
            url = f"{reverse('admin:calendars_holidaylist_load')}?{query}"
            facts = {"region": region, "year": year}
            yield Gap(_("%(region)s %(year)d: no published list") % facts, url)
