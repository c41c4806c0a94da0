"""A task reported as done owes its requester's confirmation until a time, to nobody else's clock (CASES a, b, f, o, y)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from servicedesk.audit.invariants import findings
from servicedesk.audit.timeline import Entry
from servicedesk.clock.desk import desk_of
from servicedesk.clock.models import Deadline, Ladder, Ring
from servicedesk.clock.sweep import sweep
from servicedesk.outbox.models import Message
from servicedesk.staff.leaving import block, deactivate, pass_on_what_waits, unblock
from servicedesk.staff.models import User
from servicedesk.staff.passing_on import left_by
from servicedesk.staff.testing import make_absence
from tickets.checks import Opinion, confirm_solved, confirm_task, record_check
from tickets.corrections import reclassify
from tickets.invariants import confirmations_are_the_requesters
from tickets.models import Kind, OpinionCheck, Ticket
from tickets.ownership import take_over
from tickets.replies import finish_task
from tickets.resolving import reopen
from tickets.telling.history import history
from tickets.testing import HOUR, MONDAY, make_agent, make_category, make_ticket, make_word
from tickets.tests.attacks import judge_as_at_commit
from tickets.voiding import ask_to_void, decide_void

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
DUE = MONDAY + HOUR + 3 * DAY  # S15 after the report


@pytest.fixture
def administrator():
    return make_agent(roles=["administrator"])


@pytest.fixture
def done():
    """A task of one unit that another one asked for, reported as done."""
    return reported(make_ticket(kind=Kind.TASK, requester=make_agent()))


def reported(ticket, *, by=None, at=MONDAY + HOUR):
    finish_task(ticket, words="Ran for two hours.", by=by or ticket.owner, at=at)
    return fresh(ticket)


def fresh(ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def owed(ticket) -> Deadline:
    return fresh(ticket).open_check


def told(ticket, now=MONDAY + DAY):
    happenings = history(ticket, now=now).happenings
    parts = [part for one in happenings for part in one.parts]
    return [*(one.title for one in happenings), *(text for part in parts for text in (part.label, part.tag))]


def violations():
    return [one.text for finding in findings() for one in finding.examples]


# Owed


@pytest.mark.clause("R3.1.1")
def test_a_finished_task_owes_the_requesters_confirmation_by_the_time_of_a_check(done):
    confirmation, requester = owed(done), done.requester
    assert (done.state, done.live_deadline, confirmation.kind) == ("resolved", None, "confirmation")
    assert (confirmation.owner, confirmation.department) == (requester, requester.department)
    assert (confirmation.due_at, confirmation.derivation["rule"]) == (DUE, "S15")
    assert confirmation.first_responder == done.first_responder
    assert confirmation.ladder == Ladder.objects.active("confirmation")
    assert done.due_at == DUE
    assert violations() == []


def test_it_lies_on_the_requesters_desk_and_not_on_the_owners(done):
    rows = {
        user: [row.deadline.kind for row in desk_of(user, at=MONDAY + 2 * HOUR).mine.rows]
        for user in (done.requester, done.owner)
    }
    assert rows == {done.requester: ["confirmation"], done.owner: []}


def test_who_leads_the_requester_sees_that_it_is_owed_and_is_led_nowhere_else(client):
    now = timezone.now()
    ticket = make_ticket(now - HOUR, kind=Kind.TASK, requester=make_agent())
    done = reported(ticket, at=now)
    explained = reverse("clock:deadline", args=[owed(done).pk])
    owes = f"/people/{done.requester_id}/owes/"
    for reader, opens in ((done.requester.department.manager, False), (done.requester, True)):
        client.force_login(reader)
        for page in (client.get(owes), client.get(explained)):
            assert done.number in page.content.decode()
            assert (f'href="{done.path}' in page.content.decode()) is opens
        assert f'href="{explained}"' in client.get(owes).content.decode()
        assert client.get(done.path).status_code == (200 if opens else 404)


def test_a_date_that_ends_on_a_closed_day_moves_to_the_next_working_day():
    thursday = MONDAY + 3 * DAY
    ticket = make_ticket(thursday, kind=Kind.TASK)
    assert owed(reported(ticket, at=thursday + HOUR)).due_at > thursday + 4 * DAY


def test_confirmed_in_time_is_kept_and_afterwards_late(done):
    confirm_task(done, by=done.requester, at=DUE)
    late = reported(make_ticket(kind=Kind.TASK))
    confirm_task(late, by=late.requester, at=DUE + MINUTE)
    outcomes = Deadline.objects.filter(kind="confirmation").order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == ["kept", "late"]
    assert {fresh(one).ended for one in (done, late)} == {"confirmed"}
    assert not Deadline.objects.live().exists()
    assert violations() == []


def test_the_timeline_tells_who_confirms_by_when_and_that_they_did(done):
    confirm_task(done, by=done.requester, at=MONDAY + 2 * HOUR)
    text = " ".join(told(done))
    assert f"{done.requester} confirms by" in text
    assert "confirmed that the task is done" in text


def test_an_unconfirmed_task_climbs_the_ladder_of_the_requesters_unit(done):
    unit = done.requester.department
    for passed in (MINUTE, 2 * DAY, 8 * DAY):
        sweep(DUE + passed)
    rang = Ring.objects.filter(deadline=owed(done), rung__when="after", skipped=False).order_by("pk")
    assert list(rang.values_list("position", flat=True)) == [
        "department_manager",
        "executive",
        "general_manager",
    ]
    assert [ring.person for ring in rang[:2]] == [unit.manager, unit.executive]
    assert owed(done).broken_at == DUE + MINUTE
    assert violations() == []


def test_no_customer_is_asked_and_no_second_person_confirms_a_task(done):
    with pytest.raises(ValidationError, match="no customer is asked"):
        record_check(
            done, Opinion(outcome="satisfied", words="Fine", channel="phone"), by=done.requester, at=MONDAY + DAY
        )  # fmt: skip
    with pytest.raises(ValidationError, match="Only the person who asked"):
        confirm_solved(done, by=make_agent(), at=MONDAY + DAY)
    assert fresh(done).state == "resolved"


def test_what_was_confirmed_or_taken_up_again_meanwhile_cannot_be_confirmed(done):
    seen = done.open_check_id
    reopen(
        done, promise=make_word(MONDAY + 2 * DAY), reason="It leaks", by=done.requester, at=MONDAY + 2 * HOUR
    )
    with pytest.raises(ValidationError, match="on this ticket now"):
        confirm_task(done, by=done.requester, at=MONDAY + 3 * HOUR, answering=seen)
    reported(fresh(done), at=MONDAY + 4 * HOUR)
    with pytest.raises(ValidationError):
        confirm_task(done, by=done.requester, at=MONDAY + 5 * HOUR, answering=seen)
    confirm_task(done, by=done.requester, at=MONDAY + 5 * HOUR, answering=owed(done).pk)
    assert [check.outcome for check in done.checks.all()] == ["dissatisfied", "satisfied"]
    assert violations() == []


# Not done, and other acts


def test_not_done_is_an_answer_and_gives_the_next_due_time(done):
    confirmation = owed(done)
    reopen(done, promise=make_word(MONDAY + 9 * DAY), reason="It leaks", by=done.requester, at=MONDAY + DAY)
    confirmation.refresh_from_db()
    ticket = fresh(done)
    assert (confirmation.outcome, ticket.state, ticket.open_check) == ("kept", "unresolved", None)
    assert ticket.live_deadline.due_at == MONDAY + 9 * DAY
    assert done.checks.get().outcome == "dissatisfied"
    assert "found the task not done" in told(done)
    assert violations() == []


def test_taken_up_again_by_somebody_else_it_is_no_longer_owed(done):
    confirmation = owed(done)
    reopen(done, promise=make_word(MONDAY + 9 * DAY), reason="Wrong", by=done.owner, at=MONDAY + DAY)
    confirmation.refresh_from_db()
    assert (confirmation.outcome, done.checks.get().outcome) == ("withdrawn", "withdrawn")
    assert violations() == []


def test_whoever_takes_the_task_over_does_not_owe_its_confirmation(done):
    deputy = make_agent(department=done.department)
    done.category.deputies.add(deputy)
    take_over(done, by=deputy, at=MONDAY + DAY)
    assert (fresh(done).owner, owed(done).owner) == (deputy, done.requester)
    with pytest.raises(ValidationError):
        confirm_task(done, by=deputy, at=MONDAY + DAY)
    assert violations() == []


def test_what_is_owed_bears_the_new_category_and_ends_with_a_void_task(done):
    other = make_category(kind="task")
    reclassify(done, category=other, severity="minor", reason="Typo", by=done.owner, at=MONDAY + DAY)
    confirmation = owed(done)
    assert other.name in confirmation.label
    request = ask_to_void(done, reason="Test", by=done.owner, at=MONDAY + DAY)
    decide_void(request, confirmed=True, by=make_agent(), at=MONDAY + DAY)
    confirmation.refresh_from_db()
    assert (confirmation.outcome, done.checks.get().outcome) == ("withdrawn", "withdrawn")
    assert violations() == []


# Leaving


@pytest.mark.parametrize("act", [block, deactivate])
def test_as_the_requester_goes_it_passes_to_their_manager_who_sees_and_confirms_it(
    done, administrator, act, client
):
    requester, manager = done.requester, done.requester.department.manager
    assert not Ticket.objects.visible_to(manager).filter(pk=done.pk).exists()
    act(requester, by=administrator, at=MONDAY + 2 * HOUR)
    assert (owed(done).owner, owed(done).due_at) == (manager, DUE)
    assert fresh(done).owner == done.owner
    assert f"passed the confirmation on from {requester} to {manager}" in told(done)
    assert violations() == []

    client.force_login(manager)
    assert "in their place" in client.get(done.path).content.decode()
    confirm_done(client, done)
    assert (fresh(done).ended, done.checks.get().asked_by) == ("confirmed", manager)
    assert client.get(done.path).status_code == 200
    assert violations() == []


def confirm_done(client, ticket):
    address = reverse("tickets:confirm_done", args=[ticket.number])
    return client.post(address, {"answering": ticket.open_check_id})


def test_passing_on_takes_as_many_statements_for_many_tasks_as_for_few(administrator):
    owner = make_agent()

    def statements(count: int) -> int:
        requester = make_agent()
        tickets = [
            reported(make_ticket(kind=Kind.TASK, first_responder=owner, requester=requester))
            for _ in range(count)
        ]
        with CaptureQueriesContext(connection) as seen:
            block(requester, by=administrator, at=MONDAY + 2 * HOUR)
        assert {owed(ticket).owner for ticket in tickets} == {requester.department.manager}
        return len(seen)

    statements(1)
    assert statements(2) == statements(5)
    assert violations() == []


def test_the_audit_asks_no_more_for_many_that_were_passed_on_than_for_one(done, administrator):
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert list(confirmations_are_the_requesters()) == []
        return len(seen)

    block(done.requester, by=administrator, at=MONDAY + 2 * HOUR)
    one = statements()
    another = reported(make_ticket(kind=Kind.TASK, requester=make_agent()))
    block(another.requester, by=administrator, at=MONDAY + 2 * HOUR)
    assert statements() == one


def test_what_a_requester_would_leave_is_named_with_who_has_it_next(done):
    manager = done.requester.department.manager
    (left,) = left_by(done.requester, at=MONDAY + DAY)
    assert (left.what, left.count, left.heirs) == ("Tasks to be confirmed as done", 1, {str(manager): 1})


def test_a_manager_who_did_the_task_does_not_confirm_it_for_a_leaver(administrator):
    requester = make_agent()
    unit = requester.department
    ticket = reported(make_ticket(kind=Kind.TASK, requester=requester), by=unit.manager)
    block(requester, by=administrator, at=MONDAY + DAY)
    assert owed(ticket).owner == unit.executive
    assert violations() == []


def test_a_requester_whose_log_in_is_opened_again_may_still_confirm(done, administrator):
    block(done.requester, by=administrator, at=MONDAY + 2 * HOUR)
    judge_as_at_commit()
    unblock(done.requester, by=administrator, at=MONDAY + 3 * HOUR)
    assert owed(done).owner == done.requester.department.manager
    confirm_task(done, by=User.objects.get(pk=done.requester_id), at=MONDAY + 4 * HOUR)
    assert fresh(done).ended == "confirmed"
    assert violations() == []


@pytest.mark.parametrize("act", [block, deactivate])
def test_reported_after_the_requester_went_it_is_the_managers_who_is_told_in_whose_place(administrator, act):
    ticket = make_ticket(kind=Kind.TASK, requester=make_agent())
    act(ticket.requester, by=administrator, at=MONDAY)
    reported(ticket)
    manager = ticket.requester.department.manager
    assert owed(ticket).owner == manager
    message = Message.objects.get(event="task_done")
    assert (message.recipient, message.params["requester"]) == (manager, str(ticket.requester))
    assert violations() == []


def test_where_nobody_else_is_left_it_waits_with_the_requester(done):
    others = User.objects.exclude(pk=done.requester_id)
    others.update(blocked_at=MONDAY, blocked_why="meanwhile")
    block(done.requester, by="setup", at=MONDAY + 2 * HOUR)
    assert owed(done).owner == done.requester
    manager = done.requester.department.manager_id
    others.filter(pk=manager).update(blocked_at=None, blocked_why="")
    assert pass_on_what_waits(MONDAY + 3 * HOUR) == 0
    assert owed(done).owner_id == manager


# Absence


def test_while_the_requester_is_away_their_deputy_sees_and_confirms_it(done, client):
    deputy, stranger = make_agent(), make_agent()
    absence = make_absence(done.requester, deputy=deputy, starts_at=MONDAY + 2 * HOUR, ends_at=None)
    assert [row.deadline for row in desk_of(deputy, at=MONDAY + DAY).covered.rows] == [owed(done)]
    with pytest.raises(ValidationError):
        confirm_task(done, by=stranger, at=MONDAY + DAY)
    with pytest.raises(ValidationError):
        confirm_task(done, by=deputy, at=MONDAY + HOUR)  # not away yet
    client.force_login(deputy)
    confirm_done(client, done)
    assert (fresh(done).ended, done.checks.get().asked_by) == ("confirmed", deputy)
    assert violations() == []
    # What was confirmed until then stays confirmed, whatever becomes of the absence.
    absence.deputy, absence.starts_at = None, timezone.now() + DAY
    absence.save()
    assert violations() == []


def test_a_deputy_who_did_it_does_not_confirm_it():
    requester, deputy = make_agent(), make_agent()
    make_absence(requester, deputy=deputy, starts_at=MONDAY, ends_at=MONDAY + 20 * DAY)
    ticket = reported(make_ticket(kind=Kind.TASK, requester=requester), by=deputy)
    with pytest.raises(ValidationError):
        confirm_task(ticket, by=deputy, at=MONDAY + DAY)
    assert fresh(ticket).state == "resolved"


# History


def test_a_task_that_was_closed_without_a_confirmation_to_a_time_stays_proved(done, triggers_lifted):
    """As all were before confirmations were owed."""
    confirm_task(done, by=done.requester, at=MONDAY + 2 * HOUR)
    with triggers_lifted():
        OpinionCheck.objects.all().delete()
        assert "Closed without the confirmation of a second person." not in violations()
    assert Entry.objects.filter(subject=done.key, event="closed").count() == 1
