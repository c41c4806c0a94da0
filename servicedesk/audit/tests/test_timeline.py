import threading
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from servicedesk.audit.models import Entry, Head
from servicedesk.audit.testing import AT, make_timeline
from servicedesk.audit.timeline import Record, claim_heads, lock_heads, record, record_many
from servicedesk.audit.verification import verify
from servicedesk.audit.words import store
from servicedesk.testing.people import make_user
from servicedesk.testing.running import own_process, wait_for, waits


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
    assert verify("ticket:2026-000001") == []


@pytest.mark.django_db(transaction=True)
def test_writers_of_the_same_subjects_in_another_order_do_not_block_each_other():
    failures = []

    def write(subjects):
        try:
            for n in range(20):
                with transaction.atomic():  # some timelines are new in every round, one is old
                    record_many([Record(s.format(n=n), "rang", "clock", AT) for s in subjects])
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    subjects = ["a:{n}", "m:old", "z:{n}", "b:{n}"]
    threads = [threading.Thread(target=write, args=[order]) for order in (subjects, subjects[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert Head.objects.get(subject="m:old").number == 40


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_timelines_that_somebody_holds_are_skipped_on_request():
    make_timeline("a:held")
    make_timeline("c:old", entries=1)
    holding, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            lock_heads(["a:held"])
            holding.set()
            done.wait(10)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(10)
    with transaction.atomic():
        claimed = claim_heads(["a:held", "b:new", "c:old"])
    done.set()
    thread.join()

    assert {head.subject: head.number for head in claimed.values()} == {"b:new": 0, "c:old": 1}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("subjects", [["a:1"], ["a:1", "b:1"]])
def test_what_waited_for_a_timeline_is_recorded_after_what_it_waited_for(subjects):
    make_timeline("a:1", entries=1)
    process: list[int] = []

    def wait():
        with transaction.atomic():
            process.append(own_process())
            record_many([Record(subject, "waited", "clock", AT) for subject in subjects])
        connection.close()

    thread = threading.Thread(target=wait)
    with transaction.atomic():
        lock_heads(["a:1"])
        thread.start()
        wait_for(lambda: process and waits(process[0]))
        record("a:1", "came first", by="clock", at=AT)
    thread.join()

    (_, first, waited) = Entry.objects.of("a:1")
    assert (first.event, waited.event) == ("came first", "waited")
    assert first.recorded_at <= waited.recorded_at


@pytest.mark.django_db
@pytest.mark.parametrize("by", ["somebody", "", None])
def test_only_people_and_known_actors_act(by):
    with pytest.raises(ValueError):
        record("ticket:1", "opened", by=by, at=AT)


@pytest.mark.django_db
def test_the_time_of_the_server_stands_beside_the_time_stated():
    entry = record("ticket:1", "opened", by="import", at=AT)

    assert entry.at == AT
    assert abs(timezone.now() - entry.recorded_at) < timedelta(minutes=1)
    assert "recorded_at" in entry.line


@pytest.mark.django_db
def test_records_of_one_subject_in_one_batch_are_chained_in_their_order():
    record_many([Record("ticket:1", f"step {n}", "import", AT) for n in range(1200)])

    assert list(Entry.objects.of("ticket:1").values_list("event", flat=True)[:2]) == ["step 0", "step 1"]
    assert verify("ticket:1") == []


@pytest.mark.django_db
def test_nothing_to_record_is_no_error():
    assert record_many([]) == []


@pytest.mark.django_db
def test_a_thousand_records_need_no_more_statements_than_two(django_assert_max_num_queries):
    records = [Record(f"ticket:{n % 100}", "opened", "import", AT) for n in range(500)]

    with django_assert_max_num_queries(4 if connection.vendor == "postgresql" else 12):
        entries = record_many(records)

    assert sorted({entry.number for entry in entries}) == [1, 2, 3, 4, 5]
    assert lock_heads(["ticket:1"]) == {"ticket:1"}
