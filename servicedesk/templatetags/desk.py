"""Template tags of the shell and its components; `docs/look.md` shows each in use."""

import re
from datetime import datetime
from functools import cache

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from servicedesk.navigation import NEW_TICKET, Place, places, resolve
from servicedesk.timewords import full_time, short_time, soon_from, time_left, urgency

register = template.Library()

ICONS = "@tabler/icons/icons/outline"
ICON_NAME = re.compile(r"[a-z0-9-]+")


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """Tabler's outline icon `name` as inline SVG, hidden from screen readers: the words beside it speak.

    An unknown name raises LookupError while developing and testing, and shows nothing in production.
    """
    drawing = icon_drawing(str(name))
    if drawing is None:
        if settings.DEBUG or settings.TESTING:
            raise LookupError(f"Tabler has no outline icon named {name!r}.")
        return mark_safe("")
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor"'
        ' stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>',
        css_class,
        drawing,
    )


@cache
def icon_drawing(name: str) -> SafeString | None:
    """The paths of an icon, or None if there is none; read once per process."""
    file = settings.NODE_MODULES / ICONS / f"{name}.svg"
    if not ICON_NAME.fullmatch(name) or not file.exists():
        return None
    inside = file.read_text(encoding="utf-8").partition(">")[2].rpartition("</svg>")[0]
    paths = [line.strip() for line in inside.splitlines() if 'd="M0 0h24v24H0z"' not in line]
    return mark_safe("".join(paths))  # noqa: S308  a file of the icon package, never anybody's input


@register.simple_tag(takes_context=True, name="time_left")
def time_left_badge(context, due_at: datetime, made_at: datetime | None = None) -> str:
    """The time until a due moment as a badge that goes on ticking; `made_at` makes "soon" the last quarter."""
    now = context.get("now") or timezone.now()
    due = due_at.isoformat()
    return format_html(
        '<time class="time-left is-{}" datetime="{}" data-due="{}" data-soon="{}" title="{}">{}</time>',
        urgency(due_at, now, made_at),
        due,
        due,
        soon_from(due_at, made_at).isoformat(),
        full_time(due_at),
        time_left(due_at, now),
    )


@register.simple_tag(takes_context=True)
def local_time(context, moment: datetime | None) -> str:
    """A moment said shortly in the reader's zone and language, the whole of it on hover; nothing for None."""
    if moment is None:
        return ""
    now = context.get("now") or timezone.now()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        full_time(moment),
        short_time(moment, now),
    )


@register.simple_tag(takes_context=True)
def nav(context) -> list[Place]:
    """The places of the main navigation this person may go to; pages not yet built are left out."""
    request = context.get("request")
    return places(request) if request else []


@register.simple_tag
def new_ticket() -> dict[str, str]:
    """Where a new ticket is logged: label, url (empty if there is no such page), icon, keys."""
    return {
        "label": str(NEW_TICKET.label),
        "url": resolve(NEW_TICKET.url_name),
        "icon": NEW_TICKET.icon,
        "keys": NEW_TICKET.keys,
    }


@register.filter
def initials(name: str) -> str:
    """What stands in a round picture of a person: "Li Na" LN, 李娜 娜."""
    words = str(name).split()
    if not words:
        return ""
    if len(words) == 1 and not words[0].isascii():
        return words[0][-1]
    return "".join(word[0] for word in (words[0], words[-1])[: len(words)]).upper()


@register.filter
def key_caps(keys: str) -> list[str]:
    """The keys of a shortcut one by one: "g d" gives g and d."""
    return str(keys).split()
