"""The words of a message, made when it is shown or sent.

The text of an event lives in templates/messages/<event>.txt: the first line is the subject, the rest the
body. The context is the message's params (an ISO time or date among them arrives as one, so that
`{{ due_at|date:"DATETIME_FORMAT" }}` works; times come out in the receiver's zone), `channel`, and for
mail `link`, the full address of the page at params["path"]; each of params["items"] has its `link` too.
i18n tags need no `load`, nothing is escaped (the text is plain), and mail ends with `link` by itself.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.backends.django import DjangoTemplates
from django.utils import timezone, translation
from django.utils.translation import gettext

from servicedesk.outbox.models import EMAIL, Message
from servicedesk.ways import local_path

log = logging.getLogger(__name__)

EVENT = re.compile(r"[a-z][a-z0-9_]{0,59}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
SUBJECT_LENGTH = 200  # characters


@dataclass(frozen=True)
class Rendered:
    subject: str
    body: str


def render(message: Message) -> Rendered:
    """The message's words in its receiver's language and zone.

    Never raises for an event without a text or with a broken one: the receiver then gets a general
    text with the link, and the log an error.
    """
    with receiver_settings(message):
        context = context_of(message)
        try:
            text = template_of(message.event).render(context)
        except Exception:  # one bad template must not hold up the other messages
            log.exception("No usable text for event %s of message %s", message.event, message.pk)
            text = general_text(message)
    subject, _, body = text.strip().partition("\n")
    body = body.strip()
    if context["link"] and context["link"] not in body:
        body = f"{body}\n\n{context['link']}".strip()
    return Rendered(one_line(subject), body)


@contextmanager
def receiver_settings(message: Message) -> Iterator[None]:
    """Work in the language and zone of the message's receiver; unknown ones count as the organisation's."""
    source: Any = message.recipient or message
    language = source.language if source.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(zone(source.timezone)):
        yield


def zone(name: str) -> ZoneInfo:
    """The zone of that name, or the organisation's if there is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # empty, a path, a folder, unknown
        return ZoneInfo(settings.TIME_ZONE)


@lru_cache
def plain_text_engine() -> DjangoTemplates:
    """Templates of messages are plain text: nothing is escaped for HTML."""
    folders: Any = settings.TEMPLATES[0]["DIRS"]
    return DjangoTemplates(
        {
            "NAME": "messages",
            "DIRS": [folder / "messages" for folder in folders],
            "APP_DIRS": False,
            "OPTIONS": {
                "autoescape": False,
                "builtins": ["django.templatetags.i18n", "django.templatetags.tz"],
            },
        }
    )


def template_of(event: str) -> Any:
    """The template of an event; raises LookupError for a name that cannot be one."""
    if not EVENT.fullmatch(event):
        raise LookupError(f"Not an event: {event!r}")
    return plain_text_engine().get_template(f"{event}.txt")


def context_of(message: Message) -> dict[str, Any]:
    """The params as a template sees them: times as times, and links for mail."""
    by_mail = message.channel == EMAIL
    context = {key: revived(value) for key, value in message.params.items()}
    for item in context.get("items") or []:
        item["link"] = link_to(item.get("path", "")) if by_mail else ""
    context["link"] = link_to(context.get("path", "")) if by_mail else ""
    context["channel"] = message.channel
    return context


def revived(value: Any) -> Any:
    """JSON has no times: an aware ISO time or a date becomes one again, whatever else stays."""
    if isinstance(value, list):
        return [revived(each) for each in value]
    if isinstance(value, dict):
        return {key: revived(each) for key, each in value.items()}
    if not isinstance(value, str):
        return value
    try:
        if MOMENT.fullmatch(value):
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else value
        return date.fromisoformat(value) if DAY.fullmatch(value) else value
    except ValueError:
        return value


def link_to(path: Any) -> str:
    """The full address of a page of this site, from the configured origin; nothing for any other path."""
    return settings.SITE_ORIGIN.rstrip("/") + local_path(path) if local_path(path) else ""


def general_text(message: Message) -> str:
    label = message.params.get("label")
    subject = gettext("News from the service desk")
    if isinstance(label, str) and label:
        subject = f"{subject}: {one_line(label)}"
    return (
        subject
        + "\n"
        + gettext("Something changed that concerns you. Please open the service desk to see it.")
    )


def one_line(text: str) -> str:
    """The text as one printable line, fit for a header."""
    return UNPRINTABLE.sub(" ", text).strip()[:SUBJECT_LENGTH]
