"""The forms in which a ladder is changed: what they refuse, they refuse before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet, inlineformset_factory
from django.utils.html import format_html
from django.utils.translation import gettext as _

from servicedesk.clock.ladders import STEP, refused_position
from servicedesk.clock.models import Ladder, Rung
from servicedesk.shipped import ShippedForm
from servicedesk.staff.unheld import unheld


class RungFormSet(BaseInlineFormSet):
    """The steps of a ladder as they shall be; they are written as a new version, never over the old one."""

    def clean(self) -> None:
        super().clean()
        steps = self.steps()
        if not steps:
            raise ValidationError(_("A ladder needs at least one step."))
        self._refuse_unheld(steps)

    def _refuse_unheld(self, steps: list[dict]) -> None:
        """A step for a position that nobody holds is marked where it stands, with the page that fills it."""
        where = unheld(step["position"] for step in steps)
        for form in self.forms:
            position = getattr(form, "cleaned_data", {}).get("position")
            if position in where and not form.cleaned_data.get("DELETE"):
                fill = format_html(' <a href="{}">{}</a>', where[position], _("Fill it first"))
                form.add_error("position", format_html("{}{}", refused_position(position), fill))

    def steps(self) -> list[dict]:
        """What stands in the form, in the order of the numbers, without the deleted ones."""
        filled = [form.cleaned_data for form in self.forms if getattr(form, "cleaned_data", None)]
        kept = [data for data in filled if not data.get("DELETE") and data.get("position")]
        return sorted(kept, key=lambda data: data.get("number") or 0)

    def validate_unique(self) -> None:
        """Numbers are given anew on saving, so that two alike are no mistake."""


class RungInline(admin.TabularInline):
    model = Rung
    formset = RungFormSet
    extra = 1
    fields = ["number", *STEP]


class LadderForm(ShippedForm):
    class Meta:
        model = Ladder
        fields = ["name", "never_waits"]

    def validate_unique(self) -> None:
        """A new version is written; the old one keeps its number."""


StepForms = inlineformset_factory(
    Ladder, Rung, formset=RungFormSet, fields=["number", *STEP], extra=0, can_delete=True
)


def entered(ladder: Ladder, data: Mapping[str, Any]) -> tuple[LadderForm, RungFormSet]:
    """The forms of the ladder's page filled with what stands on it, to be tried without saving."""
    steps: Any = StepForms(data, instance=ladder, prefix="rungs")
    return LadderForm(data, instance=ladder), steps
