"""The page of one deadline: why then, what its ladder did, whom it reached and why, what comes next."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from servicedesk.clock.acknowledging import acknowledge
from servicedesk.clock.course import course_of
from servicedesk.clock.due import propose
from servicedesk.clock.models import Deadline, Ring
from servicedesk.clock.owing import owe, settle, withdraw
from servicedesk.clock.sweep import sweep
from servicedesk.clock.testing import MONDAY, make_deadline, make_ladder, make_matter, make_unit
from servicedesk.regulations.span import Span
from servicedesk.staff.testing import make_absence, make_user

pytestmark = pytest.mark.django_db
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
DUE = MONDAY + 6 * HOUR


@pytest.fixture
def unit():
    return make_unit()


def shown(deadline, user):
    client = Client()
    client.force_login(user)
    return client.get(reverse("clock:deadline", args=[deadline.pk]))


def course(deadline, at):
    deadline = Deadline.objects.get(pk=deadline.pk)
    rings = list(deadline.rings.select_related("person", "rung").order_by("pk"))
    return [
        (moment.text, moment.ahead, [one.ring.person for one in moment.heard])
        for moment in course_of(deadline, rings, list(deadline.ladder.rungs.all()), at=at)
    ]


def test_before_anything_rang_all_steps_lie_ahead(unit):
    deadline = make_deadline(make_matter(unit), due_at=DUE, at=MONDAY)
    entered, *ahead = course(deadline, MONDAY + HOUR)
    assert entered == ("Entered", False, [])
    assert [text for text, _, _ in ahead] == [
        "at 75 % of the interval: owner", "1 hour before: owner", "Due", "at once: department manager",
        "1 working day after: executive in charge", "3 working days after: general manager",
    ]  # fmt: skip
    assert all(is_ahead for _, is_ahead, _ in ahead)


def test_after_a_breach_the_page_tells_who_was_told_and_who_will_be(unit):
    matter = make_matter(unit)
    deadline = make_deadline(matter, due_at=DUE, at=MONDAY)
    for moment in (MONDAY + 4.6 * HOUR, DUE - HOUR + SECOND, DUE + SECOND):
        sweep(moment)
    steps = course(deadline, DUE + HOUR)
    assert [(text, told) for text, is_ahead, told in steps if not is_ahead] == [
        ("Entered", []), ("at 75 % of the interval: owner", [matter.owner]), ("1 hour before: owner", [matter.owner]),
        ("Broken: the due time passed", []), ("at once: department manager", [unit.manager]),
    ]  # fmt: skip
    assert [text for text, is_ahead, _ in steps if is_ahead] == [
        "1 working day after: executive in charge", "3 working days after: general manager",
    ]  # fmt: skip


def test_a_late_sweep_shows_no_lie(unit):
    deadline = make_deadline(make_matter(unit), due_at=DUE, at=MONDAY)
    texts = [text for text, _, _ in course(deadline, DUE + SECOND)]
    assert "The due time has passed; the clock stamps it any moment" in texts


@pytest.mark.parametrize(
    ("end", "text"),
    [("kept", "Settled in time"), ("late", "Settled late"), ("withdrawn", "Withdrawn: no longer owed")],
)
def test_once_settled_the_steps_ahead_are_one_line(unit, end, text):
    deadline = make_deadline(make_matter(unit), due_at=DUE, at=MONDAY)
    if end == "withdrawn":
        withdraw(deadline, by=deadline.owner, at=MONDAY + HOUR, reason="void")
    else:
        settle(deadline, by=deadline.owner, at=MONDAY + HOUR if end == "kept" else DUE + HOUR)
    texts = [text for text, _, _ in course(deadline, DUE + DAY)]
    assert text in texts
    assert texts[-1] == "5 further steps were not needed"


def test_a_reminder_that_came_too_late_is_said_to_be_left_out(unit):
    deadline = make_deadline(make_matter(unit), due_at=DUE, at=MONDAY)
    sweep(DUE + SECOND)
    assert any("Left out" in text for text, _, _ in course(deadline, DUE + HOUR))


def test_the_page_says_why_it_is_due_then_and_why_a_deputy_was_told(unit):
    matter = make_matter(unit)
    proposal = propose(Span(1, "working_days"), MONDAY, matter.calendar, rule="S2a")
    deadline = owe("promise", matter, due_at=proposal.due_at, derivation=proposal.derivation, at=MONDAY)
    deputy = make_user(display_name="Second Sun")
    make_absence(unit.manager, deputy=deputy)
    sweep(proposal.due_at + SECOND)
    page = shown(deadline, matter.owner).content.decode()
    assert "1 working day (S2a)" in page
    assert "Second Sun" in page
    assert f"deputy for {unit.manager}" in page


def test_a_time_chosen_by_hand_names_the_limit_it_keeps(unit):
    matter = make_matter(unit)
    derivation = propose(Span(1, "working_days"), MONDAY, matter.calendar, rule="S2").derivation | {
        "span": None
    }
    deadline = owe("promise", matter, due_at=DUE, derivation=derivation, at=MONDAY)
    assert "Longest first promise (S2)" in shown(deadline, matter.owner).content.decode()


def test_a_deadline_without_a_ladder_and_without_a_reason_has_a_page_too(unit):
    matter = make_matter(unit)
    deadline = make_deadline(matter, kind="unheard_of", due_at=DUE, at=MONDAY)
    page = shown(deadline, matter.owner).content.decode()
    assert "no rule led to it" in page
    assert "nobody is told" in page


def test_whom_a_notice_reached_acknowledges_it_here_by_a_plain_form(unit):
    make_ladder(
        "promise",
        {
            "when": "after",
            "amount": 0,
            "unit": "hours",
            "position": "department_manager",
            "acknowledge": True,
        },
    )
    deadline = make_deadline(make_matter(unit), due_at=DUE, at=MONDAY)
    sweep(DUE + SECOND)
    ring = Ring.objects.get()
    address = reverse("clock:acknowledge", args=[ring.pk])
    assert f'action="{address}"' in shown(deadline, unit.manager).content.decode()
    assert address not in shown(deadline, deadline.owner).content.decode()

    client = Client()
    client.force_login(unit.manager)
    page = client.post(address, follow=True)
    assert page.redirect_chain[-1][0] == reverse("clock:deadline", args=[deadline.pk])
    assert address not in page.content.decode()
    client.force_login(make_user())
    assert client.post(address).status_code == 404


def test_nothing_is_to_be_acknowledged_once_it_is_settled(unit):
    make_ladder(
        "promise",
        {
            "when": "after",
            "amount": 0,
            "unit": "hours",
            "position": "department_manager",
            "acknowledge": True,
        },
    )
    deadline = make_deadline(make_matter(unit), due_at=DUE, at=MONDAY)
    sweep(DUE + SECOND)
    settle(deadline, by=deadline.owner, at=DUE + HOUR)
    assert "acknowledge/" not in shown(deadline, unit.manager).content.decode()


def test_strangers_find_nothing_and_those_concerned_do(unit):
    owner, responder, executive = make_user(), make_user(), unit.executive
    deadline = make_deadline(make_matter(unit, owner=owner, first_responder=responder), due_at=DUE, at=MONDAY)
    assert shown(deadline, make_user()).status_code == 404
    for person in (owner, responder, unit.manager, executive, make_user(roles=["general_manager"])):
        assert shown(deadline, person).status_code == 200
    deputy = make_user()
    make_absence(owner, deputy=deputy)
    assert shown(deadline, deputy).status_code == 200


def test_the_page_takes_as_many_queries_for_many_rings_as_for_one(unit):
    make_ladder(
        "promise",
        {"when": "after", "amount": 0, "unit": "hours", "position": "department_manager", "acknowledge": True,
         "repeat_every": 10, "rounds": 20},
    )  # fmt: skip
    make_absence(unit.manager, deputy=make_user())
    deadline = make_deadline(make_matter(unit), due_at=DUE, at=MONDAY)

    def count():
        with CaptureQueriesContext(connection) as captured:
            shown(deadline, deadline.owner)
        return len(captured)

    sweep(DUE + SECOND)
    once = count()
    for minutes in range(11, 130, 11):
        sweep(DUE + timedelta(minutes=minutes))
    assert Ring.objects.count() > 8
    assert count() <= once
    ring = Ring.objects.last()
    acknowledge(ring, by=ring.person, at=DUE + DAY)
    assert count() <= once
