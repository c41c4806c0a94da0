"""The calendar of absences: who sees whom, what it says, who answers meanwhile, and where nobody is left (CASES y)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from servicedesk.staff.away.days import FIRST, LAST, MONTH, WEEKS, Stretch
from servicedesk.staff.away.month import month_of
from servicedesk.staff.models import Absence, Department, User
from servicedesk.staff.testing import make_absence, make_department, make_organisation, make_user

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
TODAY = date(2026, 3, 4)  # a Wednesday
NOW = datetime(2026, 3, 4, 10, tzinfo=ZONE)
MARCH = Stretch.around(TODAY, MONTH)


def day(number: int, hour: int = 0) -> datetime:
    """A moment of March 2026."""
    return datetime(2026, 3, number, hour, tzinfo=ZONE)


@pytest.fixture
def one():
    return make_organisation()


def away(person, first: int, last: int, **fields) -> Absence:
    """An absence from the first day of March to the last, both included."""
    return make_absence(person, starts_at=day(first), ends_at=day(last) + DAY, **fields)


def month(reader, *units, stretch=MARCH, people=None):
    found = Department.objects.filter(pk__in=[unit.pk for unit in units])
    people = list(people or User.objects.filter(department__in=units).order_by("department", "pk"))
    return month_of(people, list(found), stretch, reader=reader, now=NOW, today=TODAY)


def row(shown, person):
    return next(each for group in shown.groups for each in group.rows if each.person == person)


def bars(shown, person) -> list[tuple[int, int, str]]:
    """First day, number of days and words of each absence in somebody's row."""
    return [
        (cell.day.date.day, cell.count, ", ".join(one.words for one in cell.absences))
        for cell in row(shown, person).cells
        if cell.absences
    ]


def charges(shown, unit) -> list[tuple[int, int, str]]:
    group = next(each for each in shown.groups if each.unit == unit)
    return [(run.first.day, run.count, run.charge.name) for run in group.charges if run.charge]


def texts(shown) -> list[str]:
    return [gap.text for gap in shown.gaps]


# Which days


@pytest.mark.parametrize(
    ("around", "kind", "first", "last"),
    [
        (date(2028, 2, 29), MONTH, date(2028, 2, 1), date(2028, 2, 29)),
        (date(2026, 12, 31), MONTH, date(2026, 12, 1), date(2026, 12, 31)),
        (date(2026, 3, 4), WEEKS, date(2026, 3, 2), date(2026, 5, 31)),
        (date(2026, 3, 2), WEEKS, date(2026, 3, 2), date(2026, 5, 31)),
        (LAST, MONTH, date(2199, 12, 1), LAST),
    ],
)
def test_a_stretch_is_a_month_or_thirteen_weeks(around, kind, first, last):
    stretch = Stretch.around(around, kind)
    assert (stretch.first, stretch.last, stretch.days[0], stretch.days[-1]) == (first, last, first, last)


@pytest.mark.parametrize("kind", [MONTH, WEEKS])
def test_one_walks_through_the_calendar_to_its_ends_without_a_day_left_out(kind):
    stretch = Stretch.around(date(2026, 3, 4), kind)
    assert Stretch.around(stretch.after, kind).first == stretch.last + DAY
    assert Stretch.around(stretch.before, kind).last == stretch.first - DAY
    for end in (FIRST, LAST):
        assert Stretch.around(end, kind).days
    assert Stretch.around(LAST, kind).after is None
    assert Stretch.around(FIRST, kind).before is None


# What it says


def test_an_absence_is_one_bar_across_its_days(one):
    away(one.agents[1], 10, 12)
    shown = month(one.manager, one.service)
    assert bars(shown, one.agents[1]) == [(10, 3, "Leave")]
    assert sum(cell.count for cell in row(shown, one.agents[1]).cells) == 31


def test_two_absences_that_touch_one_day_stand_in_one_cell(one):
    make_absence(one.agents[1], starts_at=day(10, 9), ends_at=day(10, 12), reason="training")
    make_absence(one.agents[1], starts_at=day(10, 15), ends_at=day(12), reason="sick")
    assert bars(month(one.manager, one.service), one.agents[1]) == [
        (10, 1, "Training, Sick"),
        (11, 1, "Sick"),
    ]


def test_what_ends_at_midnight_does_not_touch_the_day_that_begins(one):
    make_absence(one.agents[1], starts_at=day(10), ends_at=day(11))
    make_absence(one.agents[2], starts_at=day(10), ends_at=day(11) + timedelta(seconds=1))
    shown = month(one.manager, one.service)
    assert [bars(shown, one.agents[n])[0][1] for n in (1, 2)] == [1, 2]


def test_an_absence_that_goes_on_says_so(one):
    make_absence(one.agents[1], starts_at=day(1) - DAY)
    (cell,) = row(month(one.manager, one.service), one.agents[1]).cells
    assert (cell.count, cell.goes_on_before, cell.goes_on_after) == (31, True, True)


