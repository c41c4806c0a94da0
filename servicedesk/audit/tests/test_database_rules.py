"""Raw SQL against the tables, as somebody with a database prompt would try."""

import pytest
from django.db import IntegrityError, connection, transaction

from servicedesk.audit.line import GENESIS, chained
from servicedesk.audit.models import DailySeal, Entry, Words
from servicedesk.audit.seals import seal
from servicedesk.audit.testing import AT, make_timeline
from servicedesk.audit.verification import verify
from servicedesk.audit.words import erase, store

A, B = "a" * 64, "b" * 64
ENTRY = (
    "INSERT INTO audit_entry (subject, number, event, actor, at, recorded_at, line, previous, hash)"
    " VALUES ('{subject}', {number}, 'noted', 'clock', '2026-03-02', '2026-03-02', '{line}', '{previous}', '{hash}')"
)
SEAL = "INSERT INTO audit_dailyseal (day, at, heads, moved, previous, hash) VALUES ('{}', '2026-03-03', 1, 0, '{}', '{}')"
SEALED = "INSERT INTO audit_sealedhead (seal_id, subject, number, hash) VALUES ('{}', '{}', {}, '{}')"
SUBJECT = "ticket:2026-000001"


@pytest.fixture
def entries(db):
    made = make_timeline(SUBJECT, entries=3)
    seal(AT.date(), at=AT)
    return made


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def refused(sql: str, name: str) -> bool:
    """Whether the trigger of this name refuses the statement."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        run(sql)
    if connection.vendor == "postgresql":
        return error.value.__cause__.diag.constraint_name == name
    return str(error.value).startswith(f"{name}:")


def entry_sql(**parts) -> str:
    parts = {"subject": SUBJECT, "number": 4, "line": "{}", "previous": A} | parts
    return ENTRY.format(**{"hash": chained(parts["previous"], parts["line"])} | parts)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_entry SET line = '{}'",
        "UPDATE audit_entry SET event = 'other' WHERE number = 2",
        "UPDATE audit_entry SET at = '2020-01-01'",
        "UPDATE audit_entry SET event = event",
    ],
)
def test_no_entry_is_changed(entries, sql):
    assert refused(sql, "audit_entry_not_changed")


TABLES = ["audit_entry", "audit_head", "audit_words", "audit_dailyseal", "audit_sealedhead"]


@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_deleted(entries, table):
    assert refused(f"DELETE FROM {table}", f"{table}_not_deleted")


@pytest.mark.postgresql
@pytest.mark.parametrize("table", TABLES)
def test_no_table_is_emptied(entries, table):
    assert refused(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {table} CASCADE", f"{table}_not_emptied")


def test_no_entry_leaves_a_hole(entries):
    assert refused(entry_sql(number=5, previous=entries[-1].hash), "audit_entry_follows")


def test_no_timeline_starts_in_the_middle(entries):
    assert refused(entry_sql(subject="ticket:new", number=2, previous=GENESIS), "audit_entry_follows")


def test_no_entry_hangs_on_another_hash(entries):
    assert refused(entry_sql(previous=A), "audit_entry_follows")
    assert refused(entry_sql(previous=entries[1].hash), "audit_entry_follows")
    assert refused(entry_sql(subject="ticket:new", number=1, previous=A), "audit_entry_follows")


def test_no_entry_has_a_hash_that_is_not_its_own(entries):
    assert refused(entry_sql(previous=entries[-1].hash, hash=A), "audit_entry_hashed")


def test_no_number_is_given_twice(entries):
    with pytest.raises(IntegrityError), transaction.atomic():
        run(entry_sql(number=3, previous=entries[1].hash))


@pytest.mark.postgresql
def test_no_entry_is_committed_beyond_its_head(entries):
    sql = entry_sql(previous=entries[-1].hash)
    assert refused(f"{sql}; SET CONSTRAINTS ALL IMMEDIATE", "audit_entry_headed")


def test_an_entry_beyond_its_head_is_found_where_commit_is_not_judged(entries, triggers_lifted):
    with triggers_lifted():
        run(entry_sql(previous=entries[-1].hash))

    assert "The timeline's head does not know entry 4." in [one.text for one in verify(SUBJECT)]


@pytest.mark.parametrize(
    "change",
    [
        "number = 2",
        "number = 2, hash = (SELECT hash FROM audit_entry WHERE number = 2)",
        "number = 0, hash = '" + GENESIS + "'",
        "number = 4",
        f"hash = '{A}'",
        f"number = 4, hash = '{A}'",
        "subject = 'ticket:other'",
    ],
)
def test_no_head_moves_but_on_to_the_last_entry(entries, change):
    assert refused(f"UPDATE audit_head SET {change}", "audit_head_moves_on")


def test_no_timeline_begins_with_a_number(entries):
    sql = f"INSERT INTO audit_head (subject, number, hash) VALUES ('ticket:new', 1, '{A}')"
    assert refused(sql, "audit_head_begins")


@pytest.mark.parametrize(
    "change",
    [
        "text = 'other'",
        "salt = 'other'",
        "digest = '" + A + "'",
        "text = NULL, salt = NULL",
        "text = NULL, erased_at = '2026-03-02'",
        "erased_at = '2026-03-02'",
        "text = NULL, salt = NULL, erased_at = '2026-03-02', digest = '" + A + "'",
    ],
)
def test_words_are_only_ever_erased(entries, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        run(f"UPDATE audit_words SET {change}")


@pytest.mark.parametrize(
    "change", ["erased_at = '2030-01-01'", "text = 'back', salt = 's', erased_at = NULL"]
)
def test_erased_words_stay_as_they_are(db, change):
    erase(store("secret"), at=AT)

    assert refused(f"UPDATE audit_words SET {change}", "audit_words_only_erased")


def test_words_come_with_their_own_digest(db):
    sql = f"INSERT INTO audit_words (text, salt, digest) VALUES ('text', 'salt', '{A}')"
    assert refused(sql, "audit_words_digested")


def test_erased_words_cannot_be_made_up(db):
    sql = f"INSERT INTO audit_words (digest, erased_at) VALUES ('{A}', '2026-03-02')"
    assert refused(sql, "audit_words_digested")


@pytest.mark.parametrize("table", ["audit_dailyseal", "audit_sealedhead"])
def test_no_seal_is_changed(entries, table):
    assert refused(f"UPDATE {table} SET hash = '{A}'", f"{table}_not_changed")


def test_no_seal_is_put_before_another_or_hung_elsewhere(entries):
    last = DailySeal.objects.get().hash

    assert refused(SEAL.format("2026-03-01", last, B), "audit_dailyseal_follows")
    assert refused(SEAL.format("2026-03-02", last, B), "audit_dailyseal_follows")
    assert refused(SEAL.format("2026-03-03", A, B), "audit_dailyseal_follows")


def test_no_seal_takes_rows_afterwards_or_rows_of_nothing(entries):
    first = Entry.objects.get(number=1)

    assert refused(SEALED.format("2026-03-02", SUBJECT, 1, first.hash), "audit_sealedhead_fits")
    assert refused(SEALED.format("2026-03-03", SUBJECT, 1, A), "audit_sealedhead_fits")
    assert refused(SEALED.format("2026-03-03", "ticket:none", 1, first.hash), "audit_sealedhead_fits")


def test_the_chain_can_be_recomputed_in_sql(entries):
    sha256 = {
        "postgresql": "encode(sha256(convert_to(previous || line, 'UTF8')), 'hex')",
        "sqlite": "SHA256(previous || line)",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM audit_entry WHERE hash = {sha256}")
        assert cursor.fetchone() == (3,)


def test_the_words_of_a_timeline_can_still_be_erased(entries):
    erase(Words.objects.first(), at=AT)

    assert verify(SUBJECT) == []
