"""Customers with those who speak for them: one row for each contact person, or for a customer without one (R3.3.4a)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from servicedesk.customers.channels import PREFERABLE
from servicedesk.customers.creating import (
    Draft,
    Newcomer,
    PersonDraft,
    join,
    prepare,
    prepare_person,
    write_customers,
)
from servicedesk.customers.importing.standing import differing, refuse_other, told_apart
from servicedesk.customers.models import Area, ContactPerson, Customer, EmailAddress, PhoneNumber
from servicedesk.customers.models.customer import Kind, Source
from servicedesk.customers.persons import add_contact_person
from servicedesk.importing.mappings import FieldMapping, RowError, Shape
from servicedesk.importing.rows import Row
from servicedesk.importing.running import Import

PROFILE = ("address", "language", "channel", "address_as", "notes")
PLACE = ("area", "unit")  # of a household, see `areas.py`
PERSON = ("person_post", "person_phones", "person_emails")
CUSTOMERS = Shape(
    folder=Path(__file__).parent / "customers",
    fields=("number", "name", "kind", *PROFILE, "phones", "emails", "person", *PERSON),
    key="number",
    needed=frozenset({"number", "name"}),
    choices={
        "kind": Kind.values,
        "language": [code for code, _name in settings.LANGUAGES],
        "channel": [channel.value for channel in PREFERABLE],
    },
    digits=frozenset({"phones", "person_phones"}),
)


@dataclass
class Taking:
    """One row on its way in: the whole customer, or one more person of a customer who is there or comes in with it."""

    row: Row
    number: str
    newcomer: Newcomer | None = None
    draft: PersonDraft | None = None
    person: Newcomer | None = None
    customer: Customer | None = None
    area: Area | None = None  # one that comes in with this row, see `areas.py`
    moving: dict[str, Any] = field(
        default_factory=dict
    )  # where a known household lives, if nobody said so far


@dataclass
class Known:
    """A customer who stands in the desk, or came before in this file: what rows about them are compared with."""

    draft: Draft
    persons: dict[str, PersonDraft] = field(default_factory=dict)
    customer: Customer | None = None


class CustomerImport(Import[Taking]):
    """One file of customers. Who is there already is never changed: a row that says otherwise is refused."""

    usual_kind = Kind.PERSON
    mapping: FieldMapping

    def __init__(self, mapping: FieldMapping, *, at: datetime, dry_run: bool = False) -> None:
        super().__init__(mapping, at=at, dry_run=dry_run)
        self._seen: dict[str, Known] = {}  # of a dry run: nothing else remembers what came before

    def judge(self, rows: list[Row]) -> list[Taking]:
        numbered = [(row, number) for row in rows if (number := self.number_of(row)) is not None]
        known = {**self._seen, **self._standing({number for _, number in numbered})}
        taking = []
        for row, number in numbered:
            try:
                one = self.judge_one(row, number, known)
            except RowError as problem:
                self.refuse(row, str(problem))
            except ValidationError as refusal:
                self.refuse(row, told_apart(refusal))
            else:
                if one is None:
                    self.counts.unchanged += 1
                    continue
                if one.number:
                    remember(known, one)
                taking.append(one)
        if self.dry_run:
            self._seen = known
        return taking

    @transaction.atomic
    def write(self, taking: list[Taking]) -> None:
        """New customers with all their persons of this batch, and the persons of those who are there."""
        new = {one.number: one.newcomer for one in taking if one.newcomer}
        for one in taking:
            if one.person and one.number in new:
                join(new[one.number], one.person)
            elif one.draft and one.customer:
                _add(one.customer, one.draft, at=self.at)
        write_customers(list(new.values()), by="import", at=self.at)

    def judge_one(self, row: Row, number: str, known: dict[str, Known]) -> Taking | None:
        """What a row brings; None for what is known altogether. Raises RowError or ValidationError."""
        found = known.get(number)
        return self.again(row, number, found) if found else self._new(row, number)

    def values_of(self, row: Row) -> dict[str, Any]:
        """Further values of the profile that a row gives."""
        return {}

    def _new(self, row: Row, number: str) -> Taking:
        draft, person = self._draft(row, number), self._person(row)
        if not draft.name:
            raise self.mapping.empty("name")
        newcomer = prepare(draft, by="import", at=self.at)
        return Taking(row, number, newcomer, person, prepare_person(person) if person else None)

    def again(self, row: Row, number: str, known: Known) -> Taking | None:
        """One more person of a customer who is known, or None for what is known altogether."""
        draft, person = self._draft(row, number, otherwise=known.draft), self._person(row)
        refuse_other(number, differing(draft, known.draft, ("name", "kind", "phones", "emails", "values")))
        if person is None:
            return None
        standing = known.persons.get(person.name)
        if standing:
            refuse_other(number, differing(person, standing, ("phones", "emails", "values")))
            return None
        return Taking(row, number, None, person, prepare_person(person), known.customer)

    def _draft(self, row: Row, number: str, otherwise: Draft | None = None) -> Draft:
        """What the row says of the customer; what it leaves out is as `otherwise` says."""
        cells, read = row.cells, self.mapping
        values: dict[str, Any] = {name: text for name in PROFILE if (text := read.text(name, cells))}
        values |= self.values_of(row)
        said = Draft(
            name=read.fields["name"].read(cells),
            kind=read.text("kind", cells),
            phones=read.texts("phones", cells),
            emails=read.texts("emails", cells),
            values=values,
            origin=read.source,
            external_number=number,
        )
        if otherwise is None:
            return replace(
                said, kind=said.kind or self.usual_kind, values={**values, "source": Source.IMPORT}
            )
        return replace(
            said,
            name=said.name or otherwise.name,
            kind=said.kind or otherwise.kind,
            phones=said.phones or otherwise.phones,
            emails=said.emails or otherwise.emails,
            values={**otherwise.values, **values},
        )

    def _person(self, row: Row) -> PersonDraft | None:
        cells, read = row.cells, self.mapping
        draft = PersonDraft(
            name=read.text("person", cells),
            phones=read.texts("person_phones", cells),
            emails=read.texts("person_emails", cells),
            values={"post": post} if (post := read.text("person_post", cells)) else {},
        )
        if draft.name:
            return draft
        if draft.phones or draft.emails or draft.values:
            raise RowError(_("The contact person has no name."))
        return None

    def _standing(self, numbers: Iterable[str]) -> dict[str, Known]:
        """Who was taken over from this source under these numbers, in five queries."""
        known = Customer.objects.filter(origin=self.mapping.source, external_number__in=list(numbers)).defer(
            "tokens"
        )
        whole = known.select_related("area").prefetch_related(
            Prefetch("phones", PhoneNumber.objects.order_by("pk")),
            Prefetch("emails", EmailAddress.objects.order_by("pk")),
            Prefetch("persons", ContactPerson.objects.order_by("pk")),
        )
        return {customer.external_number or "": _known(customer) for customer in whole}


def _known(customer: Customer) -> Known:
    phones, emails = list(customer.phones.all()), list(customer.emails.all())

    def of(person: ContactPerson | None) -> dict[str, Any]:
        key = person and person.pk
        return {
            "phones": [one.given for one in phones if one.person_id == key],
            "emails": [one.given for one in emails if one.person_id == key],
        }

    values = {name: text for name in (*PROFILE, *PLACE) if (text := getattr(customer, name))}
    draft = Draft(name=customer.name, kind=customer.kind, values=values, **of(None))
    persons = {
        person.name: PersonDraft(
            name=person.name, values={"post": person.post} if person.post else {}, **of(person)
        )
        for person in customer.persons.all()
    }
    return Known(draft, persons, customer)


def remember(known: dict[str, Known], one: Taking) -> None:
    """So that the next rows of this file are compared with it."""
    if one.newcomer:
        told = one.newcomer.told
        values = {name: told[name] for name in (*PROFILE, *PLACE) if name in told}
        draft = Draft(
            name=told["name"],
            kind=told["kind"],
            phones=told.get("phones", ()),
            emails=told.get("emails", ()),
            values=values,
        )
        known[one.number] = Known(draft)
    if one.draft:
        known[one.number].persons[one.draft.name] = one.draft
    if one.moving:
        before = known[one.number]
        values = {**before.draft.values, **one.moving}
        known[one.number] = replace(before, draft=replace(before.draft, values=values))


def _add(customer: Customer, person: PersonDraft, *, at: datetime) -> None:
    add_contact_person(
        customer,
        person.name,
        by="import",
        at=at,
        phones=person.phones,
        emails=person.emails,
        reported_as=Source.IMPORT,
        **person.values,
    )
