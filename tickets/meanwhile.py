"""The open tickets of somebody who is away: they stay where they are (CASES y)."""

from __future__ import annotations

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from servicedesk.staff.away.meanwhile import Falls, Meanwhile
from tickets.models import Ticket


def tickets_meanwhile(meanwhile: Meanwhile) -> list[Falls]:
    """How many tickets the person has open, and on how many of others they were asked first."""
    person = meanwhile.person
    counted = (
        Ticket.objects.open()
        .filter(Q(owner=person) | Q(first_responder=person))
        .order_by()
        .aggregate(owned=Count("pk", filter=Q(owner=person)), asked=Count("pk", filter=~Q(owner=person)))
    )
    lines = (
        (_("Open tickets"), counted["owned"], _("They keep their owner; a deputy may reply, or take one over.")),
        (_("First asked, owned by others"), counted["asked"], _("Their owners go on; notices to the first responder go to who is asked.")),
    )  # fmt: skip
    return [Falls(what, count, note=note) for what, count, note in lines if count]
