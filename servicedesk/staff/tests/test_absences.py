"""Entering absences: by oneself, by a manager (CASES y)."""

from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from servicedesk.audit.timeline import Entry
from servicedesk.outbox.models import Message
from servicedesk.outbox.rendering import render
from servicedesk.staff.absences import end_absence, enter_absence, people_of, possible_deputies
from servicedesk.staff.models import Absence
from servicedesk.staff.testing import make_absence, make_organisation, make_user
from servicedesk.staff.views import absences

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def one():
    return make_organisation()


def absence_of(person, **fields) -> Absence:
    return Absence(person=person, **{"starts_at": AT, "ends_at": AT + DAY, **fields})


def test_a_person_enters_an_own_absence_and_the_deputy_is_told(one):
    agent, deputy = one.agents[1], one.agents[2]

    enter_absence(absence_of(agent, deputy=deputy), by=agent, at=AT)

    message = Message.objects.get()
    assert message.recipient == deputy
    assert str(agent) in render(message).subject
    entry = Entry.objects.of(f"person:{agent.pk}").get()
    assert (entry.event, entry.facts["deputy"], entry.facts["ends_at"]) == (
        "absence_entered",
        deputy.pk,
        AT + DAY,
    )


def test_why_somebody_is_away_never_reaches_the_timeline(one):
    enter_absence(absence_of(one.agents[1], reason="sick"), by=one.agents[1], at=AT)

    assert "sick" not in Entry.objects.get().line


def test_saving_unchanged_tells_the_deputy_once(one):
    absence = enter_absence(absence_of(one.agents[1], deputy=one.second), by=one.agents[1], at=AT)
    absence.reason = "travel"
    enter_absence(absence, by=one.agents[1], at=AT + timedelta(hours=1))
    assert Message.objects.count() == 1

    absence.ends_at = AT + 2 * DAY
    enter_absence(absence, by=one.agents[1], at=AT + timedelta(hours=2))
    assert Message.objects.count() == 2


def test_leaders_and_administrators_enter_absences_of_others(one):
    agent = one.agents[1]
    for number, leader in enumerate((one.manager, one.second, one.executive, one.administrator)):
        start = AT + number * DAY
        enter_absence(absence_of(agent, starts_at=start, ends_at=start + DAY), by=leader, at=AT)

    for stranger in (one.technical_manager, one.technicians[0], one.agents[2]):
        with pytest.raises(PermissionDenied):
            enter_absence(absence_of(agent), by=stranger, at=AT)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ends_at": AT - DAY, "starts_at": AT - 2 * DAY}, "ends_at"),
        ({"ends_at": AT, "starts_at": AT - DAY}, "ends_at"),
        ({"ends_at": AT, "starts_at": AT}, "__all__"),
        ({"reason": "tired"}, "reason"),
    ],
)
def test_an_absence_that_cannot_be_is_refused(one, fields, field):
    with pytest.raises(ValidationError) as refusal:
        enter_absence(absence_of(one.agents[1], **fields), by=one.agents[1], at=AT)

    assert field in refusal.value.message_dict
    assert not Absence.objects.exists()


@pytest.mark.parametrize("state", [{"is_active": False}, {"blocked_at": AT}])
def test_a_deputy_must_be_able_to_act(one, state):
    with pytest.raises(ValidationError, match="cannot stand in"):
        enter_absence(absence_of(one.agents[1], deputy=make_user(**state)), by=one.agents[1], at=AT)


def test_who_is_back_early_ends_the_absence_now(one):
    absence = make_absence(one.agents[1], starts_at=AT - DAY)

    end_absence(absence, by=one.agents[1], at=AT)

    absence.refresh_from_db()
    assert absence.ends_at == AT
    assert Entry.objects.get().event == "absence_ended"


def test_an_absence_that_has_not_begun_is_withdrawn(one):
    absence = make_absence(one.agents[1], starts_at=AT + DAY)
    number = absence.pk

    end_absence(absence, by=one.manager, at=AT)

    assert not Absence.objects.exists()
    assert Entry.objects.get().facts == {"absence": number}
    assert Absence.history.filter(id=number, history_type="-").get().history_user == one.manager


def test_an_absence_that_is_over_stays_as_it_was(one):
    absence = make_absence(one.agents[1], ends_at=AT - DAY)

    end_absence(absence, by=one.agents[1], at=AT)

    absence.refresh_from_db()
    assert absence.ends_at == AT - DAY
    assert not Entry.objects.exists()


