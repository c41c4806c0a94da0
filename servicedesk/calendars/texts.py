"""Hours as people write them: "09:00-12:00, 13:00-16:00". Pure, no Django."""

import re
from collections.abc import Iterable
from datetime import time

from servicedesk.calendars.hours import Interval

_INTERVAL = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—~～至]\s*(\d{1,2}):(\d{2})")


def parse_hours(text: str) -> list[Interval]:
    """The intervals in a text, parted by commas or semicolons; 24:00 is midnight. ValueError if it does not read so."""
    parts = [part for part in re.split(r"[,;，；、]", text.replace("：", ":")) if part.strip()]
    return [_interval(part.strip()) for part in parts]


def format_hours(intervals: Iterable[Interval]) -> str:
    """The same as text that `parse_hours` reads."""
    return ", ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in intervals)


def _interval(text: str) -> Interval:
    match = _INTERVAL.fullmatch(text)
    if not match:
        raise ValueError("not an interval")
    hour, minute, end_hour, end_minute = map(int, match.groups())
    if (end_hour, end_minute) == (24, 0):
        end_hour = 0
    return time(hour, minute), time(end_hour, end_minute)
