"""The demo organisation: whole, in every language, and never mixed with anything real."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from servicedesk.audit.invariants import findings
from servicedesk.calendars.models import Calendar
from servicedesk.clock.models import Deadline, Ladder, Ring
from servicedesk.customers.models import Customer
from servicedesk.demo.texts import LANGUAGES, texts, texts_of_a_year
from servicedesk.management.commands.demo import language_of_system
from servicedesk.outbox.models import Message
from servicedesk.staff.models import Absence, Department, User
from servicedesk.staff.testing import make_user
from tickets.models import Category, Mark, OpinionCheck, Ticket, VoidRequest

DEMO_STATES = {
    ("unresolved", None), ("resolved", None), ("closed", "checked"), ("closed", "accepted"), ("closed", "unopposed"),
    ("closed", "decided"), ("closed", "confirmed"), ("closed", "void"),
}  # fmt: skip


@pytest.fixture
def demo(settings, db):
    """Builds the demo and returns what was said."""
    settings.DEMO = True

    def build(language="en"):
        out = StringIO()
        call_command("demo", language=language, stdout=out)
        return out.getvalue()

    return build


@pytest.mark.parametrize(
    "language",
    ["zh-hans", *(pytest.param(other, marks=pytest.mark.slow) for other in ("en", "zh-hant"))],
)
def test_the_demo_is_whole_and_breaks_no_rule(demo, settings, language):
    assert re.findall(r"\d+", demo(language)) == ["16", "50", "200"]

    assert [finding for finding in findings() if finding.violations] == []
    everybody_is_there(settings)
    every_state_is_there()
    every_rung_has_rung()
    nothing_was_sent_outside()
    if language != "en":
        no_name_is_english()


def no_name_is_english():
    names = [
        *User.objects.values_list("display_name", flat=True),
        *Department.objects.values_list("name", flat=True),
        *Category.objects.values_list("name", flat=True),
        *Customer.objects.values_list("name", flat=True),
        *Ladder.objects.values_list("name", flat=True),
        *Calendar.objects.values_list("name", flat=True),
    ]
    assert [name for name in names if re.search("[A-Za-z]", name)] == []


def everybody_is_there(settings):
    people = User.objects.demo()
    assert people.count() == User.objects.count()
    assert set(settings.DEMO_LOGINS) <= set(people.values_list("username", flat=True))
    assert all(person.check_password(settings.DEMO_PASSWORD) for person in people[:1])
    assert Absence.objects.at(timezone.now()).get().deputy
    assert User.objects.get(username="general").has_role("general_manager")
    assert Customer.objects.filter(do_not_contact="no_contact").count() == 1
    assert Customer.objects.filter(safety_mark=True).count() == 1
    assert Customer.objects.filter(written_until__gt=timezone.now()).count() == 1
    assert Customer.objects.incomplete().exists()


def every_state_is_there():
    assert set(Ticket.objects.values_list("state", "ended")) == DEMO_STATES
    assert set(Ticket.objects.values_list("kind", flat=True)) == {
        *("complaint", "fault", "request", "inquiry", "suggestion", "task")
    }
    assert {"kept", "late", "withdrawn", None} == set(Deadline.objects.values_list("outcome", flat=True))
    assert {"satisfied", "dissatisfied", "not_reached", None} <= set(
        OpinionCheck.objects.values_list("outcome", flat=True)
    )
    assert Ticket.objects.filter(anonymous=True, state="unresolved").exists()
    assert Deadline.objects.live().get(kind="confirmation").owner.username == "manager"
    assert Ticket.objects.exclude(repeat_of=None).exists()
    assert Ticket.objects.chased().exists()
    assert Ticket.objects.filter(periods__how="taken_over", periods__to_at=None).exists()
    assert VoidRequest.objects.filter(confirmed=None).count() == 1
    assert Mark.objects.filter(lifted_at=None).exists()


def every_rung_has_rung():
    overdue = Deadline.objects.live().broken()
    for position in ("department_manager", "executive", "general_manager"):
        assert Ring.objects.filter(deadline__in=overdue, position=position, rung__when="after").exists()
    assert Ring.objects.filter(deadline__in=overdue, reason__reason="deputy").exists()
    now = timezone.now()
    coming = Deadline.objects.live().filter(due_at__range=(now, now + timedelta(minutes=45)))
    assert coming.filter(owner__username="agent").count() >= 3


def nothing_was_sent_outside():
    assert mail.outbox == []
    assert not Message.objects.due(timezone.now()).exists()
    assert not Message.objects.exclude(state__in=["sent", "queued"]).exists()


def test_the_demo_is_refused_where_somebody_is_there(demo):
    make_user()
    with pytest.raises(CommandError, match="already holds something"):
        demo()
    assert User.objects.count() == 1
    assert not Ticket.objects.exists()


def test_the_demo_is_refused_in_a_place_of_work(settings, db):
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("demo")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("named", "language"),
    [
        ("zh_CN.UTF-8", "zh-hans"),
        ("zh_SG", "zh-hans"),
        ("zh_TW.UTF-8", "zh-hant"),
        ("zh-Hant-HK", "zh-hant"),
        ("de_DE.UTF-8", "en"),
        ("C", "en"),
        ("", "en"),
    ],
)
def test_the_demo_speaks_the_language_of_the_system(monkeypatch, named, language):
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", named)
    assert language_of_system() == language


def test_a_demo_that_is_broken_off_says_so_and_leaves_nothing(demo, monkeypatch):
    monkeypatch.setattr("servicedesk.demo.building.make_customers", ctrl_c)  # when everybody is there
    with pytest.raises(CommandError, match="Broken off") as told:
        demo()
    assert told.value.returncode == 130
    assert not User.objects.exists() and not Department.objects.exists()


def ctrl_c(*args):
    raise KeyboardInterrupt


def leaves(value, path=()):
    """Every text of a language with the way to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*path, number))
    else:
        yield path, value


TEXTS = [texts, texts_of_a_year]


@pytest.mark.parametrize("read", TEXTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language, read):
    said, english = dict(leaves(read(language))), dict(leaves(read("en")))
    assert said.keys() == english.keys()
    for where, text in said.items():
        assert text.strip()
        assert set(re.findall("{[a-z]+}", text)) == set(re.findall("{[a-z]+}", english[where])), where


@pytest.mark.parametrize("read", TEXTS)
@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_nothing_is_left_in_english(language, read):
    said = {where: text for where, text in leaves(read(language)) if where != ("language",)}
    words = {where: re.findall("[A-Za-z]{2,}", re.sub("{[a-z]+}", "", text)) for where, text in said.items()}
    assert {where: found for where, found in words.items() if found not in ([], ["LED"])} == {}


# What comes of 干 and 签 where a script is changed letter by letter, and the wrong word was taken for it
SLIPS = "(?<!標)籤|[已擦晾烘]幹|幹[淨燥]"


@pytest.mark.parametrize("read", TEXTS)
def test_the_right_one_of_several_letters_is_written(read):
    assert [text for _, text in leaves(read("zh-hant")) if re.search(SLIPS, text)] == []
