"""The sweep: claims what is due and carries out its next steps, each batch in one transaction (DESIGN 4)."""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from django.db import InterfaceError, OperationalError, connection, transaction

from servicedesk.audit.timeline import Head, Record, claim_heads, lock_heads, record, record_many
from servicedesk.bulk import insert_rows, update_rows
from servicedesk.clock.models import Deadline, Heartbeat, Ring, Rung
from servicedesk.clock.notices import notify
from servicedesk.clock.owing import ring_on
from servicedesk.clock.ringing import Advance, advance
from servicedesk.clock.signals import deadlines_broke
from servicedesk.clock.sparing import spared
from servicedesk.staff.directory import Directory
from servicedesk.version import fits

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from servicedesk.staff.models import User

BATCH = 500  # rows a transaction
WINDOW = 10  # batches whose rows are read at once and sorted by person
READ_ONLY = "25006"  # PostgreSQL's code where nothing may be written for a while
logger = logging.getLogger(__name__)


@dataclass
class Sweep:
    """One run of the clock and its counts."""

    at: datetime
    key: str = field(
        default_factory=lambda: uuid.uuid4().hex
    )  # what falls to one person in one sweep is one message
    broke: int = 0
    rang: int = 0
    skipped: int = 0
    busy: int = 0  # rows somebody else held; they stay due for the next run
    set_aside: int = 0
    failed: bool = False  # whether rows stay due because of the database, or because it is of another version
    told: set[int] = field(default_factory=set)  # people who may have a message of this run
    _rungs: dict[int, Rung] = field(default_factory=dict)

    @cached_property
    def directory(self) -> Directory:
        """Everybody's positions and absences, read once a run and only if something is due."""
        return Directory.at(self.at)

    def rungs(self, ladders: set[int]) -> dict[int, Rung]:
        """The rungs of these ladders, read once a run; a ladder's version never changes."""
        known = {rung.ladder_id for rung in self._rungs.values()}
        if ladders - known:
            self._rungs |= {
                rung.pk: rung
                for rung in Rung.objects.filter(ladder__in=ladders - known).select_related("ladder")
            }
        return self._rungs


def sweep(at: datetime, *, batch: int = BATCH) -> Sweep:
    """Ring everything whose moment lies before `at`: once each, however often, late or in parallel this runs.

    Work is proportional to what is due, never to what is open. A batch that raises is rolled back and halved until
    the bad row stands alone; that row is set aside, logged and shown on the health page. A run that left rows due
    because the database failed leaves no mark, so that /readyz tells if that goes on.
    """
    run = Sweep(at)
    after: tuple[datetime, int] | None = None
    while rows := _candidates(at, after, batch * WINDOW):
        after = (rows[-1].next_ring_at, rows[-1].pk)
        rows.sort(key=attrgetter("department", "owner"))  # so that few messages grow from batch to batch
        for start in range(0, len(rows), batch):
            _carry_out([(row.pk, row.subject) for row in rows[start : start + batch]], run)
    if not run.failed:
        Heartbeat.objects.beat("sweep", at=at)
    return run


class Candidate(NamedTuple):
    """A due row as it was seen before anything is locked."""

    pk: int
    next_ring_at: datetime
    subject: str
    department: int
    owner: int


def _candidates(at: datetime, after: tuple[datetime, int] | None, most: int) -> list[Candidate]:
    """The next due rows behind the last one seen, so that rows held by others are passed over, not waited for."""
    due = Deadline.objects.due(at).order_by("next_ring_at", "pk")
    if after:
        moment, pk = after
        due = due.filter(next_ring_at__gte=moment).exclude(next_ring_at=moment, pk__lte=pk)
    return [Candidate(*row) for row in due.values_list(*Candidate._fields)[:most]]


def _carry_out(rows: list[tuple[int, str]], run: Sweep) -> None:
    counts = (run.broke, run.rang, run.skipped, run.busy)
    try:
        with transaction.atomic():
            _ring_batch(rows, run)
    except Exception as error:
        run.broke, run.rang, run.skipped, run.busy = counts
        if _is_the_databases(error):
            _leave_due(rows, run)
        elif len(rows) > 1:
            middle = len(rows) // 2
            _carry_out(rows[:middle], run)
            _carry_out(rows[middle:], run)
        elif fits(connection):
            _set_aside(rows[0][0], error, run)
        else:
            _leave_due(rows, run)


def _is_the_databases(error: Exception) -> bool:
    """Whether no row is to blame: a deadlock, a lost connection, a full disk, or nothing may be written for a while."""
    code = getattr(error.__cause__, "pgcode", None)
    return isinstance(error, OperationalError | InterfaceError) or code == READ_ONLY


