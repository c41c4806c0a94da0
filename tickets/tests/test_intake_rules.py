"""What intake refuses whoever calls it, and how far ahead a first promise may lie (R1.1e; CASES d, m)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from time_machine import travel

from servicedesk.audit.timeline import Entry
from servicedesk.audit.words import Words
from servicedesk.calendars.models import Calendar
from servicedesk.clock.explaining import explain
from servicedesk.customers.models import ContactPerson
from servicedesk.customers.testing import make_contact_person, make_customer, make_project
from servicedesk.staff.models import User
from tickets.intake import Answer, open_ticket, open_tickets
from tickets.intake_rules import LONGEST
from tickets.limits import WISHED, check_due, first_limit, propose_first
from tickets.models import Kind, Ticket
from tickets.offers import first_offer
from tickets.telling.history import history
from tickets.testing import HOUR, MONDAY, make_agent, make_category, make_intake, make_ticket, make_word

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def refused(**fields):
    """The fields for which a matter is refused; nothing of it is kept."""
    intake, before = make_intake(**fields), Ticket.objects.count()
    with pytest.raises(ValidationError) as refusal:
        open_ticket(intake, by=intake.first_responder, at=MONDAY)
    assert Ticket.objects.count() == before
    return set(refusal.value.message_dict)


# Codes and texts


@pytest.mark.parametrize(
    ("field", "code"),
    [("channel", "telephone"), ("channel", ""), ("severity", "huge"), ("read_back", "perhaps"), ("kind", "gossip")],
)  # fmt: skip
def test_a_code_that_nobody_knows_is_refused(field, code):
    assert field in refused(**{field: code})


def test_a_promise_names_a_channel_that_exists_but_a_task_needs_none():
    assert refused(promise=make_word(MONDAY + HOUR, channel="pigeon")) == {"reply_by"}
    assert make_ticket(kind=Kind.TASK, promise=make_word(MONDAY + HOUR, channel="")).state == "unresolved"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("words", {"words": "x" * (LONGEST + 1)}),
        ("answer", {"answer": Answer("x" * (LONGEST + 1))}),
        ("will_tell", {"promise": make_word(MONDAY + HOUR, will_tell="x" * (LONGEST + 1))}),
        ("wish", {"promise": make_word(MONDAY + HOUR, wished=True, wish="x" * (LONGEST + 1))}),
    ],
)
def test_a_text_too_long_is_refused_at_its_field(name, fields):
    assert refused(**fields) == {name}


# What belongs to the customer


def test_project_contact_person_and_repeated_matter_are_the_customers_own():
    customer = make_customer(kind="organisation")
    assert refused(customer=customer, project=make_project()) == {"project"}
    assert refused(customer=customer, contact_person=make_contact_person()) == {"contact_person"}
    assert refused(customer=customer, repeat_of=make_ticket()) == {"repeat_of"}
    own = {
        "project": make_project(customer), "contact_person": make_contact_person(customer),
        "repeat_of": make_ticket(customer=customer),
    }  # fmt: skip
    assert make_ticket(customer=customer, **own).project == own["project"]
    person = own["contact_person"]
    ContactPerson.objects.filter(pk=person.pk).update(active=False)
    person.refresh_from_db()
    assert refused(customer=customer, contact_person=person) == {"contact_person"}


def test_an_anonymous_matter_repeats_nobodys_and_belongs_to_no_project():
    assert refused(anonymous=True, repeat_of=make_ticket()) == {"repeat_of"}
    assert refused(anonymous=True, repeat_of=make_ticket(anonymous=True)) == {"repeat_of"}
    assert refused(anonymous=True, project=make_project()) == {"project"}


@pytest.mark.parametrize("role", ["owner", "requester"])
@pytest.mark.parametrize(
    "state", [{"is_active": False}, {"blocked_at": MONDAY - DAY, "blocked_why": "meanwhile"}]
)
def test_nobody_who_has_left_or_is_blocked_gets_a_matter_or_waits_for_one(role, state):
    person = make_agent()
    User.objects.filter(pk=person.pk).update(**state)
    person.refresh_from_db()
    assert refused(kind=Kind.TASK, **{role: person}) == {role}


def test_the_checks_of_a_batch_read_nothing_a_row(django_assert_max_num_queries):
    customer, agent = make_customer(kind="organisation"), make_agent()
    common = {"customer": customer, "owner": agent, "first_responder": agent, "category": make_category()}
    common |= {"project": make_project(customer), "repeat_of": make_ticket(customer=customer)}
    intakes = [make_intake(**common) for _ in range(30)]
    with django_assert_max_num_queries(45):
        open_tickets(intakes, by=agent, at=MONDAY)


# The customer's own wish


@pytest.mark.clause("R1.1e")
def test_a_first_promise_may_lie_ninety_days_ahead_at_the_customers_wish_and_in_their_words():
    word = make_word(MONDAY + WISHED, wished=True, wish="Call me when I am back in three weeks.")
    ticket = make_ticket(promise=word)
    assert ticket.promises.get().wished
    assert explain(ticket.live_deadline.derivation)[0].endswith("as the customer wished")
    promised = Entry.objects.of(ticket.key).get(event="promised")
    assert Words.objects.get(pk=promised.facts["wish"].words).text == word.wish
    happening = history(ticket, now=MONDAY).happenings[0]
    assert word.wish in [part.words for part in happening.parts]


@pytest.mark.clause("R1.1e")
def test_a_later_time_is_refused_without_wish_without_words_and_after_ninety_days():
    later = MONDAY + 21 * DAY
    assert refused(promise=make_word(later)) == {"due_at"}
    assert refused(promise=make_word(later, wish="Later, please")) == {"due_at"}
    assert refused(promise=make_word(later, wished=True, wish="  ")) == {"wish"}
    too_far = make_word(MONDAY + WISHED + MINUTE, wished=True, wish="Next year")
    assert refused(promise=too_far) == {"due_at"}


def send(**fields):
    agent, client = make_agent(), Client()
    client.force_login(agent)
    values = {
        "form_key": "0123456789abcdef", "words": "It is cold.", "kind": "complaint", "channel": "phone",
        "category": make_category().pk, "wanted": "A warm flat", "severity": "ordinary", "read_back": "yes",
        "anonymous": "on", "outcome": "promise", "due": "other", "due_at": "2026-06-01T10:00",
        "will_tell": "what we found", "wished": "on", "wish": "I am back in three weeks.",
    }  # fmt: skip
    with travel(MONDAY, tick=False):
        answer = client.post("/tickets/new/", values | fields)
    return (
        set()
        if answer.status_code == 302
        else {name for form in answer.context["sheet"].forms for name in form.errors}
    )


def test_the_form_takes_a_later_time_with_the_customers_words():
    assert send() == set()
    promise = Ticket.objects.get().promises.get()
    assert promise.wished
    assert timezone.localtime(promise.deadline.due_at).isoformat().startswith("2026-06-01T10:00")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"wished": ""}, {"due_at"}),
        ({"wish": " "}, {"wish"}),
        ({"due_at": "2026-09-01T10:00"}, {"due_at"}),
        ({"wish": "", "words": ""}, {"wish", "words"}),
    ],
)
def test_the_form_says_what_is_missing_for_a_later_time(fields, wrong):
    assert send(**fields) == wrong
    assert not Ticket.objects.exists()


def test_a_time_that_was_offered_needs_no_wish():
    assert send(due=(MONDAY + 4 * HOUR).isoformat(), wish="") == set()
    assert not Ticket.objects.get().promises.get().wished


# Late entries


@pytest.mark.clause("R1.1e")
@pytest.mark.parametrize("hours", [0, 1, 5, 24, 48, 71, 72, 73, 76, 80, 96, 120, 2000])
def test_what_is_proposed_is_always_accepted(hours):
    """However long ago the matter came in; at every distance from S2 being over."""
    calendar = Calendar.objects.default()
    for minutes in (0, 1, 29, 59):
        received_at = MONDAY - hours * HOUR - minutes * MINUTE
        proposal = propose_first(received_at, calendar, at=MONDAY)
        limit = first_limit(received_at, calendar, at=MONDAY)
        check_due(make_word(proposal.due_at), limit=limit, at=MONDAY)
        offer = first_offer(received_at, calendar, at=MONDAY)
        assert offer.proposed == proposal.due_at
        assert all(MONDAY < choice.due_at <= offer.latest for choice in offer.choices)


def test_with_little_left_of_the_longest_promise_the_proposal_is_drawn_back_and_says_so():
    calendar = Calendar.objects.default()
    received_at = MONDAY - 5 * DAY - 17 * HOUR  # Tuesday evening: three working days end on Friday, closing
    closing = first_limit(received_at, calendar, at=received_at)
    at = closing - HOUR
    proposal = propose_first(received_at, calendar, at=at)
    assert proposal.due_at == closing == first_limit(received_at, calendar, at=at)
    assert "(S2)" in explain(proposal.derivation)[0]
    assert first_limit(received_at, calendar, at=closing) > closing


def test_where_the_longest_promise_is_over_it_counts_from_the_entry_and_the_reason_says_both():
    received_at = MONDAY - 30 * DAY
    ticket = make_ticket(received_at=received_at, late_reason="On paper", promise=make_word(MONDAY + DAY))
    assert ticket.live_deadline.derivation["over_from"] == received_at.isoformat()
    assert "counted from the entry" in explain(ticket.live_deadline.derivation)[1]
    assert "counted from the entry" in " ".join(first_offer(received_at, ticket.calendar, at=MONDAY).reasons)
    in_time = make_ticket(received_at=MONDAY - HOUR)
    assert "over_from" not in in_time.live_deadline.derivation
