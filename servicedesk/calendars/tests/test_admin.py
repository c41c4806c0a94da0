from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from servicedesk.calendars.models import Calendar, HolidayList
from servicedesk.calendars.signals import calendars_changed
from servicedesk.calendars.testing import make_calendar
from servicedesk.testing.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    person = make_user(is_staff=True, is_superuser=True)
    client.force_login(person)
    return person


def calendar_form(calendar, hours, **fields):
    """What the browser sends: `hours` are (id or "", weekday, opens, closes, delete?)."""
    data = {
        "name": calendar.name, "timezone": calendar.timezone, "region": calendar.region,
        "hours-TOTAL_FORMS": len(hours), "hours-INITIAL_FORMS": len([row for row in hours if row[0]]),
        **fields,
    }  # fmt: skip
    for n, (pk, weekday, opens, closes, delete) in enumerate(hours):
        row = {"id": pk, "calendar": calendar.pk, "weekday": weekday, "opens": opens, "closes": closes}
        data |= {f"hours-{n}-{key}": value for key, value in row.items()}
        if delete:
            data[f"hours-{n}-DELETE"] = "on"
    return data


def rows(calendar, delete=False):
    return [(row.pk, row.weekday, row.opens, row.closes, delete) for row in calendar.hours.all()]


def change(client, calendar, hours, **fields):
    return client.post(
        reverse("admin:calendars_calendar_change", args=[calendar.pk]),
        calendar_form(calendar, hours, **fields),
    )


def test_one_save_of_several_hours_makes_one_version(client, administrator):
    calendar = make_calendar()
    heard = []
    calendars_changed.connect(hear := lambda sender, ids, **kwargs: heard.append(ids))

    response = change(
        client,
        calendar,
        [*rows(calendar), ("", 5, "09:00", "12:00", False), ("", 5, "13:00", "15:00", False)],
    )
    calendars_changed.disconnect(hear)

    assert response.status_code == 302
    calendar.refresh_from_db()
    assert calendar.version == 2
    assert heard == [[calendar.pk]]
    assert calendar.versions.get(version=2).by == administrator
    assert calendar.work_calendar().is_working_day(date(2026, 3, 7))


def test_who_changed_which_hours_when_is_on_record(client, administrator):
    calendar = make_calendar()
    first, *others = rows(calendar)
    change(client, calendar, [(*first[:2], "10:00", *first[3:]), *others])

    new, old = calendar.hours.get(weekday=0).history.order_by("-history_id")
    assert (str(old.opens), str(new.opens)) == ("08:30:00", "10:00:00")
    assert new.history_user == administrator
    page = client.get(reverse("admin:calendars_calendarversion_changelist"))
    assert "Monday: 08:30–17:30 → 10:00–17:30" in page.content.decode()


def test_saving_without_a_change_makes_no_version(client, administrator):
    calendar = make_calendar()
    change(client, calendar, rows(calendar))

    calendar.refresh_from_db()
    assert calendar.version == 1


def test_taking_away_all_hours_is_refused(client, administrator):
    calendar = make_calendar()
    response = change(client, calendar, rows(calendar, delete=True))

    assert response.status_code == 200
    assert "opening hours on at least one weekday" in response.content.decode()
    assert calendar.hours.count() == 5


def test_an_unknown_zone_is_refused_with_what_to_write(client, administrator):
    calendar = make_calendar()
    response = change(client, calendar, rows(calendar), timezone="Asia/Peking")

    assert "Write one such as Asia/Shanghai" in response.content.decode()


def test_the_same_hours_twice_are_refused(client, administrator):
    calendar = make_calendar()
    response = change(client, calendar, [*rows(calendar), ("", 0, "08:30", "12:00", False)])

    assert response.status_code == 200
    assert calendar.hours.count() == 5


def test_another_calendar_becomes_the_organisations(client, administrator):
    calendar = make_calendar()
    data = {"action": "make_default", "_selected_action": [calendar.pk]}
    client.post(reverse("admin:calendars_calendar_changelist"), data)

    assert Calendar.objects.default() == calendar
    assert Calendar.objects.filter(is_default=True).count() == 1


