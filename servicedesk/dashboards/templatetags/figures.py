"""How a figure stands in a table."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from servicedesk.dashboards.overview import Number

register = template.Library()
NOUGHT = SafeString('<span class="quiet">0</span>')


@register.simple_tag
def figure(number: Number, tone: str = "") -> SafeString:
    """A link to the rows behind it; a quiet nought where there are none."""
    if not number:
        return NOUGHT
    return format_html('<a class="dash-number {}" href="{}">{}</a>', tone, number.url, number.value)
