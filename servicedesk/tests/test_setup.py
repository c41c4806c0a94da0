from io import StringIO
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from servicedesk.audit.timeline import Entry
from servicedesk.calendars.models import Calendar
from servicedesk.staff.models import User
from servicedesk.staff.testing import make_user

pytestmark = pytest.mark.django_db

ANSWERS = {
    "ORGANISATION_NAME": "恒信服务",
    "TIME_ZONE": "Europe/Berlin",
    "LANGUAGE_CODE": "zh-hans",
    "ADMIN_USERNAME": "lina",
    "ADMIN_NAME": "Li Na",
    "ADMIN_EMAIL": "li.na@example.org",
    "ADMIN_PASSWORD": "eleven green kettles",
}


@pytest.fixture(autouse=True)
def place_of_work(settings, monkeypatch):
    settings.DEMO = False
    for name, value in ANSWERS.items():
        monkeypatch.setenv(name, value)


def setup(**options):
    out = StringIO()
    call_command("setup", no_input=True, stdout=out, **options)
    return out.getvalue()


def test_an_empty_desk_gets_its_zone_and_its_first_administrator(client):
    told = setup()

    user = User.objects.get()
    assert (user.username, user.display_name, user.language) == ("lina", "Li Na", "zh-hans")
    assert user.is_staff and not user.is_superuser
    assert user.has_perm("staff.add_user")
    assert user.check_password(ANSWERS["ADMIN_PASSWORD"])
    assert Calendar.objects.default().timezone == "Europe/Berlin"
    assert 'ORGANISATION_NAME="恒信服务"' in told and 'TIME_ZONE="Europe/Berlin"' in told
    assert "kettles" not in told


def test_it_is_on_record():
    setup()

    entry = Entry.objects.get(subject="organisation")
    assert (entry.event, entry.actor) == ("set_up", "setup")
    assert entry.at <= timezone.now()


def test_an_option_beats_the_environment():
    setup(zone="Asia/Tokyo")

    assert Calendar.objects.default().timezone == "Asia/Tokyo"


def test_a_second_time_changes_nothing():
    setup()
    with pytest.raises(CommandError, match="set up already"):
        setup(username="other")

    assert User.objects.count() == 1


def test_a_desk_with_people_is_refused():
    make_user()
    with pytest.raises(CommandError, match="set up already"):
        setup()


def test_the_demo_is_refused(settings):
    settings.DEMO = True
    with pytest.raises(CommandError, match="demo"):
        setup()


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("TIME_ZONE", "Mars/Olympus", "no time zone"),
        ("LANGUAGE_CODE", "tlh", "Choose one of"),
        ("ORGANISATION_NAME", "", "--organisation"),
        ("ADMIN_NAME", "", "--name"),
        ("ADMIN_EMAIL", "not an address", "email"),
        ("ADMIN_USERNAME", "two words", "username"),
        ("ADMIN_PASSWORD", "", "ADMIN_PASSWORD"),
        ("ADMIN_PASSWORD", "short", "password"),
        ("ADMIN_PASSWORD", "li.na@example.org", "similar"),
    ],
)
def test_a_wrong_answer_is_named_and_changes_nothing(monkeypatch, variable, value, message):
    monkeypatch.setenv(variable, value)
    with pytest.raises(CommandError, match=message):
        setup()

    assert not User.objects.exists()
    assert Calendar.objects.default().timezone != "Europe/Berlin"


def test_a_person_at_the_keyboard_is_asked_for_what_is_missing(monkeypatch):
    for name in ANSWERS:
        monkeypatch.delenv(name)
    typed = iter(["", "Heng Xin", "Asia/Taipei", "", "", "Li Na", "li.na@example.org"])
    with (
        patch("sys.stdin.isatty", return_value=True),
        patch("builtins.input", side_effect=lambda _: next(typed)),
        patch("getpass.getpass", return_value="eleven green kettles"),
    ):
        call_command("setup", stdout=StringIO())

    user = User.objects.get()
    assert (user.username, user.timezone) == ("admin", "Asia/Taipei")
