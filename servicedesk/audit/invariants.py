"""What must always hold, checked over live data by `manage.py audit` and every night (DESIGN 6).

An app registers its checks in a module which its `ready()` imports. People go on working meanwhile, so a check
judges each row within one statement, reads in batches or by iterator(), and writes nothing.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

EXAMPLES = 100  # violations of one check that are told in full; the others are counted


@dataclass(frozen=True)
class Violation:
    """One thing that breaks a rule: the key of its subject, and a sentence without personal text."""

    subject: str
    text: str


Check = Callable[[], Iterable[Violation]]


@dataclass(frozen=True)
class Invariant:
    """A rule and how to check it; `code` is its number in DESIGN 6, "database" for what stands below them all."""

    code: str
    title: str | Promise
    check: Check

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

    def take(self, violation: Violation) -> None:
        """Count it, and keep it while there is room."""
        self.violations += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(violation)

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

    def register(check: Check) -> Check:
        one = Invariant(code, title, check)
        _registered[one.name] = one
        return check

    return register


def registered() -> list[Invariant]:
    """All checks: by number, then in the order in which they were registered; unnumbered ones first."""
    return sorted(_registered.values(), key=lambda one: int(one.code) if one.code.isdecimal() else 0)


def title_of(name: str) -> str:
    """The title of a check in the reader's language; empty if there is no such check any more."""
    return str(_registered[name].title) if name in _registered else ""


def findings() -> Iterator[Finding]:
    """Run every check, one after the other, and tell what each found."""
    with _read_to_the_end():
        for one in registered():
            yield examine(one)


@contextmanager
def _read_to_the_end() -> Iterator[None]:
    """Let PostgreSQL plan an iterator() for all of its rows; it expects to be asked for the first tenth only."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET cursor_tuple_fraction = 1")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET cursor_tuple_fraction")


def examine(one: Invariant) -> Finding:
    """Run one check. One that fails counts as a violation: what cannot be checked does not hold."""
    finding = Finding(one)
    started = perf_counter()
    try:
        for violation in one.check():
            finding.take(violation)
    except Exception as error:  # whatever it is, the other checks still run
        logger.exception("the check %s failed", one.name)
        text = _("This check could not be carried out to its end: %(error)s") % {
            "error": type(error).__name__
        }
        finding.take(Violation(one.name, text))
    finding.seconds = perf_counter() - started
    return finding
