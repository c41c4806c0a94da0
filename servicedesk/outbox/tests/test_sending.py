import smtplib
import socket
import time
from collections import Counter
from datetime import timedelta
from threading import Thread

import pytest
from django.core import mail
from django.db import connection

from servicedesk.outbox import sending
from servicedesk.outbox.mail import message_id
from servicedesk.outbox.models import Message, State
from servicedesk.outbox.posting import Draft, post_many
from servicedesk.outbox.sending import LEASE, LONGEST_WAIT, claim, send_due, wait_after
from servicedesk.outbox.testing import NOON, make_mail, make_notice
from servicedesk.outbox.tests import mailboxes
from servicedesk.outbox.tests.mailboxes import accepted, behaviour, refused
from servicedesk.testing.people import make_user

pytestmark = pytest.mark.django_db
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def mailbox(settings):
    settings.EMAIL_BACKEND = "servicedesk.outbox.tests.mailboxes.Mailbox"
    accepted.clear()
    behaviour.clear()
    return mailboxes


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("servicedesk.outbox.posting.hint", lambda: None)


def test_a_mail_is_sent_once_with_its_words_kept():
    letter = make_mail(make_user())

    assert send_due(NOON) == {"sent": 1}
    assert send_due(NOON + HOUR) == {}

    letter.refresh_from_db()
    assert accepted == [message_id(letter)]
    assert letter.state == State.SENT
    assert NOON <= letter.sent_at < NOON + MINUTE
    assert (letter.tries, letter.next_try_at) == (1, None)
    assert letter.subject == "Test message from the service desk"
    assert "/tickets/2026-000123/" in letter.body


def test_a_mail_is_plain_text_marked_as_written_by_a_machine(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.SITE_ORIGIN = "https://desk.example.org"
    settings.DEFAULT_FROM_EMAIL = "Desk <desk@mail.example.org>"
    make_mail("anna@example.net")
    send_due(NOON)

    letter = mail.outbox[0].message()
    assert letter["To"] == "anna@example.net"
    assert letter["From"] == "Desk <desk@mail.example.org>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@mail.example.org>")
    assert letter.get_content_type() == "text/plain"
    assert "https://desk.example.org/tickets/2026-000123/" in mail.outbox[0].body


def test_a_message_waits_for_its_moment():
    make_mail(make_user(), send_after=NOON + HOUR)

    assert send_due(NOON + HOUR - SECOND) == {}
    assert send_due(NOON + HOUR) == {"sent": 1}


def test_a_notice_that_waited_appears_at_its_moment():
    person = make_user()
    make_notice(person, send_after=NOON + HOUR)

    assert send_due(NOON + HOUR) == {"sent": 1}
    assert Message.objects.unread_of(person).count() == 1
    assert accepted == []


def test_urgent_messages_go_before_older_ones(monkeypatch):
    monkeypatch.setattr(sending, "BATCH", 1)
    make_mail(make_user())
    urgent = make_mail(make_user(), urgent=True, at=NOON + SECOND)

    assert claim(NOON + MINUTE) == [urgent]


def test_a_batch_shares_one_connection():
    for _ in range(3):
        make_mail(make_user())
    send_due(NOON)

    assert (len(accepted), behaviour["opened"]) == (3, 1)


@pytest.mark.parametrize(
    "fault",
    [TimeoutError(), smtplib.SMTPServerDisconnected("mail to li@example.org"), ConnectionRefusedError()],
)
def test_a_hanging_or_dying_server_is_tried_again_later(fault):
    letter = make_mail("li@example.org")
    behaviour["li@example.org"] = fault

    assert send_due(NOON) == {"failed": 1}
    letter.refresh_from_db()
    assert letter.state == State.FAILED
    assert letter.last_error == type(fault).__name__
    assert NOON + 24 * SECOND <= letter.next_try_at <= NOON + 37 * SECOND

    behaviour.clear()
    assert send_due(letter.next_try_at) == {"sent": 1}
    letter.refresh_from_db()
    assert (letter.tries, letter.last_error) == (2, "")


