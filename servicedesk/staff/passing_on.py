"""What somebody who goes leaves behind, and who has it next; the apps above register what they know (CASES f)."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from django.db import transaction

if TYPE_CHECKING:
    from servicedesk.staff.models import User
    from servicedesk.staff.organisation import Organisation

T = TypeVar("T")
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Left:
    """One kind of thing that a person owes: how many, who has how many of them next, and how many nobody can have."""

    what: str
    count: int
    heirs: Mapping[str, int] = field(default_factory=dict)
    stays: int = 0
    note: str = ""

    @classmethod
    def to(
        cls, heirs: Counter[int | None], organisation: Organisation, *, what: str, note: str = ""
    ) -> Left | None:
        """From a count by heir, in which None is nobody; None where nothing is left behind."""
        if not heirs:
            return None
        named = {organisation.people[pk].name: n for pk, n in heirs.most_common() if pk}
        return cls(what, heirs.total(), named, stays=heirs[None], note=note)


@dataclass(frozen=True)
class Kind:
    """How things of one kind pass on, and what there is of them.

    `pass_on(user, *, by, at)` gives all of them to others in the caller's transaction and returns how many stay,
    because nobody is left to have them. `left_by(user, *, at)` changes nothing; None where there is nothing.
    """

    pass_on: Callable[..., int]
    left_by: Callable[..., Left | None]


@dataclass(frozen=True)
class Matters:
    """Rows that are locked before a person is: `theirs(user)` are the ids of those on which the person owes something,
    `hold(ids)` locks them in the caller's transaction."""

    theirs: Callable[[User], set[int]]
    hold: Callable[[Collection[int]], None]


_kinds: list[Kind] = []
_matters: list[Matters] = []


def on_leaving(pass_on: Callable[..., int], left_by: Callable[..., Left | None]) -> None:
    """Let what one app knows pass on when its owner goes; the same twice is registered once."""
    if (kind := Kind(pass_on, left_by)) not in _kinds:
        _kinds.append(kind)


def hold_first(theirs: Callable[[User], set[int]], hold: Callable[[Collection[int]], None]) -> None:
    """Let matters of one app be locked before their owner goes; the same twice is registered once."""
    if (matters := Matters(theirs, hold)) not in _matters:
        _matters.append(matters)


def with_matters_held(user: User, then: Callable[[], T]) -> T:
    """What `then` returns, which locks the person: after all matters on which that person owes something.

    Everybody else locks a matter, then the person to whom they give it. In the other order two acts could wait for each
    other. What came meanwhile is held as well: the person is let go for that, and the turn begins anew.
    """
    held = [matters.theirs(user) for matters in _matters]
    while True:
        with transaction.atomic():
            for matters, ids in zip(_matters, held, strict=True):
                matters.hold(ids)
            found = then()
            more = [matters.theirs(user) - ids for matters, ids in zip(_matters, held, strict=True)]
            if not any(more):
                return found
            transaction.set_rollback(True)
        held = [ids | new for ids, new in zip(held, more, strict=True)]


def left_by(user: User, *, at: datetime) -> list[Left]:
    """All that a person would leave behind now."""
    return [left for kind in _kinds if (left := kind.left_by(user, at=at))]


def pass_on_all(user: User, *, by: User | str, at: datetime) -> int:
    """Pass on whatever a person owes, in the caller's transaction. Returns how many things stay."""
    return sum(kind.pass_on(user, by=by, at=at) for kind in _kinds)


def pass_on_what_can(user: User, *, by: User | str, at: datetime) -> int:
    """The same, but a kind that fails holds nothing up: it is logged, and what belongs to it stays with the person."""
    stays = 0
    for kind in _kinds:
        try:
            with transaction.atomic():
                stays += kind.pass_on(user, by=by, at=at)
        except Exception:
            logger.exception("what a leaver owes does not pass on", extra={"person": user.pk})
            stays += 1
    return stays
