"""The search words of a ticket: the one derived copy of personal text, rebuilt from it, removed with it (DESIGN 6).

They hold those of its customer as well. When these change, the newest open tickets follow in the same transaction and
the others in batches, by a row that stands until the last is done. Locks: customer, that row, ticket, words; tickets and
words only where nobody holds them, for whoever holds a ticket may be waiting for its customer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef

from servicedesk.audit.models import Words
from servicedesk.customers.models import Customer
from servicedesk.search.tokens import tokens
from tickets.models import FoundByOldWords, Ticket

INDEXED = 20_000  # characters of the first words that are searched
AT_ONCE = 200  # open tickets that follow at once
BATCH = 500  # tickets that follow in one transaction later
BATCHES = 200  # in one run of the task; the rest waits for the next


def ticket_tokens(ticket: Ticket, words: str, customer: str) -> str:
    """What a ticket is found by: its numbers, its first words, and the search words of whose it is."""
    own = tokens(" ".join([ticket.number, ticket.external_number or "", words[:INDEXED]]))
    return " ".join(filter(None, [own, customer]))


def held_tokens(customers: Iterable[int]) -> dict[int, str]:
    """The search words of these customers, which do not change before the caller's transaction ends."""
    held = Customer.objects.select_for_update(no_key=True).filter(pk__in=set(customers)).order_by("pk")
    return dict(held.values_list("pk", "tokens"))


def find_otherwise(customers: Collection[int], **news) -> None:
    """Receiver of `found_otherwise`: the newest open tickets now, the others soon."""
    theirs = Ticket.objects.filter(customer=OuterRef("pk"))
    having = list(Customer.objects.filter(Exists(theirs), pk__in=customers).values_list("pk", flat=True))
    if not having:
        return
    FoundByOldWords.objects.bulk_create(
        [FoundByOldWords(customer_id=pk) for pk in sorted(having)],
        update_conflicts=True, unique_fields=["customer"], update_fields=["after"],
    )  # fmt: skip
    newest = Ticket.objects.open().filter(customer__in=having).order_by("-received_at", "-pk")
    _rebuild(list(newest.values_list("pk", flat=True)[:AT_ONCE]))


def find_by_new_words(*, batches: int = BATCHES) -> None:
    """Bring the new search words of customers to what tickets are left, one transaction a batch.

    May run twice, in parallel, or die anywhere: what a batch did not commit is done again.
    """
    waiting = deque(FoundByOldWords.objects.order_by("pk").values_list("pk", flat=True)[:batches])
    for _ in range(batches):
        if not waiting:
            return
        customer = waiting.popleft()
        if _next_batch(customer):
            waiting.append(customer)


@transaction.atomic
def _next_batch(customer: int) -> bool:
    """The next tickets of one customer; whether more can be done now."""
    marked = FoundByOldWords.objects.select_for_update(skip_locked=True).filter(pk=customer).first()
    if marked is None:
        return False  # done, or somebody else is at it
    left = Ticket.objects.filter(customer=customer, pk__gt=marked.after).order_by("pk")
    pks = list(left.values_list("pk", flat=True)[:BATCH])
    busy = _rebuild(pks)
    if len(pks) < BATCH and not busy:
        marked.delete()
        return False
    marked.after = min(busy) - 1 if busy else pks[-1]
    marked.save(update_fields=["after"])
    return not busy


def _rebuild(pks: Collection[int]) -> set[int]:
    """Write the search words of these tickets anew where they differ. Returns those that somebody else holds."""
    free = Ticket.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=pks).order_by("pk")
    rows = list(free.only("number", "external_number", "customer_id", "first_words_id", "tokens"))
    held = Words.objects.select_for_update(skip_locked=True, no_key=True)
    words = dict(held.filter(pk__in=[row.first_words_id for row in rows]).values_list("pk", "text"))
    rows = [row for row in rows if row.first_words_id in words]
    customers = {row.customer_id for row in rows if row.customer_id}
    found_by = dict(Customer.objects.filter(pk__in=customers).values_list("pk", "tokens"))
    differing = []
    for row in rows:
        anew = ticket_tokens(row, words[row.first_words_id] or "", found_by.get(row.customer_id or 0, ""))
        if row.tokens != anew:
            row.tokens = anew
            differing.append(row)
    Ticket.objects.bulk_update(differing, ["tokens"], batch_size=AT_ONCE)
    return set(pks) - {row.pk for row in rows}