def test_a_stranger_cannot_end_it(one):
    with pytest.raises(PermissionDenied):
        end_absence(make_absence(one.agents[1]), by=one.technicians[0], at=AT)


def test_absences_are_seen_by_oneself_by_leaders_and_by_administrators(one):
    mine = make_absence(one.agents[1])

    for person in (one.agents[1], one.manager, one.executive, one.administrator):
        assert list(Absence.objects.visible_to(person)) == [mine]
    for person in (one.agents[2], one.technical_manager, one.general_manager):
        assert not Absence.objects.visible_to(person).exists()


def test_people_of_an_agent_is_only_the_agent(one):
    assert list(people_of(one.agents[1])) == [one.agents[1]]
    assert set(people_of(one.technical_manager)) == {one.technical_manager, *one.technicians}


def test_deputies_come_from_around_and_from_those_who_lead(one):
    far = make_user()
    found = set(possible_deputies(one.agents[1]))

    assert {one.agents[2], one.manager, one.technicians[0], one.general_manager} <= found
    assert not {far, one.agents[1]} & found


def test_overlaps_are_found_to_the_instant(one):
    make_absence(one.second, starts_at=AT, ends_at=AT + DAY)
    absences = one.second.absences

    assert absences.overlapping(AT - DAY, AT + timedelta(seconds=1)).exists()
    assert absences.overlapping(AT + DAY - timedelta(seconds=1), None).exists()
    assert not absences.overlapping(AT - DAY, AT).exists()
    assert not absences.overlapping(AT + DAY, None).exists()


# Twice at the same time


def test_one_absence_entered_by_two_people_is_refused_the_second_time(one):
    enter_absence(absence_of(one.agents[1]), by=one.agents[1], at=AT)

    with pytest.raises(ValidationError, match="for this reason already: 4 Mar 10:00 to 5 Mar 10:00"):
        enter_absence(absence_of(one.agents[1], starts_at=AT + DAY / 2, ends_at=None), by=one.manager, at=AT)
    enter_absence(absence_of(one.agents[1], starts_at=AT + DAY, ends_at=AT + 2 * DAY), by=one.manager, at=AT)


def test_who_falls_ill_on_leave_is_away_for_both_reasons(one):
    enter_absence(absence_of(one.agents[1]), by=one.agents[1], at=AT)
    enter_absence(absence_of(one.agents[1], reason="sick"), by=one.manager, at=AT)

    assert Absence.objects.filter(person=one.agents[1]).count() == 2


