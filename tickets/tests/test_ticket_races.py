"""The same form sent twice at once, and two people at one ticket: through the browser's door, with real threads."""

import pytest
from django.test import Client

from servicedesk.audit.invariants import findings
from servicedesk.staff.testing import make_user
from tickets.models import Ticket
from tickets.testing import HOUR, make_ticket, make_word
from tickets.tests.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ticket():
    from django.utils import timezone

    now = timezone.now()
    return make_ticket(now - HOUR, promise=make_word(now + 4 * HOUR))


def sent(ticket, user, act, **fields):
    """A function that sends the form as the ticket's page shows it now."""
    client = Client()
    client.force_login(user)
    page = client.get(ticket.path).context
    hidden = {"seen": page["seen"], "answering": page["form"]["answering"].value()}
    return lambda: client.post(f"{ticket.path}{act}/", hidden | fields).status_code


def whole():
    return [one.text for finding in findings() for one in finding.examples] == []


REPLY = {"mode": "written", "channel": "email", "words": "We found the leak.", "solved": "yes"}
TRIED = {"mode": "tried", "channel": "phone", "words": "Rang", "odd_hours": "urgent"}


def test_a_double_click_on_a_solving_reply_makes_one_reply(ticket):
    send = sent(ticket, ticket.owner, "reply", **REPLY)
    assert together(send, send) == [302, 302]
    assert ticket.contacts.filter(purpose="reply").count() == 1
    assert Ticket.objects.get().state == "resolved"
    assert whole()


@pytest.mark.parametrize(
    ("act", "fields"),
    [("reply", TRIED), ("note", {"words": "Remember"}), ("heard", {"words": "News?", "channel": "phone"})],
)
def test_a_double_click_has_one_effect(ticket, act, fields):
    send = sent(ticket, ticket.owner, act, **fields)
    assert together(send, send) == [302, 302]
    assert ticket.contacts.exclude(purpose="intake").count() + ticket.notes.count() == 1
    assert whole()


def test_of_two_people_who_reply_at_once_one_is_told_what_the_other_said(ticket):
    colleague = make_user(department=ticket.department, roles=["agent"])
    sends = [
        sent(ticket, user, "reply", **REPLY | {"words": f"{user} says"}) for user in (ticket.owner, colleague)
    ]
    assert sorted(together(*sends)) == [302, 422]
    assert ticket.contacts.filter(purpose="reply").count() == 1
    assert whole()
