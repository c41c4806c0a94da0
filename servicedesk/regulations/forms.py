"""Typed fields for the values of settings."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext_lazy as _

from servicedesk.regulations.definitions import Definition
from servicedesk.regulations.kinds import (
    Choice,
    DayOfYear,
    Kind,
    Length,
    MonthDay,
    Number,
    Parts,
    TimeOfDay,
    Weekday,
)
from servicedesk.regulations.span import UNITS, Span

LARGEST_AMOUNT = 9_999
WHOLE = "value"  # the field of a setting that has no parts


class PairWidget(forms.MultiWidget):
    """Two inputs side by side, each with a name of its own for screen readers."""

    def __init__(self, widgets: list[forms.Widget], labels: tuple[Any, Any]) -> None:
        super().__init__(widgets)
        for widget, label in zip(self.widgets, labels, strict=True):
            widget.attrs["aria-label"] = label

    def decompress(self, value: Any) -> list:
        return [None, None] if value is None else list(value)


class SpanField(forms.MultiValueField):
    """An amount and a unit."""

    def __init__(self, units: tuple[str, ...], **options: Any) -> None:
        amount = forms.IntegerField(min_value=0, max_value=LARGEST_AMOUNT)
        unit = forms.ChoiceField(choices=[(unit, label) for unit, label in UNITS if unit in units])
        widget = PairWidget([amount.widget, unit.widget], (_("amount"), _("unit")))
        super().__init__([amount, unit], widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:
        return [value.amount, value.unit] if isinstance(value, Span) else value

    def compress(self, data_list: list) -> Span | None:
        return Span(*data_list) if data_list else None


class DayOfYearField(forms.MultiValueField):
    """A month and a day."""

    def __init__(self, **options: Any) -> None:
        month = forms.TypedChoiceField(choices=list(MONTHS.items()), coerce=int)
        day = forms.IntegerField(min_value=1, max_value=31)
        widget = PairWidget([month.widget, day.widget], (_("month"), _("day of the month")))
        super().__init__([month, day], widget=widget, **options)

    def compress(self, data_list: list) -> MonthDay | None:
        return MonthDay(*data_list) if data_list else None


def field_for(kind: Kind, label: Any) -> forms.Field:
    """The field in which a value of this kind is entered; it refuses what the kind refuses."""
    options: dict[str, Any] = {"label": label, "validators": [kind.check]}
    match kind:
        case Length():
            return SpanField(kind.units, **options)
        case Number():
            return forms.IntegerField(min_value=kind.least, max_value=kind.most, **options)
        case TimeOfDay():
            widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
            return forms.TimeField(widget=widget, input_formats=["%H:%M"], **options)
        case Weekday():
            return forms.TypedChoiceField(choices=list(WEEKDAYS.items()), coerce=int, label=label)
        case DayOfYear():
            return DayOfYearField(**options)
        case Choice():
            return forms.ChoiceField(choices=list(kind.options.items()), widget=forms.RadioSelect, **options)
    raise TypeError(f"No field enters a {type(kind).__name__}.")


class DecisionForm(forms.Form):
    """What is said about a question that people decide, as it comes from its page."""

    question = forms.CharField(max_length=40)
    words = forms.CharField(max_length=2000, required=False)


class SettingForm(forms.Form):
    """The value of one setting, and why it changes; `seen` is the value that the page showed."""

    reason = forms.CharField(
        label=_("reason"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("Kept with the change."),
    )
    seen = forms.JSONField(widget=forms.HiddenInput)

    def __init__(self, definition: Definition, value: Any, **options: Any) -> None:
        kind = definition.kind
        initial = {"seen": kind.store(value)}
        initial |= (
            {name: getattr(value, name) for name in kind.parts} if isinstance(kind, Parts) else {WHOLE: value}
        )
        super().__init__(initial=initial, **options)
        self.kind = kind
        parts = kind.parts if isinstance(kind, Parts) else {WHOLE: (_("value"), kind)}
        for name, (label, part) in parts.items():
            self.fields[name] = field_for(part, label)
        self.order_fields([*parts, "reason", "seen"])

    def clean_seen(self) -> Any:
        try:
            return self.kind.read(self.cleaned_data["seen"])
        except (KeyError, TypeError, ValueError):
            raise ValidationError(_("The page was damaged on its way. Open it again.")) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            cleaned["new_value"] = self.entered(cleaned)
            self.kind.check(cleaned["new_value"])
        return cleaned

    def entered(self, cleaned: dict[str, Any]) -> Any:
        if isinstance(self.kind, Parts):
            return self.kind.make(**{name: cleaned[name] for name in self.kind.parts})
        return cleaned[WHOLE]
