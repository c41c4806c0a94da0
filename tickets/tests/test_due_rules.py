"""A trial counts by the functions by which the desk owes."""

from datetime import datetime

import pytest

from servicedesk.calendars.models import Calendar
from servicedesk.clock.due_rules import due_rules, rule_of_kind
from servicedesk.regulations.standing import Settings
from tickets.limits import first_limit, later_limit, propose_first
from tickets.models import Kind
from tickets.replies import Reply, finish_task, reply_to_customer
from tickets.testing import HOUR, make_ticket, make_word

pytestmark = pytest.mark.django_db
BEFORE_GOLDEN_WEEK = datetime.fromisoformat("2026-09-30T16:00:00+08:00")


def tried(code, start=BEFORE_GOLDEN_WEEK):
    return due_rules()[code].due(start, Calendar.objects.default(), Settings.now()).due_at


def test_promises_are_tried_as_they_are_proposed_and_limited():
    calendar, at = Calendar.objects.default(), BEFORE_GOLDEN_WEEK
    assert tried("S2a") == propose_first(at, calendar, at=at).due_at
    assert tried("S2") == first_limit(at, calendar, at=at)
    assert tried("S3") == later_limit(calendar, at=at)


def test_a_check_is_tried_as_it_is_owed():
    ticket = make_ticket(BEFORE_GOLDEN_WEEK - HOUR, promise=make_word(BEFORE_GOLDEN_WEEK + HOUR))
    reply = Reply(words="Repaired.", mode="spoken", channel="phone", solved=True)
    reply_to_customer(ticket, reply, by=ticket.owner, at=BEFORE_GOLDEN_WEEK)
    ticket.refresh_from_db()
    assert ticket.open_check.due_at == tried("S15")


def test_every_kind_finds_the_rule_by_which_it_usually_comes_to_be_due():
    kinds = ("promise", "check", "confirmation", "serious")
    assert [rule_of_kind(kind) for kind in kinds] == ["S2a", "S15", "S15", ""]
    assert due_rules()["S15"].kind == "check"


def test_a_confirmation_is_tried_as_it_is_owed():
    ticket = make_ticket(BEFORE_GOLDEN_WEEK - HOUR, kind=Kind.TASK)
    finish_task(ticket, words="Done.", by=ticket.owner, at=BEFORE_GOLDEN_WEEK)
    ticket.refresh_from_db()
    assert ticket.open_check.due_at == tried("S15")