def test_one_mail_that_breaks_the_connection_does_not_hold_up_the_others():
    make_mail("li@example.org")
    make_mail("wang@example.org")
    behaviour["li@example.org"] = smtplib.SMTPServerDisconnected()

    assert send_due(NOON) == {"failed": 1, "sent": 1}


def test_a_server_out_of_reach_is_asked_once_for_the_whole_batch():
    for n in range(5):
        make_mail(f"person{n}@example.org")
    behaviour["open"] = smtplib.SMTPAuthenticationError(535, b"no")

    assert send_due(NOON) == {"failed": 5}
    assert behaviour["opened"] == 1
    assert set(Message.objects.values_list("last_error", flat=True)) == {"SMTPAuthenticationError 535"}


def test_a_server_that_hangs_in_mid_session_is_asked_once_a_run(monkeypatch):
    """What smtplib makes of a socket that timed out; the next batch would wait as long, and the one after that."""
    monkeypatch.setattr(sending, "BATCH", 3)
    for n in range(6):
        make_mail(f"person{n}@example.org")

    def hang():
        try:
            raise TimeoutError("timed out")
        except OSError as error:
            raise smtplib.SMTPServerDisconnected(f"Connection unexpectedly closed: {error}")  # noqa: B904

    behaviour["person0@example.org"] = hang
    assert send_due(NOON) == {"failed": 3}
    assert (Message.objects.filter(tries=0).count(), behaviour["opened"]) == (3, 1)
    behaviour.clear()
    assert send_due(NOON + MINUTE) == {"sent": 6}


def test_a_receiver_refused_for_good_is_given_up_without_repeating_the_address():
    letter = make_mail("gone@example.org")
    behaviour["gone@example.org"] = refused("gone@example.org", 550)

    assert send_due(NOON) == {"given_up": 1}
    letter.refresh_from_db()
    assert letter.last_error == "SMTPRecipientsRefused 550"
    assert (letter.subject, letter.body) == (None, None)


def test_a_full_mailbox_is_tried_again():
    make_mail("full@example.org")
    behaviour["full@example.org"] = refused("full@example.org", 452)

    assert send_due(NOON) == {"failed": 1}


def test_a_message_is_given_up_after_the_last_try(settings):
    settings.OUTBOX_TRIES = 3
    letter = make_mail("li@example.org")
    behaviour["li@example.org"] = TimeoutError()
    outcomes = []
    at = NOON
    for _ in range(5):
        outcomes.append(send_due(at))
        at += 2 * HOUR

    assert outcomes == [{"failed": 1}, {"failed": 1}, {"given_up": 1}, {}, {}]
    letter.refresh_from_db()
    assert (letter.tries, letter.last_error) == (3, "TimeoutError")


def test_a_sender_killed_after_the_server_accepted_leads_to_one_more_mail_with_the_same_id():
    letter = make_mail("li@example.org")
    behaviour["after li@example.org"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        send_due(NOON)
    behaviour.clear()

    assert send_due(NOON + LEASE - SECOND) == {}
    assert send_due(NOON + LEASE + MINUTE) == {"sent": 1}
    assert send_due(NOON + 9 * LEASE) == {}
    assert accepted == [message_id(letter)] * 2


def test_a_mail_that_kills_every_sender_is_given_up_too(settings):
    settings.OUTBOX_TRIES = 2
    make_mail("li@example.org")
    behaviour["li@example.org"] = KeyboardInterrupt()
    for n in range(2):
        with pytest.raises(KeyboardInterrupt):
            send_due(NOON + n * HOUR)

    assert send_due(NOON + 2 * HOUR) == {"given_up": 1}
    assert accepted == []


def test_a_sender_whose_lease_ended_does_not_undo_what_another_did():
    letter = make_mail("li@example.org")

    def meanwhile():
        behaviour.clear()
        assert send_due(NOON + LEASE + MINUTE) == {"sent": 1}
        raise TimeoutError

    behaviour["li@example.org"] = meanwhile
    assert send_due(NOON) == {}

    letter.refresh_from_db()
    assert (letter.state, letter.tries) == (State.SENT, 2)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"is_active": False}, "recipient may not log in"),
        ({"email": ""}, "no usable address"),
        ({"email": "li@example.org\nBcc: all@example.org"}, "no usable address"),
    ],
)
def test_mail_to_somebody_who_cannot_get_it_is_given_up_with_the_reason(fields, reason):
    letter = make_mail(make_user(**fields))

    assert send_due(NOON) == {"given_up": 1}
    letter.refresh_from_db()
    assert (letter.last_error, letter.given_up_at is not None) == (reason, True)
    assert accepted == []


