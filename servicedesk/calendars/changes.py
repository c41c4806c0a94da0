"""What one frozen version changed against the one before it, as sentences."""

from collections.abc import Iterable

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from servicedesk.calendars.models import DayRule


def changes(new: dict, old: dict | None) -> list[str]:
    """Zone, hours, days and holiday lists that differ between two contents; the first version says so."""
    if old is None:
        return [_("first version")]
    return [
        *_changed(_("time zone"), old["timezone"], new["timezone"]),
        *_changed_hours(old["weekly"], new["weekly"]),
        *_changed_each(_by_date(old), _by_date(new)),
        *_changed_each(_by_year(old), _by_year(new)),
    ]


def _changed_hours(old: dict, new: dict) -> Iterable[str]:
    for number, name in WEEKDAYS.items():
        yield from _changed(str(name), _hours(old.get(str(number))), _hours(new.get(str(number))))


def _changed_each(old: dict[str, str], new: dict[str, str]) -> Iterable[str]:
    for key in sorted(old.keys() | new.keys()):
        yield from _changed(key, old.get(key, "–"), new.get(key, "–"))


def _changed(what: str, old: str, new: str) -> list[str]:
    return [] if old == new else [_("%(what)s: %(old)s → %(new)s") % {"what": what, "old": old, "new": new}]


def _hours(intervals: list[list[str]] | None) -> str:
    return ", ".join(f"{opens[:5]}–{closes[:5]}" for opens, closes in intervals or []) or _("no hours")


def _by_date(content: dict) -> dict[str, str]:
    kinds = dict(DayRule.Kind.choices)
    return {row["date"]: " ".join(_words(row, kinds)) for row in content["days"]}


def _words(row: dict, kinds: dict) -> Iterable[str]:
    yield str(kinds[row["kind"]])
    if row["hours"]:
        yield _hours(row["hours"])


def _by_year(content: dict) -> dict[str, str]:
    return {
        f"{row['region']} {row['year']}": _("list %(number)d, provisional") % row
        if row["provisional"]
        else _("list %(number)d") % row
        for row in content["sources"]
    }
