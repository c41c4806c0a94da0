"""Which nights the audit reads all timelines, and what it sees on the others."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from servicedesk.audit import runs
from servicedesk.audit.invariants import findings
from servicedesk.audit.models import AuditRun
from servicedesk.audit.runs import audit_by_night, moved_since_when
from servicedesk.audit.seals import moved_since, seal
from servicedesk.audit.testing import AT, make_timeline

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FIRST = AT.date()
OLD, MOVED, NEW = "ticket:2026-000001", "ticket:2026-000002", "ticket:2026-000003"


@pytest.fixture
def desk():
    """A timeline that rests since the first seal, one that moved and was sealed again, one not sealed yet."""
    make_timeline(OLD)
    make_timeline(MOVED)
    seal(FIRST, at=AT)
    make_timeline(MOVED)
    seal(FIRST + DAY, at=AT + DAY)
    make_timeline(NEW)


@pytest.fixture
def slow(monkeypatch):
    """Every full run takes longer than can be afforded each night."""
    monkeypatch.setattr(runs, "QUICK", -1)


def forge(triggers_lifted, subject: str) -> None:
    with triggers_lifted(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_entry SET line = replace(line, 'noted', 'voted') WHERE number = 2 AND subject = %s",
            [subject],
        )


def wrong(**how) -> set[str]:
    return {example.subject for one in findings(**how) for example in one.examples}


def test_what_moved_since_a_seal_is_what_it_does_not_cover(desk):
    assert set(moved_since(FIRST).values_list("pk", flat=True)) == {MOVED, NEW}
    assert set(moved_since(FIRST + DAY).values_list("pk", flat=True)) == {NEW}


@pytest.mark.parametrize("subject", [MOVED, NEW])
def test_a_forged_entry_inside_the_increment_is_found(desk, triggers_lifted, subject):
    forge(triggers_lifted, subject)

    assert wrong(since=FIRST) == {subject}


def test_a_forged_entry_outside_the_increment_is_found_by_the_full_run(desk, triggers_lifted):
    forge(triggers_lifted, OLD)

    assert wrong(since=FIRST) == set()
    assert wrong() == {OLD}


def test_the_command_reads_what_moved_since_a_day(desk, triggers_lifted, capsys):
    forge(triggers_lifted, OLD)

    call_command("audit", "--since", FIRST.isoformat())
    with pytest.raises(SystemExit):
        call_command("audit")
    assert "no violations" in capsys.readouterr().out


def test_after_a_clean_full_run_the_nights_read_what_moved_since_then_until_a_week_is_over(desk, slow):
    full = audit_by_night(AT + DAY)
    assert (full.since, full.sealed) == (None, FIRST + DAY)

    for night in range(1, 7):
        seal(FIRST + (1 + night) * DAY, at=AT)
        assert audit_by_night(AT + (1 + night) * DAY).since == FIRST + DAY
    assert audit_by_night(AT + 8 * DAY).since is None


def test_while_a_full_run_takes_no_minute_every_night_has_one(desk):
    audit_by_night(AT)

    assert audit_by_night(AT + DAY).since is None


def test_a_full_run_that_found_something_is_repeated_until_one_is_clean(desk, slow, triggers_lifted):
    forge(triggers_lifted, OLD)
    for night in range(3):
        run = audit_by_night(AT + night * DAY)
        assert (run.since, run.violations) == (None, 2)


def test_without_a_seal_no_increment_can_begin(slow):
    make_timeline(OLD)
    audit_by_night(AT)

    assert moved_since_when(AT + DAY) is None
    assert AuditRun.objects.get().sealed is None
