import json
import logging
from datetime import timedelta
from threading import Thread

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from servicedesk.audit import invariants
from servicedesk.audit.invariants import Violation, findings, invariant
from servicedesk.audit.models import AuditRun, DailySeal, Entry, Head
from servicedesk.audit.seals import seal
from servicedesk.audit.tasks import audit_nightly, seal_the_day
from servicedesk.audit.testing import AT, make_timeline
from servicedesk.audit.verification import verify
from servicedesk.audit.words import erase, store

pytestmark = pytest.mark.django_db
ONE, TWO = "ticket:2026-000001", "ticket:2026-000002"


@pytest.fixture
def sealed():
    """Two timelines, sealed on two days, moving between and after."""
    for day in range(2):
        make_timeline(ONE)
        make_timeline(TWO, entries=2)
        seal((AT + timedelta(days=day)).date(), at=AT + timedelta(days=day))
    make_timeline(ONE, entries=1)


@pytest.fixture
def tamper(triggers_lifted):
    def run(*statements: str) -> None:
        with triggers_lifted(), connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)

    return run


def found() -> dict[str, list[str]]:
    """The violations by the name of their check."""
    return {
        one.invariant.check.__name__: [f"{example.subject}: {example.text}" for example in one.examples]
        for one in findings()
        if one.violations
    }


def test_an_untouched_desk_passes(sealed):
    erase(store("secret"), at=AT)

    assert found() == {}
    assert verify(ONE) == verify(TWO) == []


def test_a_changed_line_is_found(sealed, tamper):
    tamper(
        f"UPDATE audit_entry SET line = replace(line, 'noted', 'voted') WHERE subject = '{ONE}' AND number = 2"
    )

    assert found() == {
        "entries_are_chained": [
            f"{ONE}: The hash of entry 2 is not that of its line.",
            f"{ONE}: The columns of entry 2 do not say what its line says.",
        ]
    }
    assert len(verify(ONE)) == 2


@pytest.mark.parametrize("change", ["at = '2020-01-01 00:00:00+00:00'", "event = 'x'", "actor = 'import'"])
def test_a_changed_column_is_found(sealed, tamper, change):
    tamper(f"UPDATE audit_entry SET {change} WHERE subject = '{ONE}' AND number = 2")

    assert found() == {
        "entries_are_chained": [f"{ONE}: The columns of entry 2 do not say what its line says."]
    }


def test_a_lost_entry_is_found(sealed, tamper):
    tamper(f"DELETE FROM audit_entry WHERE subject = '{ONE}' AND number = 2")

    assert found()["entries_are_chained"] == [f"{ONE}: Entry 3 does not follow the one before it."]


def test_an_unreadable_line_is_found(sealed, tamper):
    tamper(f"UPDATE audit_entry SET line = '[\"words\":' WHERE subject = '{ONE}' AND number = 7")

    assert f"{ONE}: The columns of entry 7 do not say what its line says." in found()["entries_are_chained"]


def test_a_lost_tail_is_found_by_its_head(sealed, tamper):
    tamper(f"DELETE FROM audit_entry WHERE subject = '{ONE}' AND number = 7")

    assert found() == {
        "timelines_end_with_their_head": [f"{ONE}: The last entry, number 7, is lost or was replaced."]
    }
    assert [one.text for one in verify(ONE)] == ["The last entry, number 7, is lost or was replaced."]


def test_a_tail_cut_off_with_its_head_is_found_by_the_seal(sealed, tamper):
    tamper(
        f"DELETE FROM audit_entry WHERE subject = '{ONE}' AND number > 4",
        f"UPDATE audit_head SET number = 4, hash = (SELECT hash FROM audit_entry WHERE subject = '{ONE}'"
        f" AND number = 4) WHERE subject = '{ONE}'",
    )

    assert found() == {
        "sealed_entries_stand": [f"{ONE}: Entry 6, sealed on 2026-03-03, is lost or was replaced."]
    }


