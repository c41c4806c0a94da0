"""One way to write a day and a time in each language, for pages, notices and the administration alike."""

from datetime import datetime

import pytest
from django.conf import settings
from django.template import engines
from django.utils import translation
from django.utils.formats import date_format, get_format
from django.utils.timezone import get_default_timezone

from servicedesk.calendars.explaining import date_range
from servicedesk.formats.en import formats as english

MOMENT = datetime(2026, 11, 5, 9, 5, tzinfo=get_default_timezone())
NAMES = sorted(name for name in vars(english) if name.endswith("_FORMAT"))


@pytest.mark.parametrize(
    ("language", "day", "moment", "stretch"),
    [
        ("en", "5 Nov 2026", "5 Nov 2026 09:05", "5 to 7 Nov"),
        ("zh-hans", "2026年11月5日", "2026年11月5日 09:05", "11月5日至7日"),
        ("zh-hant", "2026年11月5日", "2026年11月5日 09:05", "11月5日至7日"),
    ],
)
def test_a_day_is_written_one_way_in_each_language(language, day, moment, stretch):
    short = engines["django"].from_string("{{ moment|date:'SHORT_DATE_FORMAT' }} {{ moment }}")
    with translation.override(language):
        assert date_format(MOMENT, "DATE_FORMAT") == day
        assert short.render({"moment": MOMENT}) == f"{day} {moment}"
        assert date_range(MOMENT.date(), MOMENT.date().replace(day=7)) == stretch


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
@pytest.mark.parametrize("name", NAMES)
def test_every_language_brings_every_format(language, name):
    with translation.override(language):
        assert get_format(name) != name  # an unknown name would be taken for a format itself
