"""Many rows written at once, each with values of its own, alike on both engines."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from servicedesk.audit.words import Words, digest_of
from servicedesk.bulk import insert_rows, update_rows
from servicedesk.clock.models import Heartbeat, Ladder
from servicedesk.outbox.models import Message
from servicedesk.staff.models import User
from servicedesk.staff.testing import make_user

pytestmark = pytest.mark.django_db

AT = datetime(2026, 5, 11, 2, 0, tzinfo=UTC)


def unsaved(recipient, key, **fields):
    return Message(
        key=key,
        event="test",
        channel="email",
        recipient=recipient,
        created_at=AT,
        send_after=AT,
        next_try_at=AT,
        **fields,
    )


def make_message(recipient, key):
    message = unsaved(recipient, key)
    message.save()
    return message


def test_each_row_gets_its_own_values_and_others_stay():
    one, two, other = (make_user() for _ in range(3))

    assert update_rows(User, ["display_name", "is_staff"], [(one.pk, "Li", True), (two.pk, "Wu", False)]) == 2

    found = User.objects.filter(pk__in=[one.pk, two.pk, other.pk]).order_by("pk")
    assert list(found.values_list("display_name", "is_staff")) == [
        ("Li", True),
        ("Wu", False),
        (other.display_name, False),
    ]


def test_nothing_moments_json_and_rows_of_other_tables_keep_their_kind():
    first, second = make_user(), make_user()
    one, two = make_message(first, "one"), make_message(first, "two")

    fields = ["params", "last_error", "send_after", "read_at", "recipient", "tries"]
    rows = [
        (one.pk, {"a": [1, None]}, "", AT, None, second.pk, 3),
        (two.pk, {"b": "您"}, "%s", AT, None, first.pk, 0),
    ]
    update_rows(Message, fields, rows)

    assert list(Message.objects.order_by("key").values_list("pk", *fields)) == rows


def test_a_key_need_not_be_a_number_and_a_missing_row_is_passed_over():
    Heartbeat.objects.create(name="sweep", at=AT)
    later = AT.replace(year=2027)

    assert update_rows(Heartbeat, ["at"], [("sweep", later), ("nobody", later)]) == 1
    assert Heartbeat.objects.get().at == later


def test_thousands_of_rows_take_a_statement_a_thousand(django_assert_num_queries):
    with django_assert_num_queries(3):
        assert update_rows(Heartbeat, ["at"], [(f"beat {n}", AT) for n in range(2500)]) == 0
    with django_assert_num_queries(0):
        assert update_rows(Heartbeat, ["at"], []) == 0


def test_new_rows_come_in_as_bulk_create_writes_them():
    person = make_user()
    messages = [
        Message(
            key=key, event="test", channel="email", recipient=person, params=params, created_at=AT, send_after=AT,
            next_try_at=AT, last_error=error,
        )
        for key, params, error in (("one", {"a": [1, None], "b": "您"}, "%s"), ("two", {}, ""), ("three", {"c": "?"}, "您 %%"))
    ]  # fmt: skip
    insert_rows(Message, messages[:2])
    Message.objects.bulk_create(messages[2:])

    assert [message.pk for message in messages] == list(
        Message.objects.order_by("pk").values_list("pk", flat=True)
    )
    assert list(
        Message.objects.order_by("pk").values_list("key", "params", "last_error", "send_after", "channel")
    ) == [(message.key, message.params, message.last_error, AT, "email") for message in messages]
    messages[0].last_error = "later"
    messages[0].save()  # a change of that row, not a new one
    assert Message.objects.count() == 3


def test_what_the_database_fills_in_is_read_when_it_is_asked_for(django_assert_num_queries):
    with django_assert_num_queries(1):
        one, two = insert_rows(
            Ladder, [Ladder(kind=kind, name=kind, active=False) for kind in ("one", "two")]
        )
    assert one.made_at == two.made_at == Ladder.objects.get(kind="one").made_at


def test_thousands_of_new_rows_keep_their_order(django_assert_num_queries):
    words = [Words(text=str(n), salt="s", digest=digest_of("s", str(n))) for n in range(2500)]
    with django_assert_num_queries(3):
        insert_rows(Words, words)
    assert {words.pk: words.text for words in Words.objects.all()} == {one.pk: one.text for one in words}
    with django_assert_num_queries(0):
        assert insert_rows(Words, []) == []


def test_a_row_that_is_there_already_is_passed_over():
    person = make_user()
    make_message(person, "one")
    rows = [unsaved(person, "one"), unsaved(person, "two"), unsaved(person, "two")]

    assert [row.key for row in insert_rows(Message, rows, once="key")] == ["two"]
    assert Message.objects.count() == 2
    assert rows[1].pk == Message.objects.get(key="two").pk


def test_what_a_constraint_forbids_is_refused_also_where_rows_may_be_passed_over():
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Message, [unsaved(None, "one")], once="key")
    assert not Message.objects.exists()
