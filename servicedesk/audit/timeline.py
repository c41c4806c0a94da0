"""Timelines: what happened to a subject, numbered, hash-chained, never rewritten (DESIGN 6).

A subject is named by its key, for instance `ticket:2026-000123`. Whoever changes something records it in the
same transaction. The head of a subject is also its lock: two writers take turns.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Self, TypeVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from servicedesk.bulk import insert_rows, update_rows

from .line import GENESIS, UNREADABLE, chained, read_facts, write_line
from .words import Words

SYSTEM_ACTORS = frozenset({"clock", "import", "setup", "public"})
BATCH = 1000  # heads or entries in one statement
NOW_ON_SQLITE = "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')"  # as Django's Now() has it

T = TypeVar("T")


class Head(models.Model):
    """The last entry of a subject, and the lock of its timeline; number 0 while it has none."""

    subject = models.CharField(_("timeline of"), max_length=64, primary_key=True)
    number = models.PositiveIntegerField(_("last entry"), default=0)
    hash = models.CharField(_("its hash"), max_length=64, default=GENESIS)

    class Meta:
        verbose_name = _("timeline")
        verbose_name_plural = _("timelines")

    def __str__(self) -> str:
        return self.subject


class EntryQuerySet(models.QuerySet):
    def of(self, subject: str) -> Self:
        """The timeline of one subject, oldest first."""
        return self.filter(subject=subject).order_by("number")


class Entry(models.Model):
    """One thing that happened to a subject.

    `line` is what the hash covers (see `line.py`); the columns before it repeat parts of it for queries.
    """

    subject = models.CharField(_("timeline of"), max_length=64)
    number = models.PositiveIntegerField(
        _("entry number"), help_text=_("1 for the first entry of its subject")
    )
    event = models.CharField(_("event"), max_length=64)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,  # nothing asks for all entries of a person
        verbose_name=_("done by"),
    )
    actor = models.CharField(
        _("system actor"), max_length=16, blank=True, help_text=_("empty where a person acted")
    )
    at = models.DateTimeField(_("done at"))
    recorded_at = models.DateTimeField(_("recorded at"), help_text=_("by the clock of the database server"))
    line = models.TextField(_("canonical line"))
    previous = models.CharField(_("previous hash"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline entries")
        constraints = [
            models.UniqueConstraint(fields=["subject", "number"], name="entry_numbered_once"),
            models.CheckConstraint(name="entry_numbered_from_one", condition=models.Q(number__gte=1)),
            models.CheckConstraint(
                name="entry_has_one_actor",
                condition=models.Q(by=None, actor__gt="") | models.Q(by__isnull=False, actor=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.number} {self.event}"

    @property
    def facts(self) -> dict[str, Any]:
        """The facts as recorded; moments in UTC, Words as `Kept(words, digest)`, rows as their key."""
        return read_facts(self.line)

    @property
    def legible_facts(self) -> dict[str, Any]:
        """The same; none of a damaged line, which the check of the chain tells of."""
        try:
            return self.facts
        except UNREADABLE:
            return {}


@dataclass(frozen=True)
class Record:
    """What is to be recorded; see `record` for the meaning of each part."""

    subject: str
    event: str
    by: AbstractBaseUser | str
    at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)


def record(subject: str, event: str, *, by: AbstractBaseUser | str, at: datetime, **facts: Any) -> Entry:
    """Add an entry to the subject's timeline, inside the transaction of the change it tells.

    `by` is a person or a system actor: "clock", "import", "setup" or "public". `at` is when the act was done;
    the server's time stands beside it. A fact is None, a bool, int or str (numbers and codes, never personal
    text), a moment, a date, a row (its key is kept), or Words (id and digest are kept). Raises
    TransactionManagementError outside a transaction, TypeError or ValueError for what a line cannot hold.
    """
    return record_many([Record(subject, event, by, at, facts)])[0]


def record_many(records: Sequence[Record], *, heads: Mapping[str, Head] | None = None) -> list[Entry]:
    """Add many entries, in their order, in a number of statements that does not depend on how many (per 1000).

    `heads` are those of their subjects where the caller has claimed them already.
    """
    if heads is None:
        heads = _held({one.subject for one in records})
    return [entry for batch in _batches(records) for entry in _append(batch, heads)]


def lock_heads(subjects: Iterable[str]) -> set[str]:
    """Lock the timelines of these subjects until the transaction ends, and begin those that have none.

    Locks are taken in the order of the subjects, so that two callers cannot block each other. Returns the subjects.
    """
    _check_transaction()
    wanted = sorted(set(subjects))
    for batch in _batches(wanted):
        # A conflict locks the row, also where the WHERE then leaves it alone: one pass, in order, old heads and new.
        _begin(batch, " ON CONFLICT (subject) DO UPDATE SET number = audit_head.number WHERE FALSE")
    return set(wanted)


def _held(subjects: set[str]) -> Mapping[str, Head]:
    """The head of a lone subject, locked and read by one statement; those of many are locked here and read later."""
    if len(subjects) == 1:
        (subject,) = subjects
        _check_transaction()
        if found := _locked([subject]):
            return found
    lock_heads(subjects)
    return {}


def claim_heads(subjects: Iterable[str]) -> dict[str, Head]:
    """Lock the timelines of these subjects like `lock_heads`, but pass over what somebody else holds.

    Returns the heads now locked, for `record_many`. SQLite has one writer at a time anyway.
    """
    _check_transaction()
    claimed: dict[str, Head] = {}
    for batch in _batches(sorted(set(subjects))):
        claimed |= _locked(batch, "SKIP LOCKED")
        if absent := set(batch) - claimed.keys():
            held = Head.objects.filter(subject__in=absent).values_list("subject", flat=True)
            if unborn := sorted(absent - set(held)):
                _begin(unborn, " ON CONFLICT (subject) DO NOTHING")
                claimed |= _locked(unborn, "SKIP LOCKED")
    return claimed


def _check_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a timeline is written inside a transaction")


def _locked(subjects: list[str], waiting: str = "") -> dict[str, Any]:
    """Those of these heads that are there already, locked and read by one statement: at a fraction of the ORM's cost,
    for nearly every act records something. `waiting` says what becomes of those that somebody else holds.

    The clock is read outside of what locks, so after it: what was recorded while we waited is never later than what follows.
    """
    on_postgresql = connection.vendor == "postgresql"
    now, lock = ("CLOCK_TIMESTAMP()", f" FOR UPDATE {waiting}") if on_postgresql else (NOW_ON_SQLITE, "")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT subject, number, hash, {now} FROM (SELECT subject, number, hash FROM audit_head"  # noqa: S608
            f" WHERE subject IN ({', '.join(['%s'] * len(subjects))}){lock}) AS held",
            subjects,
        )
        rows = cursor.fetchall()
    return {row[0]: _read_head(*row) for row in rows}


def _read_head(subject: str, number: int, last: str, now: Any) -> Any:
    head: Any = Head(subject=subject, number=number, hash=last)
    head.now = datetime.fromisoformat(now).replace(tzinfo=UTC) if isinstance(now, str) else now
    return head


def _begin(subjects: list[str], on_conflict: str) -> None:
    """Write the heads that are not there yet. On SQLite, where nobody else writes meanwhile, no conflict is tried:
    its triggers would refuse a head in the place of another one first."""
    rows, sqlite = ", ".join(["(%s)"] * len(subjects)), connection.vendor == "sqlite"
    unborn = (
        "WHERE NOT EXISTS (SELECT 1 FROM audit_head h WHERE h.subject = column1)" if sqlite else on_conflict
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_head (subject, number, hash) SELECT column1, 0, '{GENESIS}'"  # noqa: S608
            f" FROM (VALUES {rows}) AS v {unborn}",
            subjects,
        )


def _append(records: Sequence[Record], claimed: Mapping[str, Head]) -> list[Entry]:
    subjects = {one.subject for one in records}
    locked = Head.objects.filter(subject__in=subjects - claimed.keys()).annotate(now=Now())
    heads = {**{head.subject: head for head in locked}, **claimed}
    entries = insert_rows(Entry, [_follow(heads[one.subject], one) for one in records])
    moved = [heads[subject] for subject in subjects]
    update_rows(Head, ["number", "hash"], [(head.subject, head.number, head.hash) for head in moved])
    return entries


def _follow(head: Any, one: Record) -> Entry:
    """The entry after this head, which moves on to it."""
    person, actor = _actor(one.by)
    head.number += 1
    line = write_line(
        subject=one.subject,
        number=head.number,
        event=one.event,
        by=person or actor,
        at=one.at,
        recorded_at=head.now,
        facts={name: _fact(value) for name, value in one.facts.items()},
    )
    entry = Entry(
        subject=one.subject,
        number=head.number,
        event=one.event,
        by_id=person,
        actor=actor,
        at=one.at,
        recorded_at=head.now,
        line=line,
        previous=head.hash,
        hash=chained(head.hash, line),
    )
    head.hash = entry.hash
    return entry


def _actor(by: AbstractBaseUser | str) -> tuple[int | None, str]:
    if isinstance(by, AbstractBaseUser):
        return by.pk, ""
    if by not in SYSTEM_ACTORS:
        raise ValueError(f"{by!r} is neither a person nor a system actor")
    return None, by


def _fact(value: Any) -> Any:
    return value.kept if isinstance(value, Words) else value


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
