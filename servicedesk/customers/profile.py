"""What is derived from a profile: how complete it is, and the tokens it is found by."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from django.db.models import Prefetch
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from servicedesk.bulk import update_rows
from servicedesk.search.pinyin import pinyin
from servicedesk.search.tokens import tokens

from .models import ContactPerson, Customer, EmailAddress, PhoneNumber
from .models.customer import Kind
from .normal import ways_to_write
from .signals import found_otherwise


@dataclass(frozen=True)
class Held:
    """A customer with all that hangs on the row, read from the database or about to be written."""

    customer: Customer
    persons: Sequence[ContactPerson]
    phones: Sequence[PhoneNumber]
    emails: Sequence[EmailAddress]
    was_asked_about_news: bool = False

    @classmethod
    def of(cls, customer: Customer) -> Self:
        """As it stands."""
        return cls(
            customer,
            list(customer.persons.all()),
            list(customer.phones.all()),
            list(customer.emails.all()),
            bool(customer.consents.all()),
        )


class Purpose(NamedTuple):
    """One thing a profile should hold, what for, and whether it does."""

    code: str
    label: str | Promise
    purpose: str | Promise
    is_filled: Callable[[Held], bool]


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
    Purpose("reach", _("telephone or e-mail"), _("to answer"), lambda c: bool(c.phones or c.emails)),
    Purpose(
        "person",
        _("contact person"),
        _("to know whom to ask"),
        lambda c: any(one.active for one in c.persons),
    ),
    Purpose("language", _("language"), _("to be understood"), lambda c: bool(c.customer.language)),
    Purpose(
        "channel",
        _("preferred channel"),
        _("to answer as the customer likes"),
        lambda c: bool(c.customer.channel),
    ),
    Purpose("hours", _("preferred hours"), _("not to disturb"), lambda c: c.customer.hours_from is not None),
    Purpose("address_as", _("manner of address"), _("to be polite"), lambda c: bool(c.customer.address_as)),
    Purpose("address", _("address"), _("for visits and letters"), lambda c: bool(c.customer.address)),
    Purpose("news", _("consent to news"), _("to tell of new services"), lambda c: c.was_asked_about_news),
    Purpose("source", _("source"), _("to know how sure it is"), lambda c: bool(c.customer.source)),
]


def completeness(held: Held) -> Completeness:
    """How complete the profile is and what is missing; only fields with a stated purpose count (R3.3.4a)."""
    wanted = [one for one in PURPOSES if one.code != "person" or held.customer.kind == Kind.ORGANISATION]
    missing = [one for one in wanted if not one.is_filled(held)]
    return Completeness(filled=len(wanted) - len(missing), wanted=len(wanted), missing=missing)


def search_tokens(held: Held) -> str:
    """The tokens of number, names with their pinyin, telephone numbers as they may be typed, and e-mails."""
    names = [held.customer.name, *(person.name for person in held.persons)]
    numbers = [way for phone in held.phones for way in (phone.given, *ways_to_write(phone.number))]
    addresses = [email.address for email in held.emails]
    readings = [pinyin(name) for name in names]
    # Where a household lives, and what the customer was called where it was taken over from
    others = [held.customer.unit, held.customer.external_number or ""]
    return tokens("\n".join([held.customer.number, *names, *readings, *numbers, *addresses, *others]))


def derive(held: Held) -> None:
    """Set on the row what is derived from the whole; writes nothing."""
    held.customer.tokens = search_tokens(held)
    held.customer.completeness = completeness(held).percent


def refresh(customers: Iterable[Customer]) -> None:
    """Work out anew what is derived, in the transaction that changed these customers; few statements for many."""
    whole = Customer.objects.filter(pk__in=[customer.pk for customer in customers]).prefetch_related(
        Prefetch("persons", ContactPerson.objects.order_by("pk")), "phones", "emails", "consents"
    )
    rows = list(whole)
    found_by = {row.pk: row.tokens for row in rows}  # empty for who is just being written down
    for row in rows:
        derive(Held.of(row))
    update_rows(
        Customer, ["tokens", "completeness"], [(row.pk, row.tokens, row.completeness) for row in rows]
    )
    if differing := [row.pk for row in rows if found_by[row.pk] not in ("", row.tokens)]:
        found_otherwise.send(Customer, customers=differing)