def test_calendars_are_not_deleted(client, administrator):
    calendar = make_calendar()

    assert client.post(reverse("admin:calendars_calendar_delete", args=[calendar.pk])).status_code == 403


# Holiday lists


def list_form(listed, changed=None, added=()):
    rules = list(listed.rules.all())
    data = {
        "source": "Notice of the State Council", "rules-TOTAL_FORMS": len(rules) + len(added),
        "rules-INITIAL_FORMS": len(rules),
    }  # fmt: skip
    if listed.provisional:
        data["provisional"] = "on"
    for n, rule in enumerate(rules):
        data |= {
            f"rules-{n}-id": rule.pk, f"rules-{n}-date": rule.date, f"rules-{n}-kind": rule.kind,
            f"rules-{n}-name_en": rule.name_en, f"rules-{n}-name_zh_hans": rule.name_zh_hans,
            f"rules-{n}-name_zh_hant": rule.name_zh_hant, f"rules-{n}-hours": rule.hours,
        }  # fmt: skip
        if rule.is_core:
            data[f"rules-{n}-is_core"] = "on"
    for n, fields in enumerate(added, len(rules)):
        data |= {f"rules-{n}-{key}": value for key, value in fields.items()}
    return data


def test_a_holiday_added_by_hand_counts_at_once_and_the_old_list_is_kept(client, administrator):
    listed = HolidayList.objects.current().get(region="CN", year=2027)
    url = reverse("admin:calendars_holidaylist_change", args=[listed.pk])
    added = [
        {"date": "2027-03-12", "kind": "holiday", "name_en": "Founding day"},
        {"date": "2027-02-14", "kind": "work", "hours": "09:00-12:00, 13:00-15:00"},
    ]
    response = client.post(url, list_form(listed, added=added))

    assert response.status_code == 302
    calendar = Calendar.objects.default()
    assert calendar.version == 2
    work = calendar.work_calendar()
    assert not work.is_working_day(date(2027, 3, 12))
    assert (
        work.between(datetime(2027, 2, 13, 16, tzinfo=UTC), datetime(2027, 2, 14, 16, tzinfo=UTC)).seconds
        == 5 * 3600
    )
    assert calendar.work_calendar(version=1).is_working_day(date(2027, 3, 12))
    kept = HolidayList.objects.get(region="CN", year=2027, number=1)
    assert kept.superseded_at
    assert not kept.rules.filter(date="2027-03-12").exists()
    listed.refresh_from_db()
    assert (listed.number, listed.by) == (2, administrator)
    page = client.get(reverse("admin:calendars_calendarversion_changelist")).content.decode()
    assert "2027-03-12: – → public holiday" in page


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"date": "2026-03-12", "kind": "holiday"}, "not in the year of the list"),
        ({"date": "2027-03-12", "kind": "work", "hours": "nine to five"}, "Write hours such as"),
        ({"date": "2027-03-12", "kind": "holiday", "hours": "09:00-10:00"}, "Only a make-up working day"),
        ({"date": "2027-01-01", "kind": "work"}, "listed twice"),
    ],
)
def test_a_day_that_cannot_be_is_refused(client, administrator, fields, message):
    listed = HolidayList.objects.current().get(region="CN", year=2027)
    url = reverse("admin:calendars_holidaylist_change", args=[listed.pk])
    response = client.post(url, list_form(listed, added=[fields]))

    assert message in response.content.decode() or "duplicate" in response.content.decode()
    assert HolidayList.objects.filter(region="CN", year=2027).count() == 1
    assert Calendar.objects.default().version == 1


