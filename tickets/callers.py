"""Who is on the line, and what the desk already knows of them (R3.2.2, R5.2.7d, R5.10.3a)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Q

from servicedesk.clock.models import Deadline
from servicedesk.customers.channels import PREFERABLE, WRITTEN, Channel
from servicedesk.customers.finding import find_by_email, find_by_phone, likely_duplicates
from servicedesk.customers.models import ContactPerson, Customer, Project
from servicedesk.customers.normal import line_digits, normalise_email, normalise_phone
from tickets.models import Promise, Ticket
from tickets.repeats import likely_repeats

if TYPE_CHECKING:
    from servicedesk.customers.models.customer import CustomerQuerySet
    from servicedesk.staff.models import User

SHORTEST = 2  # characters typed before anybody is looked for
LONGEST_NAME = 200  # characters
SHOWN = 6  # customers to choose from, matters, kept or broken promises
CUSTOMER_NUMBER = re.compile(r"C-\d{1,12}", re.I)
NEW = "new"  # what stands for a customer whom the desk does not know yet
ANSWERED_BY = {*PREFERABLE, Channel.ON_SITE}  # channels by which one can come back to a customer


@dataclass(frozen=True)
class Matter:
    """One matter of the caller: number, category, owner and live promise, which anybody may see; the rest if visible."""

    ticket: Ticket
    is_visible: bool

    @property
    def promise(self) -> Deadline | None:
        return self.ticket.live_deadline


@dataclass
class Caller:
    """Who may be meant by what was typed, who it is, and what is known of them at `at` for the colleague `user`."""

    text: str
    user: User
    at: datetime
    candidates: list[Customer] = field(default_factory=list)
    customer: Customer | None = None
    is_new: bool = False  # somebody not among the candidates, or nobody found

    @cached_property
    def persons(self) -> list[ContactPerson]:
        """Who speaks for the customer, the one asked first in front."""
        return list(self.customer.persons.filter(active=True)) if self.customer else []

    @cached_property
    def speaker(self) -> ContactPerson | None:
        """The contact person whose number or address was typed, else the only one there is."""
        keys = {phone.person_id for phone in self._reached()} - {None}
        meant = [person for person in self.persons if person.pk in keys]
        meant = meant or (self.persons if len(self.persons) == 1 else [])
        return meant[0] if len(meant) == 1 else None

    def _reached(self) -> list:
        """The numbers and addresses of the customer that what was typed means."""
        if self.customer is None:
            return []
        number, address = phone_in(self.text), email_in(self.text)
        if address:
            return [email for email in self.customer.emails.all() if email.address == address]
        end = line_digits(number).lstrip("0") if number else ""
        return [phone for phone in self.customer.phones.all() if end and phone.digits.endswith(end)]

    @cached_property
    def projects(self) -> list[Project]:
        return list(self.customer.projects.all()) if self.customer else []

    @cached_property
    def matters(self) -> list[Matter]:
        """What this contact may repeat: open matters and those received within S26, newest first."""
        if self.customer is None:
            return []
        tickets = list(likely_repeats(self.customer, category=None, at=self.at)[: SHOWN + 1])
        keys = [ticket.pk for ticket in tickets]
        visible = set(
            Ticket.objects.visible_to(self.user).filter(pk__in=keys).values_list("pk", flat=True)
            if keys
            else []
        )
        return [Matter(ticket, ticket.pk in visible) for ticket in tickets]

    @property
    def shown_matters(self) -> list[Matter]:
        return self.matters[:SHOWN]

    @property
    def has_more_matters(self) -> bool:
        return len(self.matters) > SHOWN

    @cached_property
    def last_promises(self) -> list[Promise]:
        """The last promises to the customer that were kept or broken, newest first."""
        if self.customer is None:
            return []
        ended = Q(deadline__outcome__in=[Deadline.Outcome.KEPT, Deadline.Outcome.LATE])
        broken = Q(deadline__outcome=None, deadline__broken_at__isnull=False)
        promises = Promise.objects.filter(ended | broken, ticket__customer=self.customer)
        return list(promises.select_related("deadline").order_by("-deadline__due_at")[:SHOWN])

    @property
    def kept(self) -> int:
        """How many of the last promises were kept."""
        return sum(promise.deadline.outcome == Deadline.Outcome.KEPT for promise in self.last_promises)

    @property
    def written_only(self) -> bool:
        return self.customer is not None and self.customer.is_written_only(self.at)


def look_up(text: str, *, chosen: str = "", user: User, at: datetime) -> Caller:
    """Who is meant by a telephone number, e-mail address, customer number or name.

    `chosen` is the customer number that was picked, or NEW. Without it a single exact match is taken as the caller.
    """
    text = text.strip()
    customers = Customer.objects.visible_to(user)
    exact = _exact(text, customers)
    caller = Caller(text, user, at, candidates=exact or _similar(text, customers))
    if chosen == NEW:
        caller.is_new = True
    elif CUSTOMER_NUMBER.fullmatch(chosen):
        caller.customer = _picked(chosen, caller.candidates, customers)
    elif len(exact) == 1:
        caller.customer = exact[0]
    caller.is_new = caller.is_new or not (caller.customer or caller.candidates)
    return caller


def seek_namesakes(caller: Caller, name: str, *, chosen: str) -> None:
    """Offer the customers who bear a newcomer's name already, unless somebody new was chosen knowingly."""
    if not caller.is_new or chosen == NEW or not name.strip():
        return
    namesakes = likely_duplicates(name=name[:LONGEST_NAME])
    caller.candidates = list(
        _rows(Customer.objects.visible_to(caller.user).filter(pk__in=[one.pk for one in namesakes]))
    )
    caller.is_new = not caller.candidates


