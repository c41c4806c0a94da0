"""What a setting changes, for whom and from when, told here by the apps that read it.

A setting that no app has told anything about changes nothing yet, and its page says so.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from servicedesk.regulations.catalogue import DEFINITIONS

# From when
OWED_FROM_THEN_ON = _(
    "From the moment of saving, for what comes to be owed then. What is already owed keeps its time."
)
SHOWN_FROM_THEN_ON = _("From the moment of saving, wherever it is shown. No due time depends on it.")


@dataclass(frozen=True)
class Effect:
    """One thing that a setting changes: for whom, what, and from when."""

    whom: Any
    words: Any
    since: Any


_told: dict[str, list[Effect]] = {}


def affects(code: str, whom: Any, words: Any, *, since: Any = OWED_FROM_THEN_ON) -> None:
    """Called in the `ready()` of the app that reads the setting."""
    if not DEFINITIONS[code].lives_here:
        raise ValueError(f"{code} lives elsewhere; its page says what it does.")
    _told.setdefault(code, []).append(Effect(whom, words, since))


def effects_of(code: str) -> list[Effect]:
    """Everything that this setting changes; empty while nothing reads it."""
    return _told.get(code, [])


def read_settings() -> set[str]:
    """The settings that change something."""
    return set(_told)
