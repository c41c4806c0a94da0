"""Builders for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from servicedesk.clock.testing import MONDAY, make_unit
from servicedesk.customers.editing import record_wish
from servicedesk.customers.models import Customer
from servicedesk.customers.testing import make_customer
from servicedesk.staff.models import User
from servicedesk.staff.testing import make_user
from tickets.intake import Intake, open_ticket
from tickets.limits import Word
from tickets.models import Category, Kind, Ticket

_numbers = count(1)
HOUR = timedelta(hours=1)

__all__ = [
    "HOUR",
    "MONDAY",
    "left_alone",
    "make_agent",
    "make_category",
    "make_intake",
    "make_ticket",
    "make_word",
]


def make_category(**fields) -> Category:
    n = next(_numbers)
    fields.setdefault("name", f"Category {n}")
    fields.setdefault("code", f"category-{n}")
    return Category.objects.create(**fields)


def make_agent(**fields) -> User:
    """An agent in a department with a manager and an executive."""
    if "department" not in fields:
        fields["department"] = make_unit()
    return make_user(**fields)


def make_word(due_at: datetime, **fields) -> Word:
    return Word(
        due_at=due_at,
        will_tell=fields.pop("will_tell", "what we found"),
        channel=fields.pop("channel", "phone"),
        **fields,
    )


def left_alone(at: datetime = MONDAY) -> Customer:
    """A customer who wished no contact at all (CASES g)."""
    customer = make_customer()
    record_wish(customer, "no_contact", words="Leave me alone.", by=make_agent(), at=at)
    customer.refresh_from_db()
    return customer


def make_intake(at: datetime = MONDAY, **fields) -> Intake:
    """A complaint with a promise for four hours ahead, unless the fields say otherwise."""
    fields.setdefault("kind", Kind.COMPLAINT)
    fields.setdefault("first_responder", None)
    if fields["first_responder"] is None:
        fields["first_responder"] = make_agent()
    if "category" not in fields:
        fields["category"] = make_category()
    if fields["kind"] == Kind.TASK:
        fields.setdefault("requester", fields["first_responder"])
    elif not fields.get("anonymous") and "customer" not in fields:
        fields["customer"] = make_customer()
    fields.setdefault("channel", "phone")
    fields.setdefault("words", "The heating has been cold since Friday.")
    fields.setdefault("wanted", "A warm flat")
    fields.setdefault("read_back", "yes")
    if not fields.get("answer") and not fields.get("closed_at"):
        fields.setdefault("promise", make_word(at + 4 * HOUR))
    return Intake(**fields)


def make_ticket(at: datetime = MONDAY, *, by: User | None = None, **fields) -> Ticket:
    """An open complaint logged at `at` by its first responder."""
    intake = make_intake(at, **fields)
    return open_ticket(intake, by=by or intake.first_responder, at=at)
