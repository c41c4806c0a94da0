"""The list of customers: filters by name from a fixed table, pages by key, never by offset."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .finding import find_by_phone
from .models import ContactPerson, Customer, CustomerQuerySet
from .models.customer import Kind, Wish
from .normal import LAST_DIGITS

PAGE = 40  # rows
SUGGESTIONS = 10

FILTERS: dict[str, tuple[str | Promise, Callable[[CustomerQuerySet, datetime], CustomerQuerySet]]] = {
    "incomplete": (_("incomplete"), lambda customers, at: customers.incomplete()),
    "stale": (_("not confirmed for a year"), lambda customers, at: customers.stale(at)),
    "wish": (_("do not contact"), lambda customers, at: customers.exclude(do_not_contact=Wish.NONE)),
}


@dataclass(frozen=True)
class Page:
    """Some customers, newest first; `before` and `after` are the keys that give the neighbouring pages, or None."""

    customers: list[Customer]
    before: int | None
    after: int | None


def filtered(
    customers: CustomerQuerySet, *, text: str, kind: str, show: str, at: datetime
) -> CustomerQuerySet:
    """Those that match; a kind or filter that does not exist filters nothing."""
    customers = matching(customers, text)
    if kind in Kind.values:
        customers = customers.filter(kind=kind)
    if show in FILTERS:
        customers = FILTERS[show][1](customers, at)
    return customers


def matching(customers: CustomerQuerySet, text: str) -> CustomerQuerySet:
    """Whose telephone number it is, however it is grouped; else those that hold every word."""
    if looks_like_phone(text) and (owners := find_by_phone(text)).exists():
        return customers.filter(pk__in=owners.values("pk"))
    return customers.search(text)


def looks_like_phone(text: str) -> bool:
    return sum(character.isdigit() for character in text) >= LAST_DIGITS


def page_of(customers: CustomerQuerySet, *, before: int | None = None, after: int | None = None) -> Page:
    """The page that begins below `before`, or ends above `after`; the first page without either."""
    customers = customers.defer("tokens").prefetch_related(
        "phones", Prefetch("persons", ContactPerson.objects.filter(is_main=True), to_attr="main_persons")
    )
    if after is not None:
        rows = list(customers.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
        more_above, more_below = len(rows) > PAGE, True
        rows = rows[:PAGE][::-1]
    else:
        below = customers if before is None else customers.filter(pk__lt=before)
        rows = list(below.order_by("-pk")[: PAGE + 1])
        more_above, more_below = before is not None, len(rows) > PAGE
        rows = rows[:PAGE]
    return Page(
        customers=rows,
        before=rows[-1].pk if rows and more_below else None,
        after=rows[0].pk if rows and more_above else None,
    )


def suggestions(customers: CustomerQuerySet, text: str) -> list[Customer]:
    """At most ten customers who may be meant by what is being typed: whose number it is, then any match."""
    text = text.strip()
    if len(text) < 2:
        return []
    customers = customers.filter(active=True).defer("tokens").prefetch_related("phones")
    found: list[Customer] = []
    if looks_like_phone(text):
        found = list(customers.filter(pk__in=find_by_phone(text).values("pk")).order_by("-pk")[:SUGGESTIONS])
    known = [customer.pk for customer in found]
    rest = customers.search(text).exclude(pk__in=known).order_by("-pk")[: SUGGESTIONS - len(found)]
    return found + list(rest)