def _picked(number: str, candidates: list[Customer], customers: CustomerQuerySet) -> Customer | None:
    """The customer of this number; one that what was typed does not find joins the candidates."""
    for candidate in candidates:
        if candidate.number == number:
            return candidate
    picked = _rows(customers.filter(number=number)).first()
    if picked:
        candidates.insert(0, picked)
    return picked


def _exact(text: str, customers: CustomerQuerySet) -> list[Customer]:
    """Whose number, address or customer number this is."""
    if len(text) < SHORTEST:
        return []
    if CUSTOMER_NUMBER.fullmatch(text):
        owners = customers.filter(number=text.upper())
    elif "@" in text:
        owners = customers.filter(pk__in=find_by_email(text).values("pk"))
    elif phone_in(text):
        owners = customers.filter(pk__in=find_by_phone(text).values("pk"))
    else:
        return []
    return list(_rows(owners)[:SHOWN])


def _similar(text: str, customers: CustomerQuerySet) -> list[Customer]:
    """Who is found by what is being typed, the newest first."""
    if len(text) < SHORTEST:
        return []
    return list(_rows(customers.filter(active=True).search(text).order_by("-pk"))[:SHOWN])


def _rows(customers: CustomerQuerySet) -> CustomerQuerySet:
    return customers.defer("tokens").prefetch_related("phones", "emails")


def phone_in(text: str) -> str:
    """The telephone number that was typed, in the form by which it is found; empty for anything else."""
    try:
        return normalise_phone(text)
    except ValidationError:
        return ""


def email_in(text: str) -> str:
    """The mail address that was typed, in the form by which it is found; empty for anything else."""
    try:
        return normalise_email(text) if "@" in text else ""
    except ValidationError:
        return ""


def reply_channel(
    came_by: str, customer: Customer | None, person: ContactPerson | None, *, at: datetime
) -> str:
    """How the customer is answered unless they are asked: as preferred, else as they came; in writing if they must be."""
    wished = [source.channel for source in (person, customer) if source and source.channel]
    ways = [*wished, came_by, Channel.PHONE]
    if customer and customer.is_written_only(at):
        ways = [way for way in (*ways, Channel.EMAIL) if way in WRITTEN]
    return next(way for way in ways if way in ANSWERED_BY)
