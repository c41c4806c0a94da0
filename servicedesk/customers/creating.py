"""A customer is taken in, by hand or many at once, with those who speak for them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import Record, record_many
from servicedesk.bulk import insert_rows

from .facts import keep, put
from .models import ContactPerson, Customer, EmailAddress, PhoneNumber
from .models.customer import Kind
from .numbering import customer_number, draw_keys
from .profile import Held, derive
from .reaching import email_rows, phone_rows

# What an act of its own sets, so that it cannot slip in unsaid with the rest of a profile.
PROFILE = frozenset(
    {
        *("kind", "name", "active", "source", "address", "area", "unit", "notes"),
        *("language", "channel", "hours_from", "hours_to", "timezone", "address_as"),
    }
)
HOURS = frozenset({"hours_from", "hours_to"})


@dataclass(frozen=True)
class PersonDraft:
    """Somebody who is to speak for a customer: as `Draft`."""

    name: str
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """A customer to be: the name, numbers and addresses as given, and other fields of the profile by name.

    The first of `persons` is the one asked first. `origin` and `external_number` say what another system called it.
    """

    name: str
    kind: str = Kind.PERSON
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    persons: Sequence[PersonDraft] = ()
    origin: str = ""
    external_number: str | None = None


@dataclass
class Newcomer:
    """A customer or contact person checked and ready to be written: the row, its numbers and addresses, what to tell."""

    row: Any
    phones: list[PhoneNumber]
    emails: list[EmailAddress]
    told: dict[str, Any]
    persons: list["Newcomer"] = field(default_factory=list)

    @property
    def is_person(self) -> bool:
        return isinstance(self.row, ContactPerson)

    @property
    def owner(self) -> dict[str, Any]:
        """Whose the numbers and addresses are."""
        return (
            {"customer": self.row.customer, "person": self.row} if self.is_person else {"customer": self.row}
        )

    @property
    def held(self) -> Held:
        """The customer with all that comes in with them."""
        parts = list(self.parts())
        return Held(
            self.row,
            [part.row for part in self.persons],
            [row for part in parts for row in part.phones],
            [row for part in parts for row in part.emails],
        )

    def parts(self) -> Iterator["Newcomer"]:
        """The customer, then those who speak for them."""
        yield self
        yield from self.persons


def create_customer(
    name: str, *, by, at: datetime, kind: str = Kind.PERSON, phones=(), emails=(), **values
) -> Customer:
    """Take in one customer; `values` are further fields of the profile.

    Somebody with the same number or name is no obstacle: `likely_duplicates` gives the hint. Raises
    ValidationError, by field, for what cannot be kept.
    """
    draft = Draft(name=name, kind=kind, phones=phones, emails=emails, values=values)
    return create_customers([draft], by=by, at=at)[0]


def create_customers(drafts: Sequence[Draft], *, by, at: datetime) -> list[Customer]:
    """Take in many customers at once, in their order, in a number of statements that does not grow with them.

    `by` is a person or a system actor. Raises ValidationError, for the first draft that cannot be kept.
    """
    return write_customers([prepare(draft, by=by, at=at) for draft in drafts], by=by, at=at)


def prepare(draft: Draft, *, by, at: datetime) -> Newcomer:
    """Check a customer to be; writes nothing. Raises ValidationError, by field, for what cannot be kept."""
    unknown = set(draft.values) - PROFILE
    if unknown:
        raise TypeError(f"not part of a new profile: {', '.join(sorted(unknown))}")
    customer = Customer(
        created_at=at,
        created_by=None if isinstance(by, str) else by,
        last_confirmed_at=at,
        origin=draft.origin,
        external_number=draft.external_number,
    )
    put(customer, {"name": draft.name.strip(), "kind": draft.kind, **draft.values})
    if draft.values.get("area") and draft.kind != Kind.HOUSEHOLD:
        raise ValidationError({"area": _("Only a household belongs to an area.")})
    _check_hours(customer, draft)
    known_as = {"origin": draft.origin, "external_number": draft.external_number}
    newcomer = _newcomer(customer, draft, {"kind": draft.kind, **known_as})
    for person in draft.persons:
        join(newcomer, prepare_person(person))
    return newcomer


def prepare_person(draft: PersonDraft) -> Newcomer:
    """Check a contact person to be; writes nothing. Raises ValidationError, by field."""
    person = ContactPerson()
    put(person, {"name": draft.name.strip(), **draft.values})
    return _newcomer(person, draft, {"is_main": False, "active": True})


def join(customer: Newcomer, person: Newcomer) -> None:
    """Let a person to be speak for a customer to be; the first one is the one asked first."""
    person.row.customer = customer.row
    person.row.is_main = person.told["is_main"] = not customer.persons
    customer.persons.append(person)


@transaction.atomic
def write_customers(newcomers: Sequence[Newcomer], *, by, at: datetime) -> list[Customer]:
    """Take in customers that are checked already, in their order; statements do not grow with them."""
    customers: list[Customer] = [newcomer.row for newcomer in newcomers]
    for customer, key in zip(customers, draw_keys(Customer, len(customers)), strict=True):
        customer.pk, customer.number = key, customer_number(key)
    for newcomer in newcomers:
        derive(newcomer.held)
    insert_rows(Customer, customers)
    parts = [part for newcomer in newcomers for part in newcomer.parts()]
    insert_rows(
        ContactPerson, [_of(part.row, customer=part.row.customer) for part in parts if part.is_person]
    )
    phones = [(part, row) for part in parts for row in part.phones]
    emails = [(part, row) for part in parts for row in part.emails]
    insert_rows(PhoneNumber, [_of(row, **part.owner) for part, row in phones])
    insert_rows(EmailAddress, [_of(row, **part.owner) for part, row in emails])
    facts = keep([(part.row, part.told) for part in parts])
    record_many([_entry(part, kept, by, at) for part, kept in zip(parts, facts, strict=True)])
    return customers


def _entry(part: Newcomer, facts: dict[str, Any], by, at: datetime) -> Record:
    row = part.row
    customer, event = (
        (row, "customer_created") if isinstance(row, Customer) else (row.customer, "person_added")
    )
    place = {"what": row._meta.model_name, "row": row.pk, "version": 1}
    return Record(customer.key, event, by, at, {**place, **facts})


def _check_hours(customer: Customer, draft: Draft) -> None:
    """The one constraint that a new profile can break, asked only where it can: asking is a statement."""
    if HOURS & set(draft.values):
        others = {field.name for field in Customer._meta.concrete_fields} - HOURS
        customer.validate_constraints(exclude=others)


def _newcomer(row: Any, draft: Draft | PersonDraft, more: dict[str, Any]) -> Newcomer:
    """With the numbers and addresses as rows, the field named where one of them is wrong."""
    reach: dict[str, Any] = {}
    for name, make in (("phones", phone_rows), ("emails", email_rows)):
        try:
            reach[name] = make(getattr(draft, name), customer=None, person=None)
        except ValidationError as refusal:
            raise ValidationError({name: refusal}) from refusal
    told = {
        "name": draft.name.strip(),
        **more,
        "phones": list(draft.phones),
        "emails": list(draft.emails),
        **draft.values,
    }
    return Newcomer(
        row, **reach, told={name: value for name, value in told.items() if value not in (None, "", [])}
    )


def _of(row: Any, **owner: Any) -> Any:
    """A row, now that those it belongs to have keys."""
    for name, one in owner.items():
        setattr(row, name, one)
    return row
