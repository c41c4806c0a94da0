"""Those who speak for a customer."""

from datetime import datetime

from django.db import transaction

from .changing import add, change, lock_customer
from .models import ContactPerson, Customer
from .models.customer import Source


@transaction.atomic
def add_contact_person(
    customer: Customer,
    name: str,
    *,
    by,
    at: datetime,
    phones=(),
    emails=(),
    reported_as: str = Source.CUSTOMER,
    **values,
) -> ContactPerson:
    """Add somebody who speaks for the customer; the first one is the one to be asked first.

    Raises ValidationError, by field, for what cannot be kept.
    """
    customer = lock_customer(customer)
    values.setdefault("is_main", not customer.persons.filter(is_main=True).exists())
    _make_room(customer, values, by=by, at=at)
    person = ContactPerson(customer=customer, name=name.strip(), **values)
    return add(
        person, event="person_added", by=by, at=at, phones=phones, emails=emails, reported_as=reported_as
    )


@transaction.atomic
def change_contact_person(
    person: ContactPerson,
    *,
    by,
    at: datetime,
    seen: int | None = None,
    reported_as: str = Source.CUSTOMER,
    **values,
) -> ContactPerson:
    """Change a contact person, `phones` and `emails` (lists, as given) included; who is made main replaces the other.

    Raises ValidationError, by field; StaleEdit where somebody else changed the same field meanwhile.
    """
    customer = lock_customer(person.customer)
    if values.get("active") is False:
        values["is_main"] = False
    _make_room(customer, values, besides=person, by=by, at=at)
    return change(person, values, event="person_changed", by=by, at=at, seen=seen, reported_as=reported_as)


def _make_room(
    customer: Customer, values: dict, *, by, at: datetime, besides: ContactPerson | None = None
) -> None:
    """Only one is asked first: the other one steps back."""
    if not values.get("is_main"):
        return
    for other in customer.persons.filter(is_main=True):
        if other != besides:
            change(other, {"is_main": False}, event="person_changed", by=by, at=at)
