"""Words among colleagues; never shown to a customer."""

from __future__ import annotations

import re
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.audit.words import store
from servicedesk.outbox.posting import Draft, post_many
from servicedesk.staff.models import User
from tickets.models import Note, Ticket
from tickets.promises import lock

MENTION = re.compile(
    r"(?<![\w.])@([\w.+-]{1,150})", re.ASCII
)  # ASCII: Chinese words may stand right beside it


@transaction.atomic
def add_note(ticket: Ticket, *, words: str, by: User, at: datetime) -> Note:
    """Write an internal note; every active colleague named as @username is told and may see the ticket from then on.

    Raises ValidationError for empty words or an unknown name.
    """
    if not words.strip():
        raise ValidationError({"words": _("Write the note first.")})
    mentioned = mentions(words)
    ticket = lock(ticket)
    note = ticket.notes.create(by=by, at=at, words=store(words))
    note.mentioned.set(mentioned)
    Ticket.objects.filter(pk=ticket.pk).update(touched_at=at)
    record(ticket.key, "noted", by=by, at=at, note=note.pk, words=note.words)
    params = {"label": ticket.label, "path": ticket.path, "by": by.display_name}
    post_many(
        [
            Draft(
                event="mentioned",
                key=f"mentioned:{note.pk}:{person.pk}",
                channel="in_app",
                params=params,
                at=at,
                recipient=person,
            )
            for person in mentioned
            if person.pk != by.pk
        ]
    )
    return note


def mentions(words: str) -> list[User]:
    """The colleagues named in a text. Raises ValidationError that names whoever is unknown."""
    names = {name.rstrip(".").lower() for name in MENTION.findall(words)}
    people = User.objects.active().annotate(called=Lower("username")).filter(called__in=names)
    found = {user.username.lower(): user for user in people}
    if unknown := sorted(names - set(found)):
        raise ValidationError(
            {"words": _("No colleague is called %(names)s.") % {"names": ", ".join(f"@{n}" for n in unknown)}}
        )
    return list(found.values())
