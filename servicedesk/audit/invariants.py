"""What must always hold, checked over live data by `manage.py audit` and every night (DESIGN 6).

An app registers its checks in a module which its `ready()` imports, and writes nothing in them. People go on working
meanwhile. What can be said of tables, `invariant` registers: such a check judges each row within one statement and reads
in batches or by iterator(). What needs timelines, `of_timelines` registers: such a check is handed some hundred of them
at a time, read once for all and as of one moment; they are walked by several processes where that is worth it, and an
increment walks only those that moved.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from multiprocessing import get_context
from time import perf_counter
from typing import Any

import django
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from .batches import in_batches
from .reading import one_moment, read_timelines
from .seals import moved_since
from .timeline import Head

logger = logging.getLogger(__name__)

EXAMPLES = 100  # violations of one check that are told in full; the others are counted
BATCH = 500  # timelines read at once
FOR_WHOLE_TABLES = {"cursor_tuple_fraction": "1", "work_mem": "64MB", "jit": "off"}
WORTH_IT = 20_000  # timelines below which further processes would take longer to start than they save


@dataclass(frozen=True)
class Violation:
    """One thing that breaks a rule: the key of its subject, and a sentence without personal text."""

    subject: str
    text: str


Check = Callable[..., Iterable[Violation]]


@dataclass(frozen=True)
class Invariant:
    """A rule and how to check it; `code` is its number in DESIGN 6, "database" for what stands below them all."""

    code: str
    title: str | Promise
    check: Check
    of_timelines: bool = False

    @property
    def name(self) -> str:
        """Tells checks of one code apart, the same in every language."""
        return f"{self.check.__module__.removeprefix('servicedesk.')}.{self.check.__name__}"


@dataclass
class Finding:
    """What one check found: how many violations, the first of them, and how many seconds it took."""

    invariant: Invariant
    violations: int = 0
    examples: list[Violation] = field(default_factory=list)
    seconds: float = 0.0

    failed: bool = False  # it could not be carried out to its end

    def take(self, violation: Violation) -> None:
        """Count it, and keep it while there is room."""
        self.violations += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(violation)

    def add(self, other: Finding) -> None:
        """Add what the same check found elsewhere."""
        self.violations += other.violations
        self.examples += other.examples[: EXAMPLES - len(self.examples)]
        self.seconds += other.seconds
        self.failed |= other.failed

    def as_json(self) -> dict:
        """For --json and the stored run."""
        return {
            "code": self.invariant.code,
            "name": self.invariant.name,
            "title": str(self.invariant.title),
            "violations": self.violations,
            "seconds": round(self.seconds, 3),
            "examples": [{"subject": one.subject, "text": one.text} for one in self.examples],
        }


_registered: dict[str, Invariant] = {}


def invariant(code: str, title: str | Promise) -> Callable[[Check], Check]:
    """Register a function that yields what violates this rule; several may check one code."""
    return _register(code, title, of_timelines=False)


def of_timelines(code: str, title: str | Promise) -> Callable[[Check], Check]:
    """Register a function that is given `reading.Timelines` and yields what in them violates this rule."""
    return _register(code, title, of_timelines=True)


def _register(code: str, title: str | Promise, *, of_timelines: bool) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        one = Invariant(code, title, check, of_timelines)
        _registered[one.name] = one
        return check

    return register


def registered() -> list[Invariant]:
    """All checks: by number, then in the order in which they were registered; unnumbered ones first."""
    return sorted(_registered.values(), key=lambda one: int(one.code) if one.code.isdecimal() else 0)


def title_of(name: str) -> str:
    """The title of a check in the reader's language; empty if there is no such check any more."""
    return str(_registered[name].title) if name in _registered else ""


def findings(*, since: date | None = None, processes: int = 1) -> Iterator[Finding]:
    """Run every check and tell what each found.

    With `since` an increment: checks of tables look at everything as ever, checks of timelines only at those that moved
    since the seal of that day. `processes` is how many may walk timelines side by side.
    """
    with _read_to_the_end():
        for one in registered():
            if not one.of_timelines:
                yield examine(one)
    yield from _walk(since, processes)


def _walk(since: date | None, processes: int) -> Iterable[Finding]:
    found = {one.name: Finding(one) for one in registered() if one.of_timelines}
    heads = Head.objects.all() if since is None else moved_since(since)
    batches = in_batches(heads.values_list("pk", flat=True), BATCH)
    if processes > 1 and not connection.in_atomic_block and Head.objects.count() >= WORTH_IT:
        seen = _seen_by_processes(batches, found, processes)
    else:
        seen = (look(subjects, _standing(found)) for subjects in batches)
    for part in seen:
        for name, finding in part.items():
            found[name].add(finding)
    return found.values()


def _standing(found: dict[str, Finding]) -> list[str]:
    return [name for name, finding in found.items() if not finding.failed]


def _seen_by_processes(
    batches: Iterable[list[str]], found: dict[str, Finding], processes: int
) -> Iterator[dict[str, Finding]]:
    """Each batch as another process sees it; a few wait at a time, so that memory stays bounded."""
    waiting: deque[Future] = deque()
    with ProcessPoolExecutor(processes, get_context("spawn"), django.setup) as pool:
        for subjects in batches:
            waiting.append(pool.submit(look, subjects, _standing(found)))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def look(subjects: list[str], names: list[str]) -> dict[str, Finding]:
    """What each of these checks finds in these timelines; reading them counts for the first one."""
    started = perf_counter()
    with one_moment():
        timelines = read_timelines(subjects)
        reading = perf_counter() - started
        seen = {name: examine(_registered[name], timelines) for name in names}
    for finding in seen.values():
        finding.seconds += reading
        break
    return seen


@contextmanager
def _read_to_the_end() -> Iterator[None]:
    """Let PostgreSQL plan for whole tables: for all rows of an iterator(), where it expects to be asked for the first tenth
    only; with memory to join them in; without compiling each statement, which takes longer than most of them."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET {name} = '{value}'" for name, value in FOR_WHOLE_TABLES.items()))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("; ".join(f"RESET {name}" for name in FOR_WHOLE_TABLES))


def examine(one: Invariant, *given: Any) -> Finding:
    """Run one check. One that fails counts as a violation: what cannot be checked does not hold."""
    finding = Finding(one)
    started = perf_counter()
    try:
        for violation in one.check(*given):
            finding.take(violation)
    except Exception as error:  # whatever it is, the other checks still run
        logger.exception("the check %s failed", one.name)
        text = _("This check could not be carried out to its end: %(error)s") % {
            "error": type(error).__name__
        }
        finding.take(Violation(one.name, text))
        finding.failed = True
    finding.seconds = perf_counter() - started
    return finding
