"""Tasks: a due time instead of a promise, renewed on the record, confirmed by who asked for it (CASES a)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from servicedesk.audit.invariants import findings
from servicedesk.audit.timeline import Entry
from tickets.checks import confirm_task
from tickets.intake import Answer
from tickets.marks import set_mark
from tickets.models import Kind
from tickets.replies import Reply, finish_task, reply_to_customer
from tickets.resolving import reopen
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket, make_word

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def task():
    return make_ticket(kind=Kind.TASK, requester=make_agent())


def violations():
    return [one.text for finding in findings() for one in finding.examples]


def renew(ticket, due_at, at=MONDAY + HOUR):
    reply = Reply(
        words="The part is late.", mode="written", channel="web", next_word=make_word(due_at, will_tell="Trial run")
    )  # fmt: skip
    reply_to_customer(ticket, reply, by=ticket.owner, at=at)
    ticket.refresh_from_db()


def finished(ticket, at=MONDAY + HOUR):
    finish_task(ticket, words="Done.", by=ticket.owner, at=at)
    ticket.refresh_from_db()
    return ticket


def test_a_renewed_due_time_stands_on_the_timeline_with_what_is_still_to_be_done(task):
    renew(task, MONDAY + 30 * DAY)
    entry = Entry.objects.filter(subject=task.key, event="promised").latest("number")
    assert (entry.facts["due_at"], entry.facts["number"]) == (MONDAY + 30 * DAY, 2)
    assert entry.facts["words"]
    assert (task.live_deadline.kind, task.live_deadline.due_at) == ("task", MONDAY + 30 * DAY)
    assert violations() == []


def test_a_due_time_may_be_renewed_as_far_ahead_as_it_may_be_given(task):
    with pytest.raises(ValidationError) as refusal:
        renew(task, MONDAY + 400 * DAY)
    assert "due_at" in refusal.value.message_dict


def test_no_setting_is_named_as_the_reason_for_a_tasks_due_time(task):
    assert task.live_deadline.derivation == {}


def test_a_marked_tasks_next_due_time_climbs_the_serious_ladder(task):
    set_mark(task, "major_problem", reason="Whole block", by=task.owner, at=MONDAY)
    renew(task, MONDAY + 2 * DAY)
    assert task.live_deadline.ladder.kind == "serious"


@pytest.mark.parametrize("closed", [False, True])
def test_a_task_that_was_not_done_is_taken_up_again_with_a_due_time(task, closed):
    finished(task)
    if closed:
        confirm_task(task, by=task.requester, at=MONDAY + 2 * HOUR)
    reopen(task, promise=make_word(MONDAY + 20 * DAY), reason="It still leaks", by=task.requester, at=MONDAY + DAY)  # fmt: skip
    task.refresh_from_db()
    assert (task.state, task.live_deadline.kind) == ("unresolved", "task")
    assert violations() == []


def test_while_the_requester_works_here_nobody_else_confirms(task):
    finished(task)
    with pytest.raises(ValidationError):
        confirm_task(task, by=task.department.manager, at=MONDAY + 2 * HOUR)


def test_a_task_with_a_customer_keeps_their_name_and_is_refused_as_anonymous():
    from servicedesk.customers.testing import make_customer

    task = make_ticket(kind=Kind.TASK, customer=make_customer())
    assert task.contacts.count() == 1
    with pytest.raises(ValidationError) as refusal:
        make_ticket(kind=Kind.TASK, customer=make_customer(), anonymous=True)
    assert "customer" in refusal.value.message_dict


def test_a_task_cannot_be_answered_away():
    with pytest.raises(ValidationError):
        make_ticket(kind=Kind.TASK, answer=Answer("Done."))
