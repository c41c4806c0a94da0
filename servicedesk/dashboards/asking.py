"""What an address asks the dashboard for: period, comparison, department; and for rows: whose, and how old."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.dashboards.units import Units
from servicedesk.reports.backlog import BANDS
from servicedesk.reports.measures import Cut
from servicedesk.reports.period import FIRST, LAST, Against, Kind, Period, today

if TYPE_CHECKING:
    from django.http import QueryDict

    from servicedesk.reports.reach import Reach

LONGEST = 400  # days of a period of one's own
DAYS = [MinValueValidator(FIRST + timedelta(days=2 * LONGEST)), MaxValueValidator(LAST)]
KINDS = [
    (Kind.WEEK, gettext_lazy("week")),
    (Kind.MONTH, gettext_lazy("month")),
    (Kind.QUARTER, gettext_lazy("quarter")),
    (Kind.CUSTOM, gettext_lazy("from … to")),
]
COMPARED = [
    (Against.BEFORE, gettext_lazy("with the period before")),
    (Against.YEAR, gettext_lazy("with a year before")),
    (Against.NOTHING, gettext_lazy("with nothing")),
]


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(
        label=label, required=False, widget=widget, validators=DAYS, input_formats=["%Y-%m-%d"]
    )


def _capital(choices: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [(code, capfirst(str(label))) for code, label in choices]


class AskedForm(forms.Form):
    """Everything an address may say; choices are fixed or from rows, so that nothing else gets through."""

    period = forms.ChoiceField(label=gettext_lazy("period"), required=False)
    day = _day(gettext_lazy("day"))
    start = _day(gettext_lazy("from"))
    end = _day(gettext_lazy("to"))
    against = forms.ChoiceField(label=gettext_lazy("compared"), required=False)
    department = forms.ChoiceField(label=gettext_lazy("department"), required=False)
    unit = forms.ChoiceField(label=gettext_lazy("department"), required=False, widget=forms.HiddenInput)
    owner = forms.IntegerField(
        label=gettext_lazy("current owner"), required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )  # fmt: skip
    band = forms.TypedChoiceField(
        label=gettext_lazy("age"), required=False, coerce=int, empty_value=None, widget=forms.HiddenInput,
        choices=[(str(band), str(band)) for band in BANDS],
    )  # fmt: skip

    def __init__(self, *args: Any, units: Units, **kwargs: Any) -> None:
        kwargs["auto_id"] = "asked-%s"
        super().__init__(*args, **kwargs)
        offered = {
            "period": _capital(KINDS),
            "against": _capital(COMPARED),
            "department": [("", capfirst(_("all departments"))), *units.choices()],
            "unit": units.choices(),
        }
        for name, choices in offered.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        for name in ("period", "start", "end", "against", "department"):
            self.fields[name].widget.attrs["aria-label"] = capfirst(str(self.fields[name].label))


class Asked:
    """Valid values by name; `left_out` names those that were none, `problem` says why a period is not the one asked for."""

    def __init__(self, query: QueryDict, reach: Reach, *, at: datetime) -> None:
        self.at, self.units = at, Units(reach)
        given = AskedForm(query, units=self.units)
        given.is_valid()
        self.given = {name: value for name, value in given.cleaned_data.items() if value not in ("", None)}
        self.left_out = sorted({str(given.fields[name].label) for name in given.errors})
        self.problem = ""
        self.against = Against(self.given.get("against", Against.BEFORE))
        self.period = self._period()

    def _period(self) -> Period:
        kind = Kind(self.given.get("period", Kind.WEEK))
        if kind != Kind.CUSTOM:
            return Period.around(kind, self.given.get("day", today(self.at)))
        first, last = self.given.get("start"), self.given.get("end")
        if first is None or last is None:
            self.problem = _("A period of one's own needs its first and its last day. Shown is this week.")
        elif first > last:
            self.problem = _("The first day lies after the last one. Shown is this week.")
        elif last - first >= timedelta(days=LONGEST):
            self.problem = _("A period spans at most %(days)s days. Shown is this week.") % {"days": LONGEST}
        else:
            return Period(kind, first, last)
        for name in ("period", "start", "end"):
            self.given.pop(name, None)
        return Period.around(Kind.WEEK, today(self.at))

    @cached_property
    def reach(self) -> Reach:
        """What the figures of the page speak of: all the reader may see, or a department with all below it."""
        pk = self.given.get("department")
        return self.units.reach.within(self.units.below(int(pk))) if pk else self.units.reach

    @property
    def cut(self) -> Cut:
        """What a page of rows speaks of; a unit is one department alone."""
        unit = self.given.get("unit")
        reach = self.reach.within({int(unit)}) if unit else self.reach
        return Cut(reach, self.at, self.period, owner=self.given.get("owner"), band=self.given.get("band"))

    @property
    def compared(self) -> Period | None:
        return self.period.compared(self.against)

    def form(self) -> AskedForm:
        """The choices as they are in force, to be shown."""
        shown = {
            "period": self.period.kind,
            "against": self.against,
            "start": self.period.first,
            "end": self.period.last,
            "department": self.given.get("department", ""),
        }
        return AskedForm(initial=shown, units=self.units)

    # Addresses

    def address(self, **changes: Any) -> str:
        """The query of this page in its shortest form, with something else in it; None takes a part out."""
        kept = {
            name: self.given.get(name) for name in ("period", "day", "start", "end", "against", "department")
        }
        if self.period.kind == Kind.WEEK:
            kept.pop("period")
        kept = {name: value for name, value in (kept | changes).items() if value not in (None, "")}
        return "?" + urlencode({name: _written(value) for name, value in kept.items()})

    def around(self, kind: Kind) -> str:
        """The address of another kind of period, about the same days."""
        if kind == Kind.CUSTOM:
            return self.address(period=kind, day=None, start=self.period.first, end=self.period.last)
        current = self.period.first <= today(self.at) <= self.period.last
        day = None if current else self.period.first
        return self.address(period=None if kind == Kind.WEEK else kind, day=day, start=None, end=None)

    def moved(self, period: Period) -> str:
        """The address of a period of the same kind."""
        if period.kind == Kind.CUSTOM:
            return self.address(start=period.first, end=period.last)
        current = period.first <= today(self.at) <= period.last
        return self.address(day=None if current else period.first)

    def rows(self, measure: str, period: Period | None = None, **cut: Any) -> str:
        """Where the rows behind a figure stand; of another period, if it is one."""
        if period and period != self.period:
            cut |= {"period": Kind.CUSTOM, "day": None, "start": period.first, "end": period.last}
        return reverse("dashboards:rows", args=[measure]) + self.address(**cut)


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
