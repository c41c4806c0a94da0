"""Saying in words why something is due when it is (DESIGN 4): from the stored derivation, never from today's settings."""

from __future__ import annotations

from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from servicedesk.calendars.explaining import skipped
from servicedesk.calendars.models import Calendar
from servicedesk.calendars.worktime import Step
from servicedesk.clock.due import WISH
from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.span import Span

if TYPE_CHECKING:
    from servicedesk.calendars.editions import Edition


def explain(derivation: dict, edition: Edition | None = None) -> list[str]:
    """Why a due time is what it is, one short sentence a reason, in the reader's language and zone.

    For instance ["1 working day (S2a) from 30 Sep 16:00", "1–7 Oct: National Day"]. Empty for no derivation.
    `edition` is the calendar's where it is not a frozen version yet.
    """
    if not derivation:
        return []
    start = date_format(timezone.localtime(datetime.fromisoformat(derivation["from"])), "DATETIME_FORMAT")
    parts = {"rule": derivation["rule"], "start": start}
    if derivation["rule"] == WISH:
        reasons = [_("Chosen on %(start)s, as the customer wished") % parts]
    elif derivation["span"]:
        parts["span"] = str(Span(*derivation["span"]))
        reasons = [_("%(span)s (%(rule)s) from %(start)s") % parts]
    else:
        reasons = [
            _("Chosen on %(start)s, within %(rule)s") % (parts | {"rule": rule_in_words(parts["rule"])})
        ]
    if over_from := derivation.get("over_from"):
        begun = date_format(timezone.localtime(datetime.fromisoformat(over_from)), "DATETIME_FORMAT")
        reasons.append(_("counted from the entry, because from %(start)s on it was over") % {"start": begun})
    if moved_from := derivation.get("moved_from"):
        closed = date_format(date.fromisoformat(moved_from), "MONTH_DAY_FORMAT")
        reasons.append(_("moved on from %(day)s, on which nobody works") % {"day": closed})
    return [*reasons, *filter(None, [closed_spells(derivation, edition)])]


def rule_in_words(code: str) -> str:
    """A setting by its title and code: "Longest first promise (S2)"; any other rule by its code."""
    return f"{DEFINITIONS[code].title} ({code})" if code in DEFINITIONS else code


def closed_spells(derivation: dict, edition: Edition | None = None) -> str:
    """The closed days on the way, spells of one name together: "1–7 Oct: National Day"; empty if there were none."""
    days = [date.fromisoformat(day) for day in derivation["skipped"]]
    if not days:
        return ""
    if edition is None:
        edition = Calendar.objects.get(pk=derivation["calendar"]).edition(derivation["version"])
    spells = (
        skipped([Step(day, edition.work.kind(day)) for day in run], edition.days) for run in _runs(days)
    )
    return _("; ").join(filter(None, spells))


def _runs(days: list[date]) -> list[list[date]]:
    """Consecutive days together."""
    numbered = groupby(enumerate(days), key=lambda pair: pair[1].toordinal() - pair[0])
    return [[day for _number, day in run] for _start, run in numbered]
