"""Who works here, what matters are about, and whom they serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from servicedesk.clock.models import Ladder
from servicedesk.customers.creating import Draft, PersonDraft, create_customers
from servicedesk.customers.models import ContactPerson
from servicedesk.staff.models import Department, Post, User
from tickets.models import Category

DEPARTMENTS, PEOPLE = 40, 1000
CATEGORIES = (
    "Heating", "Lifts", "Water", "Power", "Doors and locks", "Cleaning", "Parking", "Noise", "Invoices", "Access cards",
    "Green spaces", "Appointments",
)  # fmt: skip
SURNAMES = (
    "Wang",
    "Li",
    "Zhang",
    "Liu",
    "Chen",
    "Yang",
    "Zhao",
    "Huang",
    "Zhou",
    "Wu",
    "Xu",
    "Sun",
    "Hu",
    "Zhu",
)
GIVEN = ("Min", "Jie", "Fang", "Lei", "Na", "Qiang", "Xia", "Jun", "Ping", "Hui", "Bo", "Ying", "Tao")
AT_ONCE = 500  # customers in one transaction
EACH = 50  # tickets a customer, on average
FEWEST = 10  # customers


@dataclass
class House:
    """Who works here: each of `people` sits in a department with a manager and an executive."""

    people: list[User]
    chief: User
    categories: list[Category]
    ladders: dict[str, Ladder]
    customers: list[tuple[int, int]] = field(default_factory=list)  # with their contact persons


def build_house() -> House:
    """Forty departments of twenty-five, and a general manager."""
    top = Department.objects.create(name="Company")
    chief = _people(["chief"], [top])[0]
    Post.objects.filter(code="general_manager").update(holder=chief)
    departments = Department.objects.bulk_create(
        Department(name=f"Department {n}", parent=top) for n in range(DEPARTMENTS)
    )
    leads = _people([f"lead{n}" for n in range(2 * DEPARTMENTS)], departments)
    for department, manager, executive in zip(departments, leads, leads[DEPARTMENTS:], strict=False):
        department.manager, department.executive = manager, executive
    Department.objects.bulk_update(departments, ["manager", "executive"])
    people = _people([f"agent{n}" for n in range(PEOPLE)], departments)
    categories = Category.objects.bulk_create(
        Category(name=name, code=f"about-{n}") for n, name in enumerate(CATEGORIES)
    )
    ladders = {ladder.kind: ladder for ladder in Ladder.objects.filter(active=True)}
    return House(people, chief, categories, ladders)


def _people(names: list[str], departments: list[Department]) -> list[User]:
    return User.objects.bulk_create(
        User(
            username=name,
            display_name=name.capitalize(),
            email=f"{name}@example.org",
            password="!",
            department=departments[n % len(departments)],
        )
        for n, name in enumerate(names)
    )


def take_in_customers(house: House, tickets: int, *, at: datetime) -> None:
    """As many as so many tickets need, each with somebody who speaks for them, by the domain's own functions."""
    drafts = [_draft(n) for n in range(max(FEWEST, tickets // EACH))]
    for start in range(0, len(drafts), AT_ONCE):
        customers = create_customers(drafts[start : start + AT_ONCE], by="import", at=at)
        house.customers += _with_person([customer.pk for customer in customers])


def _with_person(customers: Sequence[int]) -> list[tuple[int, int]]:
    persons = ContactPerson.objects.filter(customer__in=customers).order_by("customer")
    return list(persons.values_list("customer", "pk"))


def _draft(n: int) -> Draft:
    surname, given = SURNAMES[n % len(SURNAMES)], GIVEN[n % len(GIVEN)]
    return Draft(
        name=f"{surname} {given} household {n}",
        kind="household",
        values={"channel": "phone", "unit": f"house {n % 97}, {n}"},
        persons=[PersonDraft(name=f"{surname} {given}", phones=[f"13{n + 100_000_000:09}"])],
    )
