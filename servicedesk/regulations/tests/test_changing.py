"""Changing settings, and which value stood when, on the engine at hand."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from servicedesk.regulations.changing import change, check_shortens
from servicedesk.regulations.homes import give_home, home_of
from servicedesk.regulations.models import Setting, SettingChange
from servicedesk.regulations.seeding import seed_settings
from servicedesk.regulations.span import Span
from servicedesk.regulations.standing import Settings, setting, setting_at
from servicedesk.testing.people import make_user

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
TICK = timedelta(microseconds=1)
TWO, THREE, FIVE = (Span(n, "working_days") for n in (2, 3, 5))


@pytest.fixture
def admin():
    return make_user()


def test_every_setting_has_a_row_and_its_default():
    assert setting("S2") == THREE
    assert setting_at("S2", NOON) == THREE
    assert Settings.now()["S16"] == Settings.at(NOON)["S16"] == Span(7, "days")


def test_a_change_stands_from_its_very_instant(admin):
    change("S2", TWO, by=admin, at=NOON, reason="customers wait too long")
    change("S2", FIVE, by=admin, at=NOON + timedelta(days=1))

    assert setting("S2") == Settings.now()["S2"] == FIVE
    for moment, value in [
        (NOON - timedelta(days=400), THREE),
        (NOON - TICK, THREE),
        (NOON, TWO),
        (NOON + TICK, TWO),
        (NOON + timedelta(days=1) - TICK, TWO),
        (NOON + timedelta(days=1), FIVE),
        (NOON + timedelta(days=999), FIVE),
    ]:
        assert setting_at("S2", moment) == Settings.at(moment)["S2"] == value


def test_a_change_is_on_record(admin):
    change("S2", TWO, by=admin, at=NOON, reason="customers wait too long")

    done = SettingChange.objects.get()
    assert (done.setting_id, done.by, done.at, done.reason) == ("S2", admin, NOON, "customers wait too long")
    assert (done.was, done.became) == (
        {"amount": 3, "unit": "working_days"},
        {"amount": 2, "unit": "working_days"},
    )
    row = Setting.objects.get(code="S2")
    assert (row.changed_at, row.changed_by) == (NOON, admin)


def test_the_same_value_again_changes_nothing(admin):
    assert change("S2", THREE, by=admin, at=NOON) is None
    assert not SettingChange.objects.exists()


def test_what_is_not_allowed_changes_nothing(admin):
    with pytest.raises(ValidationError, match="From 1 hour to 30 days, in clock hours"):
        change("S2", Span(99, "days"), by=admin, at=NOON)
    assert setting("S2") == THREE


def test_the_proposed_promise_is_not_longer_than_the_longest(admin):
    with pytest.raises(ValidationError, match="cannot be longer"):
        change("S2a", FIVE, by=admin, at=NOON)
    with pytest.raises(ValidationError, match="cannot be longer"):
        change("S2", Span(2, "hours"), by=admin, at=NOON)
    change("S2a", THREE, by=admin, at=NOON)


def test_templates_shorten_and_never_lengthen():
    standing = Settings.now()
    check_shortens("S2", TWO, standing)
    check_shortens("S2", THREE, standing)
    with pytest.raises(ValidationError, match="at most 3 working days"):
        check_shortens("S2", FIVE, standing)
    with pytest.raises(ValueError):
        check_shortens("S6", TWO, standing)


@pytest.mark.parametrize("at", [NOON, NOON - TICK])
def test_the_past_is_not_changed_afterwards(admin, at):
    change("S2", TWO, by=admin, at=NOON)
    with pytest.raises(ValidationError, match="at that moment or later"):
        change("S2", FIVE, by=admin, at=at)


def test_a_stale_page_does_not_overwrite(admin):
    change("S2", TWO, by=admin, at=NOON, seen=THREE)
    with pytest.raises(ValidationError, match="Somebody else"):
        change("S2", FIVE, by=admin, at=NOON + TICK, seen=THREE)


@pytest.mark.parametrize("code", ["S4", "S1", "S18"])
def test_what_has_its_home_elsewhere_or_one_way_only_is_not_changed_here(admin, code):
    with pytest.raises(ValidationError, match="cannot be changed here"):
        change(code, "x", by=admin, at=NOON)


@pytest.mark.parametrize("code", ["S4", "S5", "S99", ""])
def test_a_setting_that_is_not_here_is_a_plain_error(code):
    with pytest.raises(KeyError):
        setting(code)
    with pytest.raises(KeyError):
        setting_at(code, NOON)


def test_the_ladders_tell_where_they_live(monkeypatch):
    monkeypatch.setattr("servicedesk.regulations.homes._homes", {})
    assert "75 %" in home_of("S4").words()
    assert home_of("S4").url() == ""
    give_home("S4", "admin:index", lambda: "at half time")
    assert home_of("S4").words() == "at half time"
    assert home_of("S4").url().endswith("/admin/")
    with pytest.raises(ValueError):
        give_home("S2", "admin:index", lambda: "")


def test_reading_is_one_query(django_assert_num_queries):
    for read in (
        lambda: setting("S2"),
        lambda: setting_at("S2", NOON),
        Settings.now,
        lambda: Settings.at(NOON),
    ):
        with django_assert_num_queries(1):
            read()


def test_a_new_release_leaves_values_as_they_are(admin):
    change("S2", TWO, by=admin, at=NOON)
    seed_settings()
    assert setting("S2") == TWO


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE regulations_settingchange SET reason = 'other'",
        "UPDATE regulations_settingchange SET at = '2020-01-01 00:00:00+00:00'",
        "DELETE FROM regulations_settingchange",
        "DELETE FROM regulations_setting WHERE code = 'S6'",
        'UPDATE regulations_setting SET value = \'{"amount": 9, "unit": "days"}\' WHERE code = \'S2\'',
        "UPDATE regulations_setting SET changed_at = '2020-01-01 00:00:00+00:00' WHERE code = 'S2'",
    ],
)
def test_history_cannot_be_rewritten(admin, attack):
    change("S2", TWO, by=admin, at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)
    assert setting("S2") == TWO
    assert setting_at("S2", NOON - TICK) == THREE


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_wins_and_history_fits():
    admin = make_user()
    together, refusals = Barrier(2), []

    def set_to(value, at):
        together.wait()
        try:
            change("S2", value, by=admin, at=at, seen=THREE)
        except ValidationError as refusal:
            refusals.append(refusal.messages)
        finally:
            connection.close()

    threads = [Thread(target=set_to, args=(TWO, NOON)), Thread(target=set_to, args=(FIVE, NOON + TICK))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refusals) == 1
    done = SettingChange.objects.get()
    assert setting("S2") == Span(**done.became)
    assert setting_at("S2", done.at - TICK) == THREE


@pytest.mark.django_db(transaction=True)
def test_two_at_once_cannot_contradict_each_other():
    together, refusals = Barrier(2), []

    def set_to(code, value):
        together.wait()
        try:
            change(code, value, by=None, at=NOON)
        except ValidationError as refusal:
            refusals.append(refusal)
        finally:
            connection.close()

    threads = [Thread(target=set_to, args=("S2", TWO)), Thread(target=set_to, args=("S2a", THREE))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refusals) == 1
    assert setting("S2a") <= setting("S2")


@pytest.mark.django_db(transaction=True)
def test_two_who_give_settings_their_rows_at_once_take_turns(triggers_lifted):
    with triggers_lifted():
        Setting.objects.filter(code="S2").delete()
    both_have_looked, failures = Barrier(2), []

    def look(execute, sql, *rest):
        found = execute(sql, *rest)
        if sql.startswith("SELECT"):
            with suppress(BrokenBarrierError):
                both_have_looked.wait(0.3)
        return found

    def seed():
        try:
            with connection.execute_wrapper(look):
                seed_settings()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=seed) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert setting("S2") == THREE
    assert Setting.objects.filter(code="S2").exists()