def test_an_outside_address_with_a_header_in_it_gets_no_mail():
    make_mail("li@example.org\r\nBcc: all@example.org")

    assert send_due(NOON) == {"given_up": 1}


def test_an_outside_address_is_not_flooded(settings):
    settings.OUTBOX_MAILS_PER_ADDRESS = 2
    for _ in range(3):
        make_mail("li@example.org")
    make_mail("wang@example.org")

    assert send_due(NOON) == {"sent": 3, "queued": 1}
    assert send_due(NOON + HOUR - MINUTE) == {}
    late = Message.objects.waiting().get()
    assert late.tries == 0
    assert send_due(NOON + HOUR + MINUTE) == {"sent": 1}


def test_colleagues_have_no_such_cap(settings):
    settings.OUTBOX_MAILS_PER_ADDRESS = 1
    person = make_user()
    for _ in range(3):
        make_mail(person)

    assert send_due(NOON) == {"sent": 3}


def test_a_run_that_took_too_long_leaves_the_rest_due(monkeypatch):
    make_mail("li@example.org")
    make_mail("wang@example.org")
    spent = iter([0, 0, 0, 0, 0])
    monkeypatch.setattr(sending.time, "monotonic", lambda: next(spent, 1000))

    assert send_due(NOON)["queued"] >= 1
    monkeypatch.undo()
    assert Message.objects.waiting().values_list("tries", flat=True)[0] == 0


def test_waits_double_up_to_an_hour_and_spread():
    first = {wait_after(1, spread=str(n)) for n in range(50)}
    assert len(first) == 50
    assert timedelta(seconds=24) <= min(first) and max(first) <= timedelta(seconds=36)
    assert abs(wait_after(2, spread="x") - 2 * wait_after(1, spread="x")) < SECOND
    assert 0.8 * LONGEST_WAIT <= wait_after(30, spread="x") <= 1.2 * LONGEST_WAIT


def test_sending_a_batch_needs_one_statement_a_message_and_a_few_more(django_assert_max_num_queries):
    person = make_user()
    post_many(
        [Draft(event="test", key=f"{n}", channel="email", recipient=person, at=NOON) for n in range(40)]
    )
    with django_assert_max_num_queries(40 + 10):
        send_due(NOON)


@pytest.fixture
def mute_server(settings):
    """A real mail server that takes the connection and never says a word."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_TIMEOUT = 0.2
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
        yield server


def test_a_real_server_that_hangs_costs_one_timeout(mute_server):
    for n in range(20):
        make_mail(f"person{n}@example.org")
    began = time.monotonic()

    assert send_due(NOON) == {"failed": 20}
    assert time.monotonic() - began < 4


def test_a_real_server_that_is_down_leaves_all_for_later(mute_server):
    mute_server.close()
    make_mail("li@example.org")

    assert send_due(NOON) == {"failed": 1}
    assert Message.objects.get().last_error == "ConnectionRefusedError"


@pytest.mark.django_db(transaction=True)
def test_two_senders_send_each_message_once():
    post_many(
        [
            Draft(event="test", key=f"{n}", channel="email", address=f"p{n}@example.org", at=NOON)
            for n in range(200)
        ]
    )

    def work():
        try:
            send_due(NOON)
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(accepted) == 200
    assert Counter(accepted).most_common(1)[0][1] == 1
    assert set(Message.objects.values_list("state", "tries")) == {("sent", 1)}
