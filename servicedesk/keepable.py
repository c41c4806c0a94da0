"""Which characters no text of the desk holds, wherever it comes from: a form, an address, a cookie, a file (SECURITY 9).

Never kept: NUL and other controls but tab and line ends, halves of surrogate pairs, what is no character, and signs of
direction that would turn round what stands behind the text. Letters and signs of every script stay as they are.
"""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

MARK = "\ufffd"  # stands for a character that was lost; programs write it too, so that it is not kept either
UNKEEPABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e\ud800-\udfff\ufffd-\uffff]")
DIRECTION = re.compile("[\u202a-\u202d\u2066-\u2069]")
SUSPECT = re.compile(f"{UNKEEPABLE.pattern}|{DIRECTION.pattern}")
OPENED_BY = {"\u202c": "\u202a\u202b\u202d", "\u2069": "\u2066\u2067\u2068"}


def marked(text: str) -> str:
    """The text with � in place of each character that is not kept. Applied twice it gives the same."""
    if not SUSPECT.search(text):  # as nearly always, and an import asks of every cell
        return text
    lines = UNKEEPABLE.sub(MARK, text).splitlines(keepends=True)
    return "".join(DIRECTION.sub(MARK, line) if _leaks(line) else line for line in lines)


def unkeepable(text: str) -> str:
    """The first character that is not kept; empty where all are."""
    shown = marked(text)
    place = shown.find(MARK)
    return "" if place < 0 else text[place]


def check_keepable(text: str) -> None:
    """Refuse a text that holds what is not kept, or the mark of it. Raises ValidationError."""
    if unkeepable(text):
        raise ValidationError(
            gettext_lazy(
                "The text holds characters that cannot be kept; they stand as � in it. "
                "Remove them, or type them again."
            ),
            code="unkeepable",
        )


def _leaks(line: str) -> bool:
    """Whether a sign of direction in this line is not closed within it, as those that phones put round numbers are."""
    begun: list[str] = []
    for sign in DIRECTION.findall(line):
        if sign not in OPENED_BY:
            begun.append(sign)
        elif not begun or begun.pop() not in OPENED_BY[sign]:
            return True
    return bool(begun)
