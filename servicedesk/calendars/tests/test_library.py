from datetime import date

import pytest
from django.core.management import CommandError, call_command

from servicedesk.calendars.library import UnknownRegionError, holidays_of
from servicedesk.calendars.models import Calendar, HolidayList
from servicedesk.calendars.texts import format_hours, parse_hours


def test_chinas_2026_is_as_the_state_council_announced():
    days, provisional = holidays_of("CN", 2026)

    off = [day.date for day in days if day.kind != "work"]
    spans = [(1, 1, 3), (2, 15, 23), (4, 4, 6), (5, 1, 5), (6, 19, 21), (9, 25, 27), (10, 1, 7)]
    assert off == [date(2026, month, n) for month, first, last in spans for n in range(first, last + 1)]
    assert [day.date.strftime("%m%d") for day in days if day.kind == "work"] == [
        "0104", "0214", "0228", "0509", "0920", "1010",
    ]  # fmt: skip
    assert not provisional


@pytest.mark.clause("R5.8a")
def test_thirteen_statutory_days_and_the_four_core_holidays():
    days, _ = holidays_of("CN", 2026)

    assert len([day for day in days if day.kind == "holiday"]) == 13
    assert {day.date.month for day in days if day.is_core} == {1, 2, 5, 10}


def test_a_year_whose_make_up_days_are_not_announced_is_provisional():
    assert holidays_of("CN", 2027)[1]
    assert not holidays_of("DE-BY", 2027)[1]


def test_days_are_named_in_three_languages():
    days = {day.date: day for day in holidays_of("CN", 2026)[0]}

    assert days[date(2026, 2, 17)].name("zh-hant") == "春節"
    assert days[date(2026, 10, 10)].name("zh-hans") == "调休上班日（换 2026-10-07 休息）"
    assert days[date(2026, 10, 7)].name("en") == "Day off in exchange for 2026-10-10"


@pytest.mark.parametrize(("region", "year"), [("XX", 2026), ("DE-QQ", 2026), ("CN", 1900)])
def test_an_unknown_region_or_year_is_said_so(region, year):
    with pytest.raises(UnknownRegionError):
        holidays_of(region, year)


@pytest.mark.django_db
def test_the_command_loads_a_year(capsys):
    call_command("load_holidays", "cn", "2024")

    assert "CN 2024: " in capsys.readouterr().out
    assert HolidayList.objects.current().get(region="CN", year=2024).rules.count() > 20
    assert Calendar.objects.default().published(2024)


@pytest.mark.django_db
def test_the_command_refuses_what_is_not_known():
    with pytest.raises(CommandError, match="No holidays are known"):
        call_command("load_holidays", "XX", "2026")


@pytest.mark.django_db
@pytest.mark.clause("R5.8a")
def test_regions_that_wait_for_a_list_are_found():
    assert Calendar.objects.regions_waiting(2026) == []
    assert Calendar.objects.regions_waiting(2027) == ["CN"]  # provisional
    assert Calendar.objects.regions_waiting(2028) == ["CN"]


def test_hours_are_read_as_people_write_them():
    assert format_hours(parse_hours("9:00-12:00; 13:00 – 24:00")) == "09:00-12:00, 13:00-00:00"
    assert format_hours(parse_hours("9：00至12：00，13:00~17:30")) == "09:00-12:00, 13:00-17:30"
    assert parse_hours("") == []
    for wrong in ("nine", "9-12", "25:00-26:00", "09:60-10:00"):
        with pytest.raises(ValueError):
            parse_hours(wrong)
