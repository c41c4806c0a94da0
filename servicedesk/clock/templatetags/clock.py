"""Words for what is owed, in pages and messages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django import template

from servicedesk.clock import describing, kinds
from servicedesk.staff.holdings import day_text, holding_from, position_name, reason_text

if TYPE_CHECKING:
    from servicedesk.clock.describing import Description
    from servicedesk.clock.models import Deadline

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
def may_open(deadline: Deadline, about: Description | None) -> bool:
    """Whether the reader finds the page of what is owed; `about` is its description."""
    return describing.may_open(deadline.subject, about)


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
