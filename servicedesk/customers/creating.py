"""A customer is taken in, by hand or many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from servicedesk.audit.timeline import Record, record_many

from .facts import keep, put
from .models import Customer, EmailAddress, PhoneNumber
from .models.customer import Kind
from .numbering import customer_number, draw_keys
from .profile import refresh
from .reaching import email_rows, phone_rows

# What an act of its own sets, so that it cannot slip in unsaid with the rest of a profile.
PROFILE = frozenset(
    {
        *("kind", "name", "active", "source", "address", "notes"),
        *("language", "channel", "hours_from", "hours_to", "timezone", "address_as"),
    }
)
HOURS = frozenset({"hours_from", "hours_to"})


@dataclass(frozen=True)
class Draft:
    """A customer to be: the name, numbers and addresses as given, and other fields of the profile by name."""

    name: str
    kind: str = Kind.PERSON
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


def create_customer(
    name: str, *, by, at: datetime, kind: str = Kind.PERSON, phones=(), emails=(), **values
) -> Customer:
    """Take in one customer; `values` are further fields of the profile.

    Somebody with the same number or name is no obstacle: `likely_duplicates` gives the hint. Raises
    ValidationError, by field, for what cannot be kept.
    """
    draft = Draft(name=name, kind=kind, phones=phones, emails=emails, values=values)
    return create_customers([draft], by=by, at=at)[0]


@transaction.atomic
def create_customers(drafts: Sequence[Draft], *, by, at: datetime) -> list[Customer]:
    """Take in many customers at once, in their order, in a number of statements that does not grow with them.

    `by` is a person or a system actor. Raises ValidationError, for the first draft that cannot be kept.
    """
    customers = [_customer(draft, by=by, at=at) for draft in drafts]
    phones = _reach(zip(customers, drafts, strict=True), "phones")
    emails = _reach(zip(customers, drafts, strict=True), "emails")
    for customer, key in zip(customers, draw_keys(Customer, len(customers)), strict=True):
        customer.pk, customer.number = key, customer_number(key)
    Customer.objects.bulk_create(customers, batch_size=500)
    PhoneNumber.objects.bulk_create(_owned(phones), batch_size=500)
    EmailAddress.objects.bulk_create(_owned(emails), batch_size=500)
    told = keep([(customer, _told(draft)) for customer, draft in zip(customers, drafts, strict=True)])
    record_many(
        [
            Record(
                customer.key,
                "customer_created",
                by,
                at,
                {"what": "customer", "row": customer.pk, "version": 1, **facts},
            )
            for customer, facts in zip(customers, told, strict=True)
        ]
    )
    refresh(customers)
    return customers


def _customer(draft: Draft, *, by, at: datetime) -> Customer:
    unknown = set(draft.values) - PROFILE
    if unknown:
        raise TypeError(f"not part of a new profile: {', '.join(sorted(unknown))}")
    customer = Customer(created_at=at, created_by=None if isinstance(by, str) else by, last_confirmed_at=at)
    put(customer, {"name": draft.name.strip(), "kind": draft.kind, **draft.values})
    _check_hours(customer, draft)
    return customer


def _check_hours(customer: Customer, draft: Draft) -> None:
    """The one constraint that a new profile can break, asked only where it can: asking is a statement."""
    if HOURS & set(draft.values):
        others = {field.name for field in Customer._meta.concrete_fields} - HOURS
        customer.validate_constraints(exclude=others)


def _reach(pairs, name: str) -> list[list]:
    """The unsaved numbers or addresses of each customer, with the customer's field named where one is wrong."""
    make = phone_rows if name == "phones" else email_rows
    rows = []
    for customer, draft in pairs:
        try:
            rows.append(make(getattr(draft, name), customer=customer, person=None))
        except ValidationError as refusal:
            raise ValidationError({name: refusal}) from refusal
    return rows


def _owned(rows_of_each: list[list]) -> list:
    """All of them, now that their customers have keys."""
    rows = [row for rows in rows_of_each for row in rows]
    for row in rows:
        row.customer_id = row.customer.pk
    return rows


def _told(draft: Draft) -> dict[str, Any]:
    told = {
        "name": draft.name.strip(),
        "kind": draft.kind,
        "phones": list(draft.phones),
        "emails": list(draft.emails),
    }
    return {name: value for name, value in {**told, **draft.values}.items() if value not in (None, "", [])}
