"""Builders for tests."""

from datetime import UTC, datetime
from typing import Any

from servicedesk.regulations.changing import change
from servicedesk.regulations.models import SettingChange

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def set_setting(code: str, value: Any, *, at: datetime = LONG_AGO) -> SettingChange | None:
    """Let a setting have another value, for tests of what reads it."""
    return change(code, value, by=None, at=at)
