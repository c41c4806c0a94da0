import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction

from servicedesk.audit.models import Entry, Head
from servicedesk.audit.timeline import Record, lock_heads, record, record_many
from servicedesk.audit.words import store
from servicedesk.staff.testing import make_user

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.django_db
def test_entries_are_numbered_and_chained():
    first = record("ticket:2026-000001", "opened", by="import", at=AT)
    second = record("ticket:2026-000001", "promised", by=make_user(), at=AT)

    assert (first.number, second.number) == (1, 2)
    assert second.previous == first.hash
    assert Head.objects.get().hash == second.hash


@pytest.mark.django_db
def test_facts_come_back_as_they_were_given():
    words, person = store("你好"), make_user()
    facts = {"none": None, "yes": True, "n": 7, "code": "S2", "due": AT, "day": date(2026, 3, 2)}

    record("ticket:2026-000001", "promised", by=person, at=AT, words=words, to=person, **facts)

    assert Entry.objects.get().facts == facts | {"words": (words.pk, words.digest), "to": person.pk}


@pytest.mark.django_db(transaction=True)
def test_a_timeline_is_written_inside_a_transaction():
    with pytest.raises(transaction.TransactionManagementError):
        record("ticket:2026-000001", "opened", by="clock", at=AT)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("run", [1, 2])
def test_two_writers_on_one_subject_leave_no_hole(run):
    def write(name):
        for n in range(50):
            with transaction.atomic():
                record("ticket:2026-000001", "rang", by="clock", at=AT + timedelta(minutes=n), writer=name)
        connection.close()

    threads = [threading.Thread(target=write, args=[name]) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    numbers = Entry.objects.of("ticket:2026-000001").values_list("number", flat=True)
    assert list(numbers) == list(range(1, 101))


@pytest.mark.django_db
def test_a_thousand_records_need_no_more_statements_than_two(django_assert_max_num_queries):
    records = [Record(f"ticket:{n % 100}", "opened", "import", AT) for n in range(500)]

    with django_assert_max_num_queries(4 if connection.vendor == "postgresql" else 12):
        entries = record_many(records)

    assert sorted({entry.number for entry in entries}) == [1, 2, 3, 4, 5]
    assert lock_heads(["ticket:1"]) == {"ticket:1"}
