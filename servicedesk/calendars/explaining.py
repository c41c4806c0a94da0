"""The steps of the arithmetic as sentences, in the reader's language."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from servicedesk.calendars.editions import Day
from servicedesk.calendars.worktime import HOLIDAY, MAKE_UP, Step

Days = Mapping[date, Day]


def describe(steps: Sequence[Step], days: Days) -> list[str]:
    """One line per working day, one per run of closed days.

    `days` are the edition's special days, for their names. Times are shown in the zone of the steps.
    """
    lines = []
    for worked, group in groupby(steps, key=lambda step: step.start is not None):
        if worked:
            lines += [_worked(step) for step in group]
        else:
            lines.append(_closed([step.date for step in group], days))
    return lines


def skipped(steps: Iterable[Step], days: Days) -> str:
    """The holidays that the steps skip, such as "1 to 7 Oct: National Day"; empty if none.

    Plain weekends are not mentioned, unless they lie inside a holiday.
    """
    runs = [
        [step.date for step in group]
        for closed, group in groupby(steps, key=lambda step: step.start is None)
        if closed
    ]
    trimmed = (_trimmed(run, days) for run in runs)
    return _("; ").join(_closed(run, days) for run in trimmed if run)


def month_and_day(day: date) -> str:
    """A date without its year."""
    return date_format(day, "MONTH_DAY_FORMAT")


def date_range(first: date, last: date) -> str:
    """Two dates without their year, or one; the month is said once."""
    if first == last:
        return month_and_day(first)
    if (first.year, first.month) == (last.year, last.month):
        start = date_format(first, "MONTH_RANGE_FIRST_FORMAT")
        end = date_format(last, "MONTH_RANGE_LAST_FORMAT")
    else:
        start, end = month_and_day(first), month_and_day(last)
    return _("%(first)s to %(last)s") % {"first": start, "last": end}


def duration(span: timedelta) -> str:
    """Hours and minutes in words; less than a minute is not shown."""
    hours, minutes = divmod(span // timedelta(minutes=1), 60)
    if hours and minutes:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if hours:
        return _("%(hours)d h") % {"hours": hours}
    return _("%(minutes)d min") % {"minutes": minutes}


def name_of(day: date, days: Days) -> str:
    """What a special day is called in the reader's language."""
    return days[day].name(get_language() or "en") if day in days else ""


def _worked(step: Step) -> str:
    facts = {
        "day": month_and_day(step.date),
        "start": f"{step.start:%H:%M}",
        "end": f"{step.end:%H:%M}",
        "spent": duration(step.spent),
    }
    if step.kind == MAKE_UP and step.spent:
        return _("%(day)s, make-up working day: %(start)s to %(end)s, %(spent)s") % facts
    if step.spent:
        return _("%(day)s: %(start)s to %(end)s, %(spent)s") % facts
    if step.start == step.end:
        return _("%(day)s: from %(start)s") % facts
    if step.kind == MAKE_UP:
        return _("%(day)s: make-up working day, until %(end)s") % facts
    return _("%(day)s: working day, until %(end)s") % facts


def _closed(run: list[date], days: Days) -> str:
    names = [name_of(day, days) for day in run if day in days and days[day].kind == HOLIDAY]
    if not names:
        names = [name_of(day, days) for day in run if day in days]
    reason = _(", ").join(dict.fromkeys(filter(None, names))) or _("non-working day")
    return _("%(days)s: %(reason)s") % {"days": date_range(run[0], run[-1]), "reason": reason}


def _trimmed(run: list[date], days: Days) -> list[date]:
    """The run without plain weekends before its first and after its last special day."""
    special = [i for i, day in enumerate(run) if day in days]
    return run[special[0] : special[-1] + 1] if special else []