def test_days_are_those_of_the_reader(one):
    make_absence(one.agents[1], starts_at=day(10, 0), ends_at=day(10, 8))
    with timezone.override("America/New_York"):
        stretch = Stretch.around(TODAY, MONTH)
        assert bars(month(one.manager, one.service, stretch=stretch), one.agents[1]) == [(9, 1, "Leave")]


def test_a_blocked_log_in_counts_as_an_absence(one):
    User.objects.filter(pk=one.agents[1].pk).update(blocked_at=NOW, blocked_why="meanwhile")
    assert bars(month(one.manager, one.service), one.agents[1]) == [(4, 28, "Log-in blocked")]


def test_why_somebody_is_away_is_read_by_who_leads_and_by_nobody_else(one):
    away(one.agents[1], 5, 5, reason="sick")
    away(one.agents[1], 6, 6)
    for reader in (one.manager, one.executive, one.administrator, one.agents[1]):
        assert bars(month(reader, one.service), one.agents[1]) == [(5, 1, "Sick"), (6, 1, "Leave")]
    for reader in (one.agents[2], one.supervisor, one.general_manager):
        shown = month(reader, one.service)
        assert bars(shown, one.agents[1]) == [(5, 1, "Away"), (6, 1, "On leave")]
        assert not [cell for cell in row(shown, one.agents[1]).cells if cell.may_enter]
        assert all(not each.url for cell in row(shown, one.agents[1]).cells for each in cell.absences)


def test_an_absence_is_entered_from_today_on_for_whom_one_leads(one):
    cells = row(month(one.manager, one.service), one.agents[1]).cells
    assert [cell.day.date.day for cell in cells if cell.may_enter] == list(range(4, 32))


def test_in_a_strip_of_weeks_the_name_leads_to_the_form_and_no_day_does(one):
    strip = row(month(one.manager, one.service, stretch=Stretch.around(TODAY, WEEKS)), one.agents[1])
    assert (len(strip.cells), strip.may_enter) == (91, True)
    assert not [cell for cell in strip.cells if cell.may_enter]


def test_weekends_and_holidays_are_those_of_the_work_calendar(one):
    kinds = {each.date.day: each.kind for each in month(one.manager, one.service).days}
    assert (kinds[6], kinds[7], kinds[8]) == ("open", "weekend", "weekend")


# Who answers meanwhile


def test_while_a_manager_is_away_it_is_said_day_by_day_who_is_in_charge(one):
    away(one.manager, 10, 12)
    away(one.second, 11, 11)  # the appointed stand-in
    shown = month(one.agents[1], one.service)
    assert charges(shown, one.service) == [
        (10, 1, str(one.second)), (11, 1, str(one.executive)), (12, 1, str(one.second)),
    ]  # fmt: skip


def test_a_deputy_named_by_the_manager_comes_before_the_stand_in(one):
    away(one.manager, 10, 10, deputy=one.agents[2])
    assert charges(month(one.manager, one.service), one.service) == [(10, 1, str(one.agents[2]))]


def test_who_is_in_charge_is_told_from_the_hour_at_which_the_manager_goes(one):
    make_absence(one.manager, starts_at=day(10, 15), ends_at=day(11))
    group = month(one.manager, one.service).groups[0]
    (charge,) = [run.charge for run in group.charges if run.charge]
    assert (charge.name, charge.since) == (str(one.second), "15:00")


def test_what_is_past_is_not_told_again(one):
    away(one.manager, 2, 5)
    assert charges(month(one.manager, one.service), one.service) == [(4, 2, str(one.second))]


def test_a_department_without_a_manager_shows_who_answers(one):
    Department.objects.filter(pk=one.service.pk).update(manager=None, deputy_manager=None)
    assert charges(month(one.agents[1], one.service), one.service) == [(4, 28, str(one.executive))]


# Where somebody is missing


def test_a_deputy_who_is_away_too_is_told_with_who_is_asked_then(one):
    agent, deputy = one.agents[1], one.agents[2]
    away(agent, 10, 14, deputy=deputy)
    away(deputy, 13, 20)
    assert texts(month(agent, one.service)) == [
        f"{agent} and the deputy {deputy} are both away: 13 to 14 Mar. {one.manager} is asked then."
    ]


@pytest.mark.parametrize("first", [9, 15])
def test_absences_that_only_meet_leave_no_gap(one, first):
    away(one.agents[1], 10, 14, deputy=one.agents[2])
    away(one.agents[2], first, first)
    assert texts(month(one.manager, one.service)) == []


@pytest.mark.parametrize("state", [{"is_active": False}, {"blocked_at": NOW, "blocked_why": "leaving"}])
def test_a_deputy_who_has_gone_is_told(one, state):
    away(one.agents[1], 10, 14, deputy=one.agents[2])
    User.objects.filter(pk=one.agents[2].pk).update(**state)
    (text,) = texts(month(one.manager, one.service))
    assert text.startswith(
        f"{one.agents[2]}, named deputy of {one.agents[1]} (10 to 14 Mar), cannot stand in"
    )


def test_a_department_with_nobody_left_is_told_for_working_days(one):
    for person in (one.technical_manager, *one.technicians):
        away(person, 5, 10)
    assert "Nobody of Technical Service is here: 5 to 10 Mar." in texts(month(one.manager, one.technical))


