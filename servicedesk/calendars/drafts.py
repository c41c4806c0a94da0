"""A calendar as it stands in its form and nowhere else, so that it can be tried before it is saved."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import modelform_factory
from django.forms.models import BaseInlineFormSet, ModelForm, inlineformset_factory
from django.utils.translation import gettext as _

from servicedesk.calendars.editions import Edition, edition
from servicedesk.calendars.hours import Interval
from servicedesk.calendars.models import Calendar, OpeningHours
from servicedesk.calendars.publishing import content_of
from servicedesk.shipped import ShippedForm


class OpeningHoursFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        """A calendar that never opens is refused."""
        super().clean()
        filled = [form for form in self.forms if form.has_changed() or form.instance.pk]
        if all(form in self.deleted_forms for form in filled):
            raise ValidationError(_("A calendar needs opening hours on at least one weekday."))

    def weekly(self) -> dict[int, list[Interval]]:
        """The hours that a valid form holds, without the deleted ones."""
        found: dict[int, list[Interval]] = {}
        for form in self.forms:
            row = form.cleaned_data
            if row.get("weekday") is not None and not row.get("DELETE"):
                found.setdefault(row["weekday"], []).append((row["opens"], row["closes"]))
        return found


CalendarForm = modelform_factory(Calendar, form=ShippedForm, fields=["name", "timezone", "region"])
HoursForms = inlineformset_factory(
    Calendar,
    OpeningHours,
    formset=OpeningHoursFormSet,
    fields=["weekday", "opens", "closes"],
    extra=0,
    can_delete=True,
)


def entered(calendar: Calendar | None, data: Mapping[str, Any]) -> tuple[ModelForm, OpeningHoursFormSet]:
    """The forms of a calendar's page filled with what stands on it; no calendar means a new one."""
    found = calendar or Calendar()
    hours: Any = HoursForms(data, instance=found, prefix="hours")
    return CalendarForm(data, instance=found), hours


def edition_of(form: ModelForm, hours: OpeningHoursFormSet) -> Edition:
    """What these valid forms would freeze on saving. Raises ValidationError as `publish` does."""
    return edition(content_of(form.cleaned_data["timezone"], hours.weekly(), form.cleaned_data["region"]))
