"""A year of demo, shortened in every run and whole where slow tests run: played by the rules, with all that a year holds."""

import re
import time
from datetime import datetime, timedelta
from io import StringIO

import pytest
from dateutil.relativedelta import relativedelta
from django.core.management import call_command
from django.db import connection
from django.db.models import Count, F, Q
from django.utils import translation

from servicedesk.audit.invariants import findings
from servicedesk.audit.models import Entry
from servicedesk.calendars.models import Calendar
from servicedesk.clock.models import Deadline, Ring
from servicedesk.customers.models import Customer, Project
from servicedesk.demo.building import build
from servicedesk.demo.texts import texts_of_a_year
from servicedesk.demo.year.people import JOINERS, LEAVING
from servicedesk.demo.year.scale import COURSES, YEAR, Scale, how_many
from servicedesk.outbox.models import Message
from servicedesk.staff.models import Absence, Department, User
from tickets.models import Contact, Mark, OwnershipPeriod, Reading, Ticket, VoidRequest

NOW = datetime.fromisoformat("2026-10-30T15:20:00+08:00")  # after a week of holidays and its make-up days
SHORT = Scale(months=2, people=50, customers=160, matters=110)
PRESENT = 53  # matters of the last days that any demo has
LONGEST = 300  # seconds that a year may take
ENDS = {
    ("unresolved", None), ("resolved", None), ("closed", "checked"), ("closed", "accepted"), ("closed", "unopposed"),
    ("closed", "decided"), ("closed", "confirmed"), ("closed", "void"),
}  # fmt: skip


@pytest.fixture
def short_year(settings, db):
    """Two months of half the people and few customers: as much as shows every course."""
    settings.DEMO = True
    with translation.override("zh-hans"):
        return build("zh-hans", now=NOW, tell=lambda percent, doing: None, scale=SHORT)


def test_a_short_year_is_whole_and_breaks_no_rule(short_year):
    assert short_year["people"] == SHORT.people
    assert short_year["customers"] == SHORT.customers
    assert short_year["tickets"] == SHORT.matters + how_many(SHORT.matters)["repeat"] + PRESENT
    assert (
        Ticket.objects.open().exclude(owner__employee_number__lt="1017").exists()
    )  # not only the small demo's people

    assert [finding for finding in findings() if finding.violations] == []
    people_come_go_and_are_away()
    every_end_is_reached()
    words_are_kept_and_broken()
    every_rung_has_rung()
    customers_of_all_kinds_are_there()
    projects_are_in_service_from_delivery_to_the_end()
    due_times_jump_over_closed_days()
    nothing_waits_to_be_sent()
    questions_get_their_own_answer()
    few_words_are_alike()


def people_come_go_and_are_away():
    assert User.objects.filter(is_active=False, left_at__isnull=False).count() == len(LEAVING)
    assert Entry.objects.filter(event="blocked").count() == len(LEAVING)
    began = NOW - relativedelta(months=SHORT.months)
    assert User.objects.filter(date_joined__gt=began).count() == JOINERS
    assert Absence.objects.filter(deputy__isnull=False, ends_at__lt=NOW).count() > 5
    assert {"leave", "sick"} <= set(Absence.objects.values_list("reason", flat=True))
    assert Department.objects.exclude(manager=None).count() >= 12
    assert OwnershipPeriod.objects.filter(how="taken_over").exists()


def every_end_is_reached():
    assert set(Ticket.objects.values_list("state", "ended")) == ENDS
    assert Ticket.objects.values("kind").distinct().count() == 6
    assert Ticket.objects.filter(anonymous=True, state="closed").exists()
    assert Ticket.objects.exclude(repeat_of=None).exists()
    assert Ticket.objects.filter(late_reason__isnull=False).exists()
    assert VoidRequest.objects.filter(confirmed=True).exists()
    assert Mark.objects.exists()
    assert Reading.objects.filter(read_at__isnull=False).exists()
    reopened = Entry.objects.filter(event="reopened").values("subject")
    assert Ticket.objects.filter(state="closed").annotate(n=Count("checks")).filter(n__gt=1).exists()
    assert reopened.count() >= 3
    events = set(Entry.objects.values_list("event", flat=True))
    assert {
        *("reclassified", "established", "customer_corrected", "owner_changed", "acknowledged", "file_read"),
        *("task_finished", "rang", "broke", "customer_confirmed", "customer_changed"),
    } <= events


def words_are_kept_and_broken():
    promises = Deadline.objects.filter(kind="promise")
    outcomes = dict(promises.exclude(outcome=None).values_list("outcome").annotate(n=Count("pk")))
    assert outcomes["kept"] > 3 * outcomes["late"] > 0
    assert promises.filter(outcome="late", settled_at__gt=F("due_at") + timedelta(hours=12)).exists()
    assert Contact.objects.filter(purpose="reply", mode="tried").exists()
    assert Ticket.objects.chased().exists()
    outcomes = set(Ticket.objects.values_list("checks__outcome", flat=True))
    assert {"satisfied", "dissatisfied", "not_reached"} <= outcomes
    replies = Contact.objects.filter(purpose="reply", ticket__state="closed")
    assert replies.exclude(by=F("ticket__owner")).exists()  # by whoever stood in


