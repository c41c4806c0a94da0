"""What is derived from a profile: how complete it is, and the tokens it is found by."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Prefetch
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from servicedesk.bulk import update_rows
from servicedesk.search.pinyin import pinyin
from servicedesk.search.tokens import tokens

from .models import ContactPerson, Customer
from .models.customer import Kind
from .normal import ways_to_write
from .signals import found_otherwise


class Purpose(NamedTuple):
    """One thing a profile should hold, what for, and whether it does."""

    code: str
    label: str | Promise
    purpose: str | Promise
    is_filled: Callable[[Customer], bool]


@dataclass(frozen=True)
class Completeness:
    """Filled purposes out of those that apply to this kind of customer."""

    filled: int
    wanted: int
    missing: list[Purpose]

    @property
    def percent(self) -> int:
        return 100 * self.filled // self.wanted


PURPOSES = [
    Purpose("reach", _("telephone or e-mail"), _("to answer"), lambda c: _is_reachable(c)),
    Purpose("person", _("contact person"), _("to know whom to ask"), lambda c: bool(_active_persons(c))),
    Purpose("language", _("language"), _("to be understood"), lambda c: bool(c.language)),
    Purpose(
        "channel", _("preferred channel"), _("to answer as the customer likes"), lambda c: bool(c.channel)
    ),
    Purpose("hours", _("preferred hours"), _("not to disturb"), lambda c: c.hours_from is not None),
    Purpose("address_as", _("manner of address"), _("to be polite"), lambda c: bool(c.address_as)),
    Purpose("address", _("address"), _("for visits and letters"), lambda c: bool(c.address)),
    Purpose("news", _("consent to news"), _("to tell of new services"), lambda c: bool(c.consents.all())),
    Purpose("source", _("source"), _("to know how sure it is"), lambda c: bool(c.source)),
]


def completeness(customer: Customer) -> Completeness:
    """How complete the profile is and what is missing; only fields with a stated purpose count (R3.3.4a)."""
    wanted = [one for one in PURPOSES if one.code != "person" or customer.kind == Kind.ORGANISATION]
    missing = [one for one in wanted if not one.is_filled(customer)]
    return Completeness(filled=len(wanted) - len(missing), wanted=len(wanted), missing=missing)


def _active_persons(customer: Customer) -> list[ContactPerson]:
    return [person for person in customer.persons.all() if person.active]


def _is_reachable(customer: Customer) -> bool:
    return bool(customer.phones.all() or customer.emails.all())


def search_tokens(customer: Customer) -> str:
    """The tokens of number, names with their pinyin, telephone numbers as they may be typed, and e-mails."""
    names = [customer.name, *(person.name for person in customer.persons.all())]
    numbers = [way for phone in customer.phones.all() for way in (phone.given, *ways_to_write(phone.number))]
    addresses = [email.address for email in customer.emails.all()]
    readings = [pinyin(name) for name in names]
    other = [customer.external_number or ""]  # what it was called where it was taken over from
    return tokens("\n".join([customer.number, *names, *readings, *numbers, *addresses, *other]))


def refresh(customers: Iterable[Customer]) -> None:
    """Work out anew what is derived, in the transaction that changed these customers; few statements for many."""
    whole = Customer.objects.filter(pk__in=[customer.pk for customer in customers]).prefetch_related(
        Prefetch("persons", ContactPerson.objects.order_by("pk")), "phones", "emails", "consents"
    )
    rows = list(whole)
    found_by = {row.pk: row.tokens for row in rows}  # empty for who is just being written down
    for row in rows:
        row.tokens = search_tokens(row)
        row.completeness = completeness(row).percent
    update_rows(
        Customer, ["tokens", "completeness"], [(row.pk, row.tokens, row.completeness) for row in rows]
    )
    if differing := [row.pk for row in rows if found_by[row.pk] not in ("", row.tokens)]:
        found_otherwise.send(Customer, customers=differing)