def test_one_hour_in_which_all_are_away_is_enough_and_one_person_who_stays_too(one):
    make_absence(one.technical_manager, starts_at=day(10, 9), ends_at=day(10, 12))
    make_absence(one.technicians[0], starts_at=day(10, 11), ends_at=day(10, 18))
    make_absence(one.technicians[1], starts_at=day(10, 11), ends_at=day(10, 18))
    assert texts(month(one.manager, one.technical)) == ["Nobody of Technical Service is here: 10 Mar."]
    make_user(department=one.technical)
    assert texts(month(one.manager, one.technical)) == []


def test_a_weekend_on_which_all_are_away_is_no_gap(one):
    for person in (one.technical_manager, *one.technicians):
        away(person, 7, 8)
    assert texts(month(one.manager, one.technical)) == []


def test_nothing_that_is_past_is_told(one):
    away(one.agents[1], 1, 3, deputy=one.agents[2])
    away(one.agents[2], 1, 3)
    assert texts(month(one.manager, one.service)) == []


# The page


ADDRESS = "/people/absences/calendar/"


def offered(client, reader, **query) -> set[str]:
    client.force_login(reader)
    return {each.department.name for each in client.get(ADDRESS, query).context["choices"]}


@pytest.mark.parametrize(
    ("who", "units"),
    [
        ("second", {"Customer Service"}),
        ("manager", {"Customer Service"}),
        ("executive", {"Company", "Customer Service", "Technical Service"}),
        ("general_manager", {"Company", "Customer Service", "Technical Service"}),
        ("supervisor", {"Company", "Customer Service", "Technical Service"}),
        ("office", {"Company", "Customer Service", "Technical Service"}),
        ("administrator", {"Company", "Customer Service", "Technical Service"}),
    ],
)
def test_departments_are_the_own_one_those_led_or_all(one, client, who, units):
    assert offered(client, getattr(one, who)) == units


def test_a_department_one_does_not_see_is_not_shown_whatever_the_address_says(one, client):
    away(one.technicians[0], 1, 31)
    client.force_login(one.agents[1])
    answer = client.get(ADDRESS, {"unit": one.technical.pk, "day": "2026-03-04"})
    assert answer.context["unit"] == one.service
    assert str(one.technicians[0]) not in answer.content.decode()


def test_who_has_no_department_sees_the_own_absences(client):
    person = make_user()
    away(person, 10, 11)
    client.force_login(person)
    answer = client.get(ADDRESS, {"day": "2026-03-04"})
    assert bars(answer.context["month"], person) == [(10, 2, "Leave")]


def test_below_a_department_its_departments_are_shown(one, client):
    client.force_login(one.executive)
    answer = client.get(ADDRESS, {"unit": one.company.pk})
    assert {group.unit for group in answer.context["month"].groups} == {
        one.company,
        one.service,
        one.technical,
    }
    answer = client.get(ADDRESS, {"unit": one.technical.pk})
    assert {group.unit for group in answer.context["month"].groups} == {one.technical}


def test_month_and_department_stand_in_the_address(one, client):
    client.force_login(one.executive)
    page = client.get(
        ADDRESS, {"unit": one.service.pk, "day": "2026-03-31", "span": "month"}
    ).content.decode()
    assert "March 2026" in page
    assert f"unit={one.service.pk}&amp;day=2026-04-01" in page
    assert f"unit={one.service.pk}&amp;day=2026-02-28" in page


@pytest.mark.parametrize(
    "text", ["", "2026-02-30", "9999-12-31", "0001-01-01", "20260301", "２０２６-03-01", "\0" * 10]
)
def test_a_day_that_is_none_is_today(one, client, text):
    client.force_login(one.manager)
    answer = client.get(ADDRESS, {"day": text, "unit": text, "span": text, "page": text})
    assert answer.status_code == 200
    assert answer.context["stretch"].first <= answer.context["today"] <= answer.context["stretch"].last


def test_a_day_of_the_table_leads_to_the_form_for_it(one, client):
    client.force_login(one.manager)
    tomorrow = timezone.localdate() + DAY
    page = client.get(ADDRESS, {"day": tomorrow.isoformat()}).content.decode()
    address = f"/people/absences/?person={one.agents[1].pk}&first_day={tomorrow.isoformat()}"
    assert address.replace("&", "&amp;") in page
    form = client.get(address).context["form"]
    assert (form.initial["person"], form.initial["first_day"]) == (one.agents[1].pk, tomorrow)


def test_the_number_of_queries_does_not_grow_with_people_absences_or_departments(one, client):
    client.force_login(one.executive)
    address = f"{ADDRESS}?unit={one.company.pk}&span=weeks"

    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    away(one.agents[1], 10, 11)
    asked()
    few = asked()
    now = timezone.now()
    for number in range(6):
        unit = make_department(parent=one.company, manager=make_user())
        for _ in range(5):
            person = make_user(department=unit)
            make_absence(person, starts_at=now, ends_at=now + number * DAY + DAY, deputy=one.agents[1])
    assert asked() == few <= 26
