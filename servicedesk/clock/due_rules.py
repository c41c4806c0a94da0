"""Which due time a setting gives: the rules that can be tried for any moment before anything is saved.

An app tells here by which function it works out what it owes, so that a trial counts exactly as the desk does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from servicedesk.clock.due import Proposal, propose
from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.standing import Settings
from servicedesk.regulations.trials import offer_trial

DueFunction = Callable[[datetime, Any, Settings], Proposal]  # beginning, calendar, settings → due time

TRIED_AT = "admin:clock_ladder_try"  # the page on which rules are tried

# Limits of matters that the desk does not owe by itself yet: they are counted as any length is.
_PLAIN = ["S6", "S6a", "S7", "S8", "S8b", "S9", "S11", "S12", "S13", "S14a", "S14b", "S33", "S35"]


@dataclass(frozen=True)
class DueRule:
    """A setting by which something comes to be due; `kinds` are the kinds of deadline that may be owed then, the usual
    one first."""

    code: str
    due: DueFunction
    kinds: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What is usually owed then; empty where nothing is."""
        return next(iter(self.kinds), "")

    @property
    def title(self) -> str:
        return f"{self.code} · {DEFINITIONS[self.code].title}"


_rules: dict[str, DueRule] = {}


def due_by(code: str, due: DueFunction, *kinds: str) -> None:
    """Called in the `ready()` of the app that owes by this setting, with what it owes, the usual first."""
    _rules[code] = DueRule(code, due, kinds)
    offer_trial(code, TRIED_AT)


def offer_plain_trials() -> None:
    """Called in the `ready()` of this app."""
    for code in _PLAIN:
        offer_trial(code, TRIED_AT)


def due_rules() -> dict[str, DueRule]:
    """All rules that can be tried, in the order of the settings."""
    return {
        code: _rules.get(code) or DueRule(code, _plain(code))
        for code in DEFINITIONS
        if code in _rules or code in _PLAIN
    }


def rule_of_kind(kind: str) -> str:
    """The setting by which a kind of deadline usually comes to be due; empty where there is none."""
    return next((rule.code for rule in _rules.values() if kind in rule.kinds), "")


def _plain(code: str) -> DueFunction:
    return lambda start, calendar, standing: propose(standing[code], start, calendar, rule=code)