def every_rung_has_rung():
    rang = Ring.objects.filter(skipped=False, deadline__settled_at__isnull=False)
    for position in ("owner", "department_manager", "executive", "general_manager"):
        assert rang.filter(position=position).exists(), position
    assert rang.filter(reason__reason="deputy").exists()
    assert rang.filter(acknowledged_at__isnull=False).exists()
    early = rang.filter(rung__when="after", rang_at__lte=F("deadline__due_at"))
    assert not early.exists()


def customers_of_all_kinds_are_there():
    assert set(Customer.objects.values_list("kind", flat=True)) == {"household", "person", "organisation"}
    assert Customer.objects.filter(Q(do_not_contact="no_contact") | Q(do_not_contact="no_marketing")).exists()
    assert Customer.objects.filter(created_at__gt=NOW - timedelta(days=50)).exists()


def projects_are_in_service_from_delivery_to_the_end():
    assert set(Project.objects.values_list("state", flat=True)) == {"active", "draft", "ended"}
    delivered = dict(Project.objects.exclude(delivered_on=None).values_list("pk", "delivered_on"))
    zone = Calendar.objects.default().work_calendar().timezone
    today = NOW.astimezone(zone).date()
    assert not Project.objects.filter(state="active", service_ends_on__lt=today).exists()
    faults = Ticket.objects.exclude(project=None).values_list("project", "received_at")
    assert faults.exists()
    for key, at in faults:
        assert at.astimezone(zone).date() >= delivered[key]
    activated = Entry.objects.filter(event="project_activated")
    assert activated.count() >= len(delivered)
    for entry in activated:
        assert entry.at.astimezone(zone).date() >= delivered[entry.facts["row"]]


def due_times_jump_over_closed_days():
    """Except on a day that the customer wished, and in serious matters, which wait for no opening."""
    work = Calendar.objects.default().work_calendar()
    promises = Deadline.objects.filter(kind="promise", promise__wished=False).exclude(
        ladder__never_waits=True
    )
    over = promises.filter(due_at__lt=NOW - timedelta(days=14))  # the present promises in minutes
    days = {due_at.astimezone(work.timezone).date() for due_at in over.values_list("due_at", flat=True)}
    assert "make-up" in {work.kind(day) for day in days}
    assert [day for day in days if not work.is_working_day(day)] == []


def nothing_waits_to_be_sent():
    assert not Message.objects.due(NOW).exists()
    assert not Message.objects.exclude(state__in=["sent", "queued"]).exists()


def questions_get_their_own_answer():
    told = texts_of_a_year("zh-hans")["inquiry"].values()
    answers = {
        words: answer for one in told for words, answer in zip(one["words"], one["solved"], strict=True)
    }
    known = {re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(words))): words for words in answers}
    replies = Contact.objects.told().filter(ticket__kind="inquiry", ticket__state="closed")
    seen = 0
    for asked, answered in replies.values_list("ticket__first_words__text", "words__text"):
        for question in (words for pattern, words in known.items() if pattern.fullmatch(asked)):
            seen += 1
            assert answers[question] in answered
    assert seen > 10


def few_words_are_alike():
    """Of the first words of the year hardly any are the same; the present has those of the small demo."""
    said = list(Ticket.objects.values_list("first_words__text", flat=True))
    assert len(set(said)) > 0.8 * len(said)
    assert not [text for text in said if re.search("[{}]", text)]


def test_each_way_a_matter_may_go_has_its_share():
    for matters in (170, YEAR.matters):
        counts = how_many(matters)
        assert counts.keys() == COURSES.keys()
        assert sum(counts.values()) == matters
        assert min(counts.values()) >= 1


def test_a_year_that_fails_leaves_nothing(settings, db, monkeypatch):
    settings.DEMO = True
    monkeypatch.setattr("servicedesk.demo.year.matter.Tray.empty", broken)
    with pytest.raises(ZeroDivisionError):
        build("en", now=NOW, tell=lambda percent, doing: None, scale=SHORT)
    assert not User.objects.exists()
    assert not Customer.objects.exists()
    assert not Department.objects.exists()


def broken(tray):
    raise ZeroDivisionError


@pytest.mark.slow
@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="a year takes minutes; the short one is played on both engines"
)
def test_a_whole_year_is_built_in_under_five_minutes(settings, db):
    settings.DEMO = True
    out, began = StringIO(), time.process_time()
    call_command("demo", language="en", scale="year", stdout=out)
    assert time.process_time() - began < LONGEST  # of our own; machines that test are busy
    people, customers, tickets = map(int, re.findall(r"\d+", out.getvalue()))
    assert (people, customers) == (YEAR.people, YEAR.customers)
    assert tickets > YEAR.matters
    assert [finding for finding in findings() if finding.violations] == []
    closed = Calendar.objects.default().work_calendar()
    assert any(
        closed.kind(day) == "make-up" for day in _days_of_receipt(closed.timezone)
    )  # on a make-up day, too


def _days_of_receipt(zone):
    return {at.astimezone(zone).date() for at in Ticket.objects.values_list("received_at", flat=True)}
