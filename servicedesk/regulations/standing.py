"""Which value a setting has, and which it had at any moment.

Nothing is remembered between calls, so that a change holds everywhere at once. Whoever reads many settings
takes `Settings.now()` or `Settings.at(moment)`, one query each, and hands it on.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from django.db.models import OuterRef, QuerySet, Subquery

from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.models import Setting, SettingChange


class Settings:
    """All settings as they stood at one moment: `settings["S2"]` is a typed value."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self._stored = stored

    @classmethod
    def now(cls) -> Self:
        return cls(dict(Setting.objects.values_list("code", "value")))

    @classmethod
    def at(cls, moment: datetime) -> Self:
        """A change counts from its very instant on."""
        return cls({code: value_then(value, next_was) for code, value, next_was in as_of(moment)})

    def with_value(self, code: str, value: Any) -> Self:
        """The same with another value of one setting, saved nowhere."""
        return type(self)({**self._stored, code: DEFINITIONS[code].kind.store(value)})

    def __getitem__(self, code: str) -> Any:
        """The value. Raises KeyError if the code is unknown, or its value lives elsewhere (S4, S5)."""
        definition = DEFINITIONS[code]
        if not definition.lives_here:
            raise KeyError(f"{code} lives in the ladders, not in the settings.")
        return definition.kind.read(self._stored[code]) if code in self._stored else definition.default

    def words(self, code: str) -> str:
        """The value as a person would say it."""
        return DEFINITIONS[code].words(self[code])


def setting(code: str) -> Any:
    """The value as it stands now: a Span, an int, a str, a time, a MonthDay or a named tuple of these."""
    return Settings(dict(Setting.objects.filter(code=code).values_list("code", "value")))[code]


def setting_at(code: str, moment: datetime) -> Any:
    """The value that stood at `moment`; a change counts from its very instant on."""
    found = as_of(moment).filter(code=code)
    return Settings({code: value_then(value, next_was) for code, value, next_was in found})[code]


def as_of(moment: datetime) -> QuerySet:
    """Code, value now, and what the first change after `moment` replaced, if there was one."""
    later = SettingChange.objects.filter(setting=OuterRef("pk"), at__gt=moment).order_by("at")
    return Setting.objects.annotate(next_was=Subquery(later.values("was")[:1])).values_list(
        "code", "value", "next_was"
    )


def value_then(value: Any, next_was: Any) -> Any:
    return value if next_was is None else next_was  # no value of a setting is null
