"""The timeline in words: every event has its sentence, and what cannot be read is no reason to stop."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from servicedesk.audit.timeline import record
from servicedesk.audit.words import erase
from servicedesk.clock.sweep import sweep
from servicedesk.customers.testing import make_customer, make_project
from tickets.contacts import correct_contact
from tickets.corrections import correct_customer, reclassify
from tickets.notes import add_note
from tickets.replies import Reply, reply_to_customer
from tickets.resolving import reopen
from tickets.telling.events import TELLERS
from tickets.telling.history import history
from tickets.testing import HOUR, MONDAY, make_category, make_ticket, make_word
from tickets.voiding import ask_to_void, decide_void

pytestmark = pytest.mark.django_db
RECORDED = re.compile(r"""\b[rR]ecord\(\s*[\w.]+,\s*"(\w+)\"""")


def happenings(ticket, now=MONDAY + 9 * HOUR):
    return history(ticket, now=now).happenings


def test_every_event_that_is_recorded_on_a_ticket_has_its_sentence():
    places = [
        *Path(settings.BASE_DIR, "tickets").glob("*.py"),
        *Path(settings.BASE_DIR, "servicedesk/clock").glob("*.py"),
    ]
    recorded = {event for place in places for event in RECORDED.findall(place.read_text(encoding="utf-8"))}
    assert len(recorded) > 20
    assert recorded - {"heard", "said"} <= set(TELLERS), recorded - set(TELLERS)
    assert {"heard", "said"} <= set(TELLERS)


def test_an_unknown_or_empty_event_is_called_by_its_code():
    ticket = make_ticket()
    record(ticket.key, "dreamt", by=ticket.owner, at=MONDAY + HOUR, number=7)
    record(ticket.key, "said", by=ticket.owner, at=MONDAY + 2 * HOUR)
    assert [one.title for one in happenings(ticket)[:2]] == ["said", "dreamt"]


def test_erased_words_are_said_to_be_erased():
    ticket = make_ticket()
    erase(ticket.first_words, at=MONDAY + HOUR)
    assert happenings(ticket)[0].parts[0].words == "[erased]"


def test_what_one_act_brought_stands_together_in_its_order():
    ticket = make_ticket()
    reply = Reply(
        words="Found.", mode="spoken", channel="phone", next_word=make_word(MONDAY + 24 * HOUR), chased=True
    )
    reply_to_customer(ticket, reply, by=ticket.owner, at=MONDAY + HOUR)
    act = happenings(ticket)[0]
    assert act.title == "replied, spoken (telephone)"
    assert [part.words or part.tag for part in act.parts] == [
        "Found.",
        "The customer asked first",
        "Promise 1 kept",
        "what we found",
    ]


def test_corrections_name_the_old_and_the_new():
    wrong = make_customer("Wrong Wu")
    project, before = make_project(wrong, "East tower"), make_ticket(customer=wrong)
    ticket = make_ticket(customer=wrong, project=project, repeat_of=before)
    correct_contact(ticket.contacts.get(), words="The boiler.", by=ticket.owner, at=MONDAY + HOUR)
    correct_customer(ticket, customer=make_customer("Right Ren"), by=ticket.owner, at=MONDAY + 2 * HOUR)
    reclassify(
        ticket,
        category=make_category(name="Boilers"),
        severity="severe",
        reason="Worse",
        by=ticket.owner,
        at=MONDAY + 3 * HOUR,
    )
    reclassified, customer, contact, _received = happenings(ticket)
    assert "Wrong Wu" in customer.parts[0].label
    assert "Right Ren" in customer.parts[0].label
    assert [part.label for part in customer.parts[1:]] == [
        f"Project: {project} → –",
        f"Repeats: {before} → –",
    ]
    assert contact.parts[-1].label == "Corrects the entry of today 10:00"
    assert [part.label for part in reclassified.parts] == [
        f"Category: {ticket.category} → Boilers",
        "Severity: ordinary → severe",
        "Because",
    ]


def test_a_whole_life_is_told_in_every_language():
    ticket = make_ticket(anonymous=True)
    sweep(MONDAY + 5 * HOUR)
    add_note(ticket, words="Looks like a test", by=ticket.owner, at=MONDAY + 6 * HOUR)
    request = ask_to_void(ticket, reason="Test", by=ticket.owner, at=MONDAY + 7 * HOUR)
    decide_void(request, confirmed=True, by=ticket.department.manager, at=MONDAY + 8 * HOUR)
    for language in ("en", "zh-hans", "zh-hant"):
        with translation.override(language):
            titles = [one.title for one in happenings(ticket)]
        assert len(titles) == 5
        assert not set(titles) & set(TELLERS)
    other = make_ticket(kind="suggestion")
    reply_to_customer(
        other,
        Reply(words="Yes", mode="written", channel="email", solved=True),
        by=other.owner,
        at=MONDAY + HOUR,
    )
    reopen(other, promise=make_word(MONDAY + 24 * HOUR), reason="Again", by=other.owner, at=MONDAY + 2 * HOUR)
    assert [one.title for one in happenings(other)[:2]] == [
        "took the matter up again",
        "replied in writing (e-mail)",
    ]
    assert [part.tag for part in happenings(other)[1].parts if part.tag] == [
        "Promise 1 kept",
        "Solved",
        "Closed: decision told",
    ]
