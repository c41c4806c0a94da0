"""A mark is one of four, a process fits its kind, and words come by their channel, whoever writes the row."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from tickets.contacts import hear_from_customer
from tickets.marks import set_mark
from tickets.testing import HOUR, MONDAY, make_ticket

pytestmark = pytest.mark.django_db


def refused(sql, *values) -> bool:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    return True


def test_a_mark_that_is_none_of_the_four_is_refused():
    ticket = make_ticket()
    with pytest.raises(ValidationError):
        set_mark(ticket, "urgent", reason="Very.", by=ticket.owner, at=MONDAY + HOUR)
    mark = set_mark(ticket, "major_fault", reason="No heating.", by=ticket.owner, at=MONDAY + HOUR)
    copied = (
        "SELECT 'urgent', set_at, NULL, NULL, set_by_id, ticket_id, {words} FROM tickets_mark WHERE id = %s"
    )
    columns = "code, set_at, lifted_at, lifted_by_id, set_by_id, ticket_id, reason_id"
    words = copied.format(words=ticket.first_words_id)
    assert refused(f"INSERT INTO tickets_mark ({columns}) {words}", mark.pk)


@pytest.mark.parametrize(("kind", "closes_by"), [("task", "check"), ("complaint", "requester")])
def test_the_database_lets_only_a_task_be_closed_by_its_requester(kind, closes_by):
    assert refused("UPDATE tickets_process SET closes_by = %s WHERE kind = %s", closes_by, kind)


@pytest.mark.parametrize(
    ("channel", "mode"), [("phone", "spoken"), ("visit", "spoken"), ("sms", "written"), ("letter", "written")]
)
def test_a_word_from_the_customer_is_spoken_or_written_by_its_channel(channel, mode):
    ticket = make_ticket()
    heard = hear_from_customer(ticket, words="Any news?", channel=channel, by=ticket.owner, at=MONDAY + HOUR)
    assert heard.mode == mode
