"""Lists of very many choices, such as everybody who works here."""

from collections.abc import Iterable
from html import escape
from typing import Any

from django import forms
from django.utils.safestring import mark_safe


class LongSelect(forms.Select):
    """A list whose choices are drawn in one go: by templates of their own a thousand cost more than the rest of a page.

    Choices are pairs in no groups, taken as they are given.
    """

    template_name = "django/forms/widgets/long_select.html"
    choices: Iterable[tuple[Any, Any]] = ()  # in place of a property that looks into every single one

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = forms.Widget.get_context(self, name, value, attrs)
        chosen = set(self.format_value(value))
        drawn = [
            f'\n  <option value="{escape(str(key))}"{" selected" if str(key) in chosen else ""}>{escape(str(label))}</option>'
            for key, label in self.choices
        ]
        context["widget"]["options"] = mark_safe("".join(drawn))  # noqa: S308  escaped part by part
        return context


def _take(field: Any, choices: Iterable[tuple[Any, Any]]) -> None:
    field._choices = field.widget.choices = choices


class LongChoiceField(forms.ChoiceField):
    """One of very many fixed choices."""

    widget = LongSelect
    choices = property(lambda field: field._choices, _take)


class LongModelChoiceField(forms.ModelChoiceField):
    """One of very many rows, drawn from choices that were read before."""

    widget = LongSelect
    choices = property(
        lambda field: field._choices if hasattr(field, "_choices") else field.iterator(field), _take
    )