def test_a_subject_lost_as_a_whole_is_found_by_the_seal(sealed, tamper):
    tamper(
        f"DELETE FROM audit_entry WHERE subject = '{TWO}'", f"DELETE FROM audit_head WHERE subject = '{TWO}'"
    )

    assert found() == {
        "sealed_entries_stand": [
            f"{TWO}: Entry 2, sealed on 2026-03-02, is lost or was replaced.",
            f"{TWO}: Entry 4, sealed on 2026-03-03, is lost or was replaced.",
        ]
    }


def test_a_lost_head_is_found(sealed, tamper):
    tamper(f"DELETE FROM audit_head WHERE subject = '{TWO}'")

    assert found() == {
        "entries_have_their_head": [
            f"{TWO}: Entry {number} stands on a timeline that has lost its head." for number in range(1, 5)
        ]
    }


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_sealedhead SET number = 1 WHERE number = 2",
        "DELETE FROM audit_sealedhead WHERE number = 2",
        "UPDATE audit_dailyseal SET heads = 9 WHERE day = '2026-03-02'",
        "UPDATE audit_dailyseal SET at = '2020-01-01 00:00:00+00:00' WHERE day = '2026-03-02'",
    ],
)
def test_a_changed_seal_is_found(sealed, tamper, sql):
    tamper(sql)

    assert (
        "seal:2026-03-02: This seal is not that of the timelines it sealed." in found()["seals_are_unbroken"]
    )


def test_a_lost_seal_is_found(sealed, tamper):
    tamper(
        "DELETE FROM audit_sealedhead WHERE seal_id = '2026-03-02'",
        "DELETE FROM audit_dailyseal WHERE day = '2026-03-02'",
    )

    assert "seal:2026-03-03: This seal does not follow the one before it." in found()["seals_are_unbroken"]


def test_changed_and_lost_words_are_found(sealed, tamper):
    first, second = Entry.objects.of(ONE)[:2]
    tamper(
        f"UPDATE audit_words SET text = 'other' WHERE id = {first.facts['words'].words}",
        f"DELETE FROM audit_words WHERE id = {second.facts['words'].words}",
    )

    words = second.facts["words"].words
    assert found() == {
        "words_fit_their_digest": [
            f"words:{first.facts['words'].words}: The text is not that of its digest."
        ],
        "named_words_stand": [f"{ONE}: Entry 2 names words {words}, which are lost or were replaced."],
    }


def test_a_missing_trigger_is_found():
    with connection.cursor() as cursor:
        on = " ON audit_head" if connection.vendor == "postgresql" else ""
        cursor.execute("DROP TRIGGER audit_head_begins" + on)

    assert found() == {
        "triggers_stand": ["database: The trigger audit_head_begins on audit_head is missing."]
    }


# Seals


def test_a_day_is_sealed_once_and_counts_all_timelines(sealed):
    again = seal((AT + timedelta(days=1)).date(), at=AT + timedelta(days=5))

    assert again == DailySeal.objects.latest("day")
    assert (again.heads, again.moved) == (2, 2)
    assert again.at == AT + timedelta(days=1)


def test_a_quiet_day_is_sealed_too(sealed):
    seal((AT + timedelta(days=2)).date(), at=AT)
    quiet = seal((AT + timedelta(days=3)).date(), at=AT)

    assert (quiet.heads, quiet.moved) == (2, 0)
    assert found() == {}


