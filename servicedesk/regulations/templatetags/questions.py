"""For the page of open questions."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def of_code(history: dict[str, list[Any]], code: str) -> list[Any]:
    """The records of one question, newest first."""
    return history.get(code, [])
