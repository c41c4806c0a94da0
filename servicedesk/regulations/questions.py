"""What each organisation must decide for itself (REGULATIONS, Appendix E), and whether it has.

An app registers here the questions that concern what it does. Most are judged from the data: `judge` yields what is
still missing. What no data can tell is decided by people, and the decision is on record (`deciding.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from servicedesk.regulations.models import Decision

APPENDIX_E = range(1, 11)  # the numbers of its questions


@dataclass(frozen=True)
class Gap:
    """One thing that is missing, and the page where it is given."""

    words: str
    url: str = ""


@dataclass(frozen=True)
class Question:
    """One question; `number` is that of Appendix E, 0 for what the desk needs besides.

    `judge` is handed the present moment. A question without it is answered by a decision.
    """

    code: str
    words: Any
    clauses: str = ""
    number: int = 0
    judge: Callable[[datetime], Iterable[Gap]] | None = None
    help: Any = ""

    @property
    def is_judged(self) -> bool:
        """Whether the data tell; else people decide."""
        return self.judge is not None

    @property
    def clause_ids(self) -> list[str]:
        return self.clauses.split()


@dataclass(frozen=True)
class Standing:
    """How a question stands: what is missing, or what was decided by whom and when."""

    question: Question
    gaps: list[Gap] = field(default_factory=list)
    decision: Decision | None = None

    @property
    def answered(self) -> bool:
        if self.question.judge:
            return not self.gaps
        return self.decision is not None and self.decision.decided


_questions: dict[str, Question] = {}


def ask(question: Question) -> None:
    """Called in the `ready()` of the app that the question concerns."""
    _questions[question.code] = question


def question_of(code: str) -> Question | None:
    return _questions.get(code)


def standings(at: datetime) -> list[Standing]:
    """Every question as it stands, by its number in Appendix E; what is asked besides comes last."""
    latest = {row.question: row for row in Decision.objects.select_related("by").order_by("at", "pk")}
    ordered = sorted(_questions.values(), key=lambda one: (one.number or len(APPENDIX_E) + 1, one.code))
    return [
        Standing(one, list(one.judge(at)) if one.judge else [], None if one.judge else latest.get(one.code))
        for one in ordered
    ]


def open_questions(at: datetime) -> int:
    """How many are not answered."""
    return sum(not one.answered for one in standings(at))


def not_asked_yet() -> list[int]:
    """The questions of Appendix E that concern no part of the desk that stands."""
    asked = {one.number for one in _questions.values()}
    return [number for number in APPENDIX_E if number not in asked]