def test_a_superseded_list_is_read_only(client, administrator):
    listed = HolidayList.objects.current().get(region="CN", year=2027)
    client.post(reverse("admin:calendars_holidaylist_change", args=[listed.pk]), list_form(listed))
    kept = HolidayList.objects.get(region="CN", year=2027, number=1)

    url = reverse("admin:calendars_holidaylist_change", args=[kept.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, list_form(kept)).status_code == 403


def test_lists_are_loaded_from_the_library(client, administrator):
    make_calendar(region="DE-BY", timezone="Europe/Berlin")
    url = reverse("admin:calendars_holidaylist_load")

    assert "nothing" not in client.get(url, {"region": "DE-BY", "year": 2026}).content.decode()
    client.post(url, {"region": "DE-BY", "year": 2026})
    assert HolidayList.objects.get(region="DE-BY").by == administrator
    refused = client.post(url, {"region": "QQ", "year": 2026})
    assert "No holidays are known for QQ in 2026." in refused.content.decode()


# The year view


@pytest.mark.clause("R5.8a")
def test_the_year_view_names_each_kind_of_day(client, administrator):
    url = reverse("admin:calendars_calendar_year", args=[Calendar.objects.default().pk, 2026])
    page = client.get(url).content.decode()

    assert "1 Oct: public holiday, National Day" in page
    assert "10 Oct: make-up working day, Make-up working day for 2026-10-07" in page
    assert "11 Oct: non-working day" in page
    assert "12 Oct: working day" in page
    assert "1 to 7 Oct" in page
    assert "provisional" not in page


@pytest.mark.clause("R5.8a")
def test_the_year_view_warns_where_the_list_is_missing_or_provisional(client, administrator):
    pk = Calendar.objects.default().pk
    later = client.get(reverse("admin:calendars_calendar_year", args=[pk, 2027])).content.decode()
    missing = client.get(reverse("admin:calendars_calendar_year", args=[pk, 2028])).content.decode()

    assert "provisional: make-up days may be missing" in later
    assert "There is no holiday list of CN for 2028" in missing


def test_the_year_view_costs_few_queries(client, administrator, django_assert_max_num_queries):
    url = reverse("admin:calendars_calendar_year", args=[Calendar.objects.default().pk, 2026])
    client.get(url)

    with django_assert_max_num_queries(6):
        client.get(url)


def test_the_year_view_is_for_those_who_may_see_calendars(client):
    client.force_login(make_user(is_staff=True))
    url = reverse("admin:calendars_calendar_year", args=[Calendar.objects.default().pk, 2026])

    assert client.get(url).status_code == 403


@pytest.mark.parametrize("year", [0, 1970, 9999])
def test_a_year_out_of_reach_is_not_found(client, administrator, year):
    url = reverse("admin:calendars_calendar_year", args=[Calendar.objects.default().pk, year])

    assert client.get(url).status_code == 404


@pytest.mark.parametrize("name", ["calendar", "holidaylist", "calendarversion"])
def test_the_lists_open(client, administrator, name, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        assert client.get(reverse(f"admin:calendars_{name}_changelist")).status_code == 200


@pytest.mark.parametrize("name", ["calendar", "holidaylist"])
def test_the_forms_and_their_history_open(client, administrator, name):
    pk = (Calendar if name == "calendar" else HolidayList).objects.first().pk
    for page in ("change", "history"):
        assert client.get(reverse(f"admin:calendars_{name}_{page}", args=[pk])).status_code == 200
    assert client.get(reverse(f"admin:calendars_{name}_add")).status_code == 200


@pytest.mark.parametrize("name", ["calendar", "holidaylist"])
def test_the_history_leads_to_what_changed_in_hours_and_days_and_has_no_inline_style(
    client, administrator, name
):
    pk = (Calendar if name == "calendar" else HolidayList).objects.first().pk
    page = client.get(reverse(f"admin:calendars_{name}_history", args=[pk])).content.decode()

    assert "What changed in hours and days" in page
    assert reverse("admin:calendars_calendarversion_changelist") in page
    assert "style=" not in page


def test_a_new_calendar_that_never_opens_leaves_nothing_behind(client, administrator):
    before = Calendar.objects.count()
    new = Calendar(name="Never", timezone="Asia/Shanghai")
    for hours in ([], [("", 0, "", "", False)], [("", 0, "09:00", "12:00", True)]):
        data = calendar_form(new, hours) | {"name": "Never"}
        data = {key: value for key, value in data.items() if value is not None}
        page = client.post(reverse("admin:calendars_calendar_add"), data)
        assert page.status_code == 200, hours
        assert Calendar.objects.count() == before