def _leave_due(rows: list[tuple[int, str]], run: Sweep) -> None:
    """Leave rows to a run that finds the database well again, or whose code is of the version of the tables."""
    logger.warning("batch left due", extra={"rows": len(rows)}, exc_info=True)
    run.busy += len(rows)
    run.failed = True


def _ring_batch(rows: list[tuple[int, str]], run: Sweep) -> None:
    """Heads first, deadlines second: the lock order of the whole house."""
    deadlines, heads = _claim(rows, run.at)
    run.busy += len(rows) - len(deadlines)
    if not deadlines:
        return
    rungs = run.rungs({deadline.ladder_id for deadline in deadlines if deadline.ladder_id})
    told: dict[int, list[Ring]] = defaultdict(list)
    for ring in _rings_of(deadlines):
        told[ring.deadline_id].append(ring)
    passed_over = spared(deadline.subject for deadline in deadlines)
    steps = [
        advance(
            deadline, rungs=rungs, told=told[deadline.pk], at=run.at, directory=run.directory,
            spared=passed_over.get(deadline.subject, frozenset()),
        )
        for deadline in deadlines
    ]  # fmt: skip
    _write(steps, heads, run)


def _claim(rows: list[tuple[int, str]], at: datetime) -> tuple[list[Deadline], dict[str, Head]]:
    heads = claim_heads(subject for _, subject in rows)
    due = Deadline.objects.due(at).filter(pk__in=[pk for pk, subject in rows if subject in heads])
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True)
    return list(due.defer("derivation").order_by("due_at", "pk")), heads


def _rings_of(deadlines: list[Deadline]) -> QuerySet[Ring]:
    """What rang before, oldest first, without what only a reader wants to know."""
    rings = Ring.objects.filter(deadline__in=[deadline.pk for deadline in deadlines])
    return rings.defer("reason", "planned_at", "position").order_by("pk")


def _write(steps: list[Advance], heads: dict[str, Head], run: Sweep) -> None:
    rings = [ring for step in steps for ring in step.rings]
    repeated = [ring for step in steps for ring in step.repeated]
    broke = [step.deadline for step in steps if step.broke]
    insert_rows(Ring, rings)
    if repeated:
        Ring.objects.filter(pk__in=[ring.pk for ring in repeated]).update(repeat_at=None)
    record_many([entry for step in steps for entry in _entries(step, run.at)], heads=heads)
    moved = ["next_step", "next_step_at", "next_ring_at", "broken_at"]
    update_rows(Deadline, moved, [attrgetter("pk", *moved)(step.deadline) for step in steps])
    heard = [ring for ring in rings if not ring.skipped]
    notify(heard, sweep=run.key, told=run.told, at=run.at, directory=run.directory)
    if broke:
        deadlines_broke.send(Deadline, deadlines=[deadline.pk for deadline in broke], at=run.at)
    run.broke += len(broke)
    run.rang += len(heard)
    run.skipped += len(rings) - len(heard)


def _entries(step: Advance, at: datetime) -> list[Record]:
    deadline = step.deadline
    facts = {"deadline": deadline.pk, "kind": deadline.kind, "due_at": deadline.due_at}
    entries = [Record(deadline.subject, "broke", "clock", at, facts)] if step.broke else []
    for ring in step.rings:
        told = {
            "rung": ring.rung_id,
            "round": ring.round,
            "position": ring.position,
            "planned_at": ring.planned_at,
        }
        if ring.skipped:
            entries.append(Record(deadline.subject, "reminder_skipped", "clock", at, facts | told))
        else:
            why = {"person": ring.person_id, "reason": ring.reason["reason"]}
            entries.append(Record(deadline.subject, "rang", "clock", at, facts | told | why))
    return entries


def _set_aside(pk: int, error: Exception, run: Sweep) -> None:
    """Take a row that cannot be carried out from the clock; the health page shows it and puts it back."""
    logger.error("deadline set aside", extra={"deadline": pk}, exc_info=error)
    Deadline.objects.filter(pk=pk, settled_at=None).update(
        set_aside_at=run.at, next_ring_at=None, error=type(error).__name__
    )
    run.set_aside += 1


@transaction.atomic
def put_back(deadline: Deadline, *, by: User, at: datetime) -> bool:
    """Give a row that was set aside back to the clock, after its cause has been mended, and put that on record.

    False if it is not set aside any more: settled, or given back by somebody else.
    """
    lock_heads([deadline.subject])
    if not Deadline.objects.set_aside().filter(pk=deadline.pk).update(set_aside_at=None, error=""):
        return False
    record(deadline.subject, "put_back", by=by, at=at, deadline=deadline.pk, kind=deadline.kind)
    ring_on(deadline.pk)
    return True
