"""Words for what is owed, in pages and messages."""

from datetime import datetime

from django import template

from servicedesk.clock import kinds
from servicedesk.staff.holdings import day_text, holding_from, position_name, reason_text

register = template.Library()


@register.filter
def kind_name(code: str) -> str:
    """What a kind of deadline is called."""
    return kinds.kind_name(code)


@register.filter
def kind_act(code: str) -> str:
    """The word on the button that leads to what settles it."""
    return kinds.kind_act(code)


@register.filter
def kind_clauses(code: str) -> list[str]:
    """The clauses that demand what is owed."""
    return kinds.kind_clauses(code)


@register.filter
def day_words(moment: datetime | None) -> str:
    """The end of an absence, short: its last day, or day and time; empty where it is open."""
    return day_text(moment) if moment else ""


@register.filter
def position_words(code: str) -> str:
    """What a position is called."""
    return position_name(code)


@register.filter
def reason_words(reason: dict) -> str:
    """Why this person was told, such as "deputy for Li, on leave until 3 May"; empty where it needs no saying."""
    return reason_text(holding_from(reason)) if reason and reason["reason"] != "holds" else ""