@pytest.mark.django_db(transaction=True)
def test_two_who_seal_the_same_day_make_one_seal():
    for n in range(50):
        make_timeline(f"ticket:{n}", entries=1)
    made = []

    def run():
        made.append(seal(AT.date(), at=AT))
        connection.close()

    threads = [Thread(target=run) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == [DailySeal.objects.get()] * 2
    assert found() == {}


def test_no_day_is_sealed_after_a_later_one(sealed):
    with pytest.raises(ValueError, match="sealed already"):
        seal((AT - timedelta(days=1)).date(), at=AT)


def test_the_seal_hash_can_be_recomputed_in_sql(sealed):
    if connection.vendor != "postgresql":
        pytest.skip("the formula is given in PostgreSQL's words")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.hash = encode(sha256(convert_to(s.previous || E'\\n' || s.day || ' '"
            " || to_char(s.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') || ' ' || s.heads || ' ' || s.moved"
            " || (SELECT string_agg(E'\\n' || h.subject || ' ' || h.number || ' ' || h.hash, '' ORDER BY h.id)"
            " FROM audit_sealedhead h WHERE h.seal_id = s.day), 'UTF8')), 'hex') FROM audit_dailyseal s"
        )
        assert cursor.fetchall() == [(True,), (True,)]


def test_the_nightly_seal_is_logged_outside_the_database(caplog):
    make_timeline()
    with caplog.at_level(logging.INFO):
        seal_the_day()

    assert DailySeal.objects.get().hash in caplog.text


# The command and the nightly run


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(invariants, "_registered", {})


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL plans a cursor for its first rows")
def test_checks_are_planned_for_all_rows_and_the_connection_is_left_as_it_was(registry):
    planned = []

    @invariant("3", "Looks at the plan")
    def look():
        planned.append(tuple_fraction())
        return ()

    before = tuple_fraction()
    list(findings())
    assert (planned, tuple_fraction()) == (["1"], before)
    assert before != "1"


def tuple_fraction() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW cursor_tuple_fraction")
        return cursor.fetchone()[0]


def test_the_command_prints_violations_and_exits_with_1(registry, capsys):
    @invariant("3", "One live deadline")
    def broken():
        yield from (Violation(f"ticket:{n}", "has none") for n in range(101))

    with pytest.raises(SystemExit) as leaving:
        call_command("audit")

    told = capsys.readouterr().out
    assert leaving.value.code == 1
    assert "One live deadline: 101 violations" in told
    assert "ticket:99: has none" in told and "ticket:100" not in told and "and 1 more" in told
    assert "1 checks, 101 violations" in told


def test_the_command_passes_quietly(capsys):
    make_timeline()
    call_command("audit")

    assert "no violations" in capsys.readouterr().out


def test_the_command_tells_machines(registry, capsys):
    @invariant("1", "One owner")
    def broken():
        yield Violation(ONE, "is nobody's")

    with pytest.raises(SystemExit):
        call_command("audit", "--json")

    told = json.loads(capsys.readouterr().out)
    assert told["violations"] == 1
    assert told["checks"][0]["examples"] == [{"subject": ONE, "text": "is nobody's"}]
    assert told["checks"][0]["code"] == "1"


def test_a_check_that_fails_counts_as_a_violation_and_stops_no_other(registry):
    @invariant("1", "Fails")
    def fails():
        yield Violation(ONE, "first")
        raise ZeroDivisionError

    @invariant("2", "Holds")
    def holds():
        return []

    assert [one.violations for one in findings()] == [2, 0]


def test_checks_come_in_the_order_of_their_numbers(registry):
    for code in ("10", "2", "database"):
        invariant(code, code)(type(code, (), {"__name__": code, "__module__": "x"}))

    assert [one.code for one in invariants.registered()] == ["database", "2", "10"]


def test_the_nightly_run_is_kept_and_its_violations_are_errors(sealed, tamper, caplog):
    tamper(f"DELETE FROM audit_entry WHERE subject = '{ONE}' AND number = 7")

    audit_nightly()

    run = AuditRun.objects.latest()
    assert run.violations == 1
    assert [record.levelname for record in caplog.records if ONE in record.getMessage()] == ["ERROR"]


def test_the_number_of_statements_does_not_grow_with_the_rows(sealed, django_assert_max_num_queries):
    with CaptureQueriesContext(connection) as few:
        assert found() == {}
    for n in range(30):
        make_timeline(f"matter:{n}")
    with django_assert_max_num_queries(len(few)):
        assert found() == {}
    assert Head.objects.count() == 32
