"""The search words of a ticket: the one derived copy of personal text, rebuilt from it, removed with it (DESIGN 6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from servicedesk.customers.models import Customer
from servicedesk.search.tokens import tokens

if TYPE_CHECKING:
    from tickets.models import Ticket

INDEXED = 20_000  # characters of the first words that are searched


def ticket_tokens(ticket: Ticket, words: str, customer: str) -> str:
    """What a ticket is found by: its numbers, its first words, and the search words of whose it is."""
    return " ".join(
        filter(
            None, [tokens(" ".join([ticket.number, ticket.external_number or "", words[:INDEXED]])), customer]
        )
    )


def customer_tokens(customers: Iterable[int | None]) -> dict[int, str]:
    """The search words of these customers as they stand, in one query."""
    return dict(Customer.objects.filter(pk__in={pk for pk in customers if pk}).values_list("pk", "tokens"))


def rebuild_tokens(ticket: Ticket) -> None:
    """Write the search words anew, in the transaction that changed or erased what they came from."""
    customer = next(iter(customer_tokens([ticket.customer_id]).values()), "")
    ticket.tokens = ticket_tokens(ticket, ticket.first_words.text or "", customer)
    ticket.save(update_fields=["tokens"])
