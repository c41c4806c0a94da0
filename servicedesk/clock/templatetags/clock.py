"""Words for what is owed, in pages and messages."""

from django import template

from servicedesk.clock import kinds
from servicedesk.staff.holdings import holding_from, position_name, reason_text

register = template.Library()


@register.filter
def kind_name(code: str) -> str:
    """What a kind of deadline is called."""
    return kinds.kind_name(code)


@register.filter
def position_words(code: str) -> str:
    """What a position is called."""
    return position_name(code)


@register.filter
def reason_words(reason: dict) -> str:
    """Why this person was told, such as "deputy for Li, on leave until 3 May"; empty where it needs no saying."""
    return reason_text(holding_from(reason)) if reason and reason["reason"] != "holds" else ""
