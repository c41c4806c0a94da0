"""The customer should not have to call twice: recognising the matter they called about before (R5.2.7d, S26)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from servicedesk.regulations.standing import setting_at
from tickets.models import Category, Ticket

if TYPE_CHECKING:
    from servicedesk.customers.models import Customer
    from tickets.models.ticket import TicketQuerySet


def matters_of(customer: Customer) -> TicketQuerySet:
    """What the desk shows anybody at intake about a customer's open matters: number, category, owner, live promise."""
    return (
        Ticket.objects.open()
        .filter(customer=customer)
        .select_related("category", "owner", "live_deadline", "open_check")
        .order_by("-received_at")
    )


def likely_repeats(customer: Customer, *, category: Category | None, at: datetime) -> TicketQuerySet:
    """Matters that a new contact probably repeats: still open, or of the same category within S26."""
    since = at - timedelta(days=setting_at("S26", at).amount)
    recent = Q(category=category, received_at__gte=since) if category else Q(received_at__gte=since)
    return (
        Ticket.objects.filter(customer=customer, received_at__lte=at)
        .filter(~Q(state=Ticket.State.CLOSED) | recent)
        .exclude(ended=Ticket.Ended.VOID)
        .select_related("category", "owner", "live_deadline")
        .order_by("-received_at")
    )