def write(person, *, start=AT, end=AT + DAY, reason="leave") -> None:
    """A row by raw SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO staff_absence (person_id, starts_at, ends_at, reason) VALUES (%s, %s, %s, %s)",
            [person.pk, start, end, reason],
        )


@pytest.mark.parametrize(
    ("start", "end"), [(AT, AT + DAY), (AT - DAY, None), (AT + DAY / 2, AT + DAY / 2 + timedelta(seconds=1))]
)
def test_the_database_refuses_it_too(one, start, end):
    write(one.agents[1])

    with pytest.raises(IntegrityError), transaction.atomic():
        write(one.agents[1], start=start, end=end)
    write(one.agents[1], start=start, end=end, reason="sick")
    write(one.agents[2], start=start, end=end)
    write(one.agents[1], start=AT + 9 * DAY, end=AT + 10 * DAY)


def test_the_database_lets_an_absence_end_sooner_and_not_grow_into_another(one):
    first = make_absence(one.agents[1], starts_at=AT, ends_at=AT + DAY)
    make_absence(one.agents[1], starts_at=AT + DAY, ends_at=AT + 2 * DAY)

    Absence.objects.filter(pk=first.pk).update(ends_at=AT + DAY / 2)
    Absence.objects.filter(pk=first.pk).update(ends_at=AT + DAY)
    for change in (
        {"ends_at": AT + DAY * 1.5},
        {"ends_at": None},
        {"starts_at": AT + DAY / 2, "ends_at": None},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Absence.objects.filter(pk=first.pk).update(**change)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_enter_it_at_the_same_moment_one_is_refused():
    one = make_organisation()
    agent = one.agents[1]
    starting, refused = Barrier(2), []

    def enter(leader):
        try:
            starting.wait(10)
            enter_absence(absence_of(agent), by=leader, at=AT)
        except ValidationError as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=enter, args=[leader]) for leader in (agent, one.manager)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (len(refused), Absence.objects.count()) == (1, 1)


# Changing and ending


def test_a_changed_absence_is_on_record_and_deputies_old_and_new_are_told(one):
    absence = enter_absence(absence_of(one.agents[1], deputy=one.second), by=one.agents[1], at=AT)
    absence.deputy, absence.ends_at = one.agents[2], AT + 3 * DAY

    enter_absence(absence, by=one.manager, at=AT + timedelta(hours=1))

    told = [(message.event, message.recipient) for message in Message.objects.order_by("pk")]
    assert told == [
        ("named_deputy", one.second), ("named_deputy", one.agents[2]), ("no_longer_deputy", one.second),
    ]  # fmt: skip
    entry = Entry.objects.of(f"person:{one.agents[1].pk}").last()
    assert (entry.event, entry.facts["ends_at"]) == ("absence_changed", AT + 3 * DAY)


@pytest.mark.parametrize("start", [AT - DAY, AT + DAY])
def test_who_stands_in_hears_that_it_is_over(one, start):
    absence = make_absence(one.agents[1], starts_at=start, deputy=one.second)

    end_absence(absence, by=one.agents[1], at=AT)

    message = Message.objects.get()
    assert (message.event, message.recipient) == ("no_longer_deputy", one.second)
    assert str(one.agents[1]) in render(message).subject


def test_what_is_over_is_not_changed_any_more(one):
    absence = make_absence(one.agents[1], starts_at=AT - 2 * DAY, ends_at=AT - DAY)
    absence.ends_at = AT + DAY

    with pytest.raises(ValidationError, match="what is past"):
        enter_absence(absence, by=one.agents[1], at=AT)


def test_what_was_withdrawn_meanwhile_is_not_changed_and_not_ended(one):
    absence = make_absence(one.agents[1], starts_at=AT + DAY)
    Absence.objects.all().delete()

    with pytest.raises(ValidationError, match="withdrawn meanwhile"):
        enter_absence(absence, by=one.agents[1], at=AT)
    end_absence(absence, by=one.agents[1], at=AT)
    assert not Entry.objects.exists()


# The page


def test_the_form_of_an_absence_says_it_in_days_and_changes_it(one, client):
    zone = ZoneInfo("Asia/Shanghai")
    absence = make_absence(
        one.agents[1],
        starts_at=datetime(2190, 5, 3, tzinfo=zone),
        ends_at=datetime(2190, 5, 5, 12, 30, tzinfo=zone),
    )
    client.force_login(one.manager)
    address = f"/people/absences/{absence.pk}/"
    said = {name: value for name, value in client.get(address).context["form"].initial.items() if "_" in name}
    assert said == {
        "first_day": date(2190, 5, 3), "first_hour": None, "last_day": date(2190, 5, 5), "last_hour": time(12, 30),
    }  # fmt: skip

    changed = {
        "first_day": "2190-05-03",
        "last_day": "2190-05-08",
        "reason": "travel",
        "person": one.manager.pk,
    }
    assert client.post(address, changed).status_code == 302

    absence.refresh_from_db()
    assert (absence.ends_at, absence.reason) == (datetime(2190, 5, 9, tzinfo=zone), "travel")
    assert absence.person == one.agents[1]


def test_an_absence_withdrawn_while_it_is_changed_is_told(one, client, monkeypatch):
    absence = make_absence(one.agents[1], starts_at=datetime(2192, 5, 1, tzinfo=UTC))
    client.force_login(one.agents[1])
    fields = {"first_day": "2192-05-03", "last_day": "2192-05-04", "reason": "leave"}
    enter = absences.enter_absence

    def too_late(entered, **how):
        Absence.objects.all().delete()
        return enter(entered, **how)

    monkeypatch.setattr(absences, "enter_absence", too_late)
    answer = client.post(f"/people/absences/{absence.pk}/", fields)
    assert (answer.status_code, answer.url) == (302, "/people/absences/")
    assert "withdrawn meanwhile" in client.get("/people/absences/").content.decode()


def test_an_absence_that_is_over_is_shown_without_a_form(one, client):
    absence = make_absence(one.agents[1], ends_at=AT)
    client.force_login(one.agents[1])
    address = f"/people/absences/{absence.pk}/"

    assert client.get(address).context["form"] is None
    client.post(address, {"first_day": "2190-05-03", "reason": "leave"})

    absence.refresh_from_db()
    assert absence.ends_at == AT


@pytest.mark.parametrize("reason", ["early", "sick"])
def test_one_signs_out_for_the_rest_of_today(one, client, reason):
    client.force_login(one.agents[1])

    assert (
        client.post("/people/absences/today/", {"reason": reason, "deputy": one.second.pk}).status_code == 302
    )

    absence = Absence.objects.get()
    now = timezone.now()
    assert (absence.person, absence.reason, absence.deputy) == (one.agents[1], reason, one.second)
    assert absence.starts_at <= now < absence.ends_at <= now + DAY
    assert timezone.localtime(absence.ends_at, ZoneInfo("Asia/Shanghai")).time() == time(0)
    assert Message.objects.get().recipient == one.second
    assert client.post("/people/absences/today/", {"reason": reason}).status_code == 422


@pytest.mark.parametrize("reason", ["", "leave", "tired", "\0"])
def test_a_reason_to_sign_out_is_one_of_three(one, client, reason):
    client.force_login(one.agents[1])

    assert client.post("/people/absences/today/", {"reason": reason}).status_code == 422
    assert not Absence.objects.exists()


def post(client, **fields):
    return client.post("/people/absences/", {"reason": "leave", **fields})


def test_days_are_days_of_the_person_not_of_utc(one, client):
    person = one.agents[1]
    person.timezone = "America/New_York"
    person.save()
    client.force_login(person)

    assert post(client, first_day="2190-05-03", last_day="2190-05-03").status_code == 302

    absence = Absence.objects.get()
    zone = ZoneInfo("America/New_York")
    assert absence.starts_at == datetime(2190, 5, 3, tzinfo=zone)
    assert absence.ends_at == datetime(2190, 5, 4, tzinfo=zone)


def test_hours_narrow_the_days(one, client):
    client.force_login(one.agents[1])
    post(client, first_day="2190-05-03", first_hour="15:00", last_day="2190-05-04", last_hour="12:30")

    zone = ZoneInfo("Asia/Shanghai")
    absence = Absence.objects.get()
    assert (absence.starts_at, absence.ends_at) == (
        datetime(2190, 5, 3, 15, tzinfo=zone),
        datetime(2190, 5, 4, 12, 30, tzinfo=zone),
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"first_day": "2190-05-03", "last_day": "2190-05-02"},
        {"first_day": "2190-05-03", "last_day": "2190-05-03", "first_hour": "12:00", "last_hour": "11:00"},
        {"first_day": "2190-05-03", "last_hour": "11:00"},
        {"first_day": "2020-05-03", "last_day": "2020-05-04"},
        {"first_day": "9999-12-31", "last_day": "9999-12-31"},
        {"first_day": "soon"},
        {"first_day": ""},
        {"first_day": "2190-05-03", "deputy": "999999"},
        {"first_day": "2190-05-03", "reason": "\0"},
    ],
)
def test_bad_input_is_said_and_changes_nothing(one, client, fields):
    client.force_login(one.agents[1])

    response = post(client, **fields)

    assert response.status_code == 422
    assert response.context["form"].errors
    assert not Absence.objects.exists()


def test_a_manager_enters_an_absence_of_somebody_led(one, client):
    client.force_login(one.manager)

    assert post(client, person=one.agents[1].pk, first_day="2190-05-03").status_code == 302
    assert Absence.objects.get().person == one.agents[1]
    assert str(one.agents[1]) in client.get("/people/absences/").content.decode()


@pytest.mark.parametrize("person", ["0", "99999999999999999999", "abc", "-1", "１"])
def test_people_one_does_not_lead_are_not_there(one, client, person):
    client.force_login(one.agents[1])

    post(client, person=person, first_day="2190-05-03")

    assert set(Absence.objects.values_list("person", flat=True)) <= {one.agents[1].pk}


def test_entering_somebody_elses_absence_is_not_found(one, client):
    client.force_login(one.agents[1])

    assert post(client, person=one.manager.pk, first_day="2190-05-03").status_code == 404


def test_ending_somebody_elses_absence_is_not_found(one, client):
    absence = make_absence(one.manager)
    client.force_login(one.agents[1])

    assert client.post(f"/people/absences/{absence.pk}/end/").status_code == 404
    client.force_login(one.manager)
    assert client.get(f"/people/absences/{absence.pk}/end/").status_code == 405
    assert client.post(f"/people/absences/{absence.pk}/end/").status_code == 302


def test_a_deputy_who_is_away_too_is_said(one, client):
    make_absence(one.second)
    client.force_login(one.agents[1])

    response = client.post(
        "/people/absences/",
        {"reason": "leave", "first_day": date(2190, 5, 3), "deputy": one.second.pk},
        follow=True,
    )

    assert "is away too" in response.content.decode()
