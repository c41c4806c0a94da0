"""Nobody answered, or nobody is to be told: what counts as an attempt, as news, and as told (CASES c, d, g, j; R1.4b)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from servicedesk.customers.testing import make_contact_person
from tickets.contacts import correct_contact, update_customer
from tickets.models import Contact, Kind, Ticket
from tickets.replies import Reply, reply_to_customer
from tickets.testing import HOUR, MONDAY, left_alone, make_ticket, make_word
from tickets.voiding import ask_to_void

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def tried(**fields):
    return Reply(words="Rang, no answer", mode="tried", channel="phone", **fields)


def reply(ticket, what, at):
    contact = reply_to_customer(ticket, what, by=ticket.owner, at=at)
    ticket.refresh_from_db()
    return contact


def update(ticket, mode, at=MONDAY + HOUR, channel="phone"):
    return update_customer(
        ticket, words="The part is ordered.", mode=mode, channel=channel, by=ticket.owner, at=at
    )


def test_any_two_attempts_half_an_hour_apart_before_the_due_time_count():
    ticket = make_ticket()
    for minutes in (0, 20):
        reply(ticket, tried(), MONDAY + HOUR + minutes * MINUTE)
    assert ticket.live_deadline.settled_at is None
    reply(ticket, tried(next_word=make_word(MONDAY + DAY)), MONDAY + HOUR + 30 * MINUTE)
    assert ticket.promises.first().deadline.outcome == "kept"


def test_a_second_attempt_after_the_due_time_does_not_count():
    ticket = make_ticket()
    reply(ticket, tried(), MONDAY + 3 * HOUR)
    reply(ticket, tried(next_word=make_word(MONDAY + DAY)), MONDAY + 4 * HOUR + MINUTE)
    assert ticket.live_deadline.settled_at is None


def test_a_correction_of_an_attempt_is_no_further_attempt():
    ticket = make_ticket()
    contact = reply(ticket, tried(), MONDAY + HOUR)
    reply(
        ticket,
        Reply(words="Left word", mode="spoken", channel="phone", next_word=make_word(MONDAY + DAY)),
        MONDAY + 2 * HOUR,
    )
    correct_contact(contact, words="Rang twice", by=ticket.owner, at=MONDAY + 3 * HOUR)
    reply(ticket, tried(next_word=make_word(MONDAY + DAY)), MONDAY + 4 * HOUR)
    assert ticket.promises.count() == 2


def test_after_nobody_was_reached_the_next_promise_is_due_within_a_working_day_whoever_wished_what():
    ticket = make_ticket()
    reply(ticket, tried(), MONDAY + HOUR)
    for word in (make_word(MONDAY + 3 * DAY), make_word(MONDAY + 30 * DAY, wished=True)):
        with pytest.raises(ValidationError) as refusal:
            reply(ticket, tried(next_word=word), MONDAY + 2 * HOUR)
        assert "due_at" in refusal.value.message_dict
    assert ticket.contacts.filter(mode="tried").count() == 1


def test_a_wish_needs_a_customer_who_said_it():
    ticket = make_ticket(anonymous=True)
    on_file = Reply(
        words="Looked at.",
        mode="on_file",
        channel="web",
        next_word=make_word(MONDAY + 30 * DAY, wished=True),
    )
    with pytest.raises(ValidationError) as refusal:
        reply(ticket, on_file, MONDAY + HOUR)
    assert "due_at" in refusal.value.message_dict


@pytest.mark.parametrize("mode", ["spoken", "written", "tried"])
def test_who_wished_no_contact_is_not_updated_either(mode):
    ticket = make_ticket(customer=left_alone())
    with pytest.raises(ValidationError) as refusal:
        update(ticket, mode)
    assert "mode" in refusal.value.message_dict
    assert update(ticket, "on_file").mode == Contact.Mode.ON_FILE


def test_who_can_be_told_is_not_updated_on_the_file():
    with pytest.raises(ValidationError) as refusal:
        update(make_ticket(), "on_file")
    assert "mode" in refusal.value.message_dict


def test_a_task_without_a_customer_has_nobody_to_try():
    ticket = make_ticket(kind=Kind.TASK)
    with pytest.raises(ValidationError) as refusal:
        reply(ticket, tried(), MONDAY + HOUR)
    assert "mode" in refusal.value.message_dict


def test_a_way_of_telling_that_does_not_exist_is_refused():
    with pytest.raises(ValidationError) as refusal:
        update(make_ticket(), "telepathy")
    assert "mode" in refusal.value.message_dict


@pytest.mark.clause("R1.4b")
def test_neither_attempts_nor_corrections_nor_words_from_the_customer_break_a_silence():
    ticket = make_ticket()
    first = reply(
        ticket,
        Reply(words="Looking", mode="spoken", channel="phone", next_word=make_word(MONDAY + DAY)),
        MONDAY + HOUR,
    )
    update(ticket, "tried", MONDAY + 2 * HOUR)
    correct_contact(first, words="Looking into it", by=ticket.owner, at=MONDAY + 3 * HOUR)
    assert Ticket.objects.silent().get() == ticket
    update(ticket, "spoken", MONDAY + 4 * HOUR)
    assert not Ticket.objects.silent().exists()


@pytest.mark.clause("R1.4b")
def test_a_task_without_a_customer_is_never_silent():
    make_ticket(kind=Kind.TASK)
    assert not Ticket.objects.silent().exists()


def test_a_correction_tells_the_customer_nothing_so_the_ticket_cannot_be_void():
    ticket = make_ticket()
    first = reply(
        ticket,
        Reply(words="Looking", mode="spoken", channel="phone", next_word=make_word(MONDAY + DAY)),
        MONDAY + HOUR,
    )
    correct_contact(first, words="Looking into it", by=ticket.owner, at=MONDAY + 2 * HOUR)
    with pytest.raises(ValidationError):
        ask_to_void(ticket, reason="Test", by=ticket.owner, at=MONDAY + 3 * HOUR)
    update(ticket, "spoken", MONDAY + 4 * HOUR)
    assert ask_to_void(ticket, reason="Test", by=ticket.owner, at=MONDAY + 5 * HOUR)


def test_a_customer_who_wished_no_contact_counts_as_told_on_the_file():
    ticket = make_ticket(customer=left_alone())
    update(ticket, "on_file")
    assert ask_to_void(ticket, reason="Entered twice", by=ticket.owner, at=MONDAY + 2 * HOUR)


def test_a_reply_to_somebody_elses_contact_person_is_refused():
    ticket = make_ticket()
    stranger = make_contact_person()
    with pytest.raises(ValidationError) as refusal:
        reply(
            ticket,
            Reply(words="Done", mode="spoken", channel="phone", person=stranger, solved=True),
            MONDAY + HOUR,
        )
    assert "person" in refusal.value.message_dict
