"""Tasks that were reported before confirmations were owed: the migration owes theirs, as the desk would, from today on."""

from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from servicedesk.audit.invariants import findings
from servicedesk.audit.timeline import Entry, Head
from servicedesk.audit.triggers import install
from servicedesk.audit.verification import verify
from servicedesk.clock.models import Deadline
from servicedesk.staff.models import User
from tickets.checks import confirm_task
from tickets.models import Kind, OpinionCheck, Ticket
from tickets.replies import finish_task
from tickets.resolving import reopen
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket, make_word

pytestmark = pytest.mark.django_db
migration = import_module("tickets.migrations.0011_tasks_that_wait_owe_their_confirmation")


def violations():
    return [one.text for finding in findings() for one in finding.examples]


@contextmanager
def without_the_constraint():
    """It comes with the next migration only; what is done here is undone with the test."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            cursor.execute("ALTER TABLE tickets_ticket DROP CONSTRAINT IF EXISTS ticket_resolved_owes_check")
        yield
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


@pytest.fixture
def waiting(triggers_lifted):
    """A task as it was left by earlier versions: reported as done, nothing owed."""
    ticket = make_ticket(kind=Kind.TASK, requester=make_agent())
    finish_task(ticket, words="Done.", by=ticket.owner, at=MONDAY + HOUR)
    with triggers_lifted(), without_the_constraint():
        Ticket.objects.filter(pk=ticket.pk).update(open_check=None, due_at=None)
        OpinionCheck.objects.all().delete()
        Deadline.objects.filter(kind="confirmation").delete()
        last = Entry.objects.filter(subject=ticket.key).latest("number")
        assert last.event == "check_owed"
        Head.objects.filter(subject=ticket.key).update(number=last.number - 1, hash=last.previous)
        last.delete()
    return Ticket.objects.get(pk=ticket.pk)


@cache
def models_of_then():
    """As the migrations before this one left them: whatever comes later is not there yet."""
    return MigrationLoader(connection).project_state(migration.Migration.dependencies).apps


def migrate(step, triggers_lifted):
    with triggers_lifted(), without_the_constraint():
        step(models_of_then(), SimpleNamespace(connection=connection))
    install(connection)


def test_a_task_that_waited_owes_its_confirmation_from_today_on(waiting, triggers_lifted):
    migrate(migration.owe, triggers_lifted)
    waiting.refresh_from_db()
    owed = waiting.open_check
    assert (owed.kind, owed.owner, owed.department) == (
        "confirmation", waiting.requester, waiting.requester.department,
    )  # fmt: skip
    assert owed.due_at == waiting.due_at > timezone.now() + timedelta(days=2, hours=23)
    assert owed.ladder.kind == "confirmation"
    assert len(owed.schedule) == 6
    assert waiting.checks.get().solver == waiting.owner
    assert verify(waiting.key) == []
    assert violations() == []
    confirm_task(waiting, by=waiting.requester, at=timezone.now())
    assert violations() == []


def test_of_a_requester_who_has_left_the_manager_confirms(waiting, triggers_lifted):
    User.objects.filter(pk=waiting.requester_id).update(is_active=False)
    migrate(migration.owe, triggers_lifted)
    waiting.refresh_from_db()
    assert waiting.open_check.owner == waiting.requester.department.manager
    assert violations() == []


def test_the_way_back_withdraws_it_and_keeps_the_record(waiting, triggers_lifted):
    migrate(migration.owe, triggers_lifted)
    migrate(migration.withdraw, triggers_lifted)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.open_check, waiting.due_at) == ("resolved", None, None)
    assert Deadline.objects.get(kind="confirmation").outcome == "withdrawn"
    assert verify(waiting.key) == []
    migrate(migration.owe, triggers_lifted)  # and forward again
    assert waiting.checks.filter(outcome=None).get().number == 2
    again = make_word(timezone.now() + timedelta(days=1))
    reopen(waiting, promise=again, reason="It leaks", by=waiting.requester, at=timezone.now())
    assert violations() == []
