"""The wider circle of customers: households, organisations with their projects and sites, persons; known for years or since last week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from heapq import merge
from random import Random
from typing import TYPE_CHECKING, Any

from dateutil.relativedelta import relativedelta

from servicedesk.customers.channels import Channel
from servicedesk.customers.creating import Draft, PersonDraft, create_customers
from servicedesk.customers.editing import (
    change_customer,
    confirm_customer,
    mark_for_safety,
    record_consent,
    record_wish,
    restrict_to_writing,
)
from servicedesk.customers.models import Customer
from servicedesk.customers.projects import activate_project, add_project, add_site, end_project
from servicedesk.demo.customers import Served

if TYPE_CHECKING:
    from servicedesk.demo.days import Days
    from servicedesk.demo.people import Staff
    from servicedesk.demo.playing import Story
    from servicedesk.demo.year.scale import Scale

KINDS = ["household"] * 11 + ["person"] * 5 + ["organisation"] * 4  # in twenty
HOURS = [(None, None)] * 5 + [(time(8, 30), time(18)), (time(8), time(20))]
CHANNELS = [Channel.PHONE] * 6 + [Channel.EMAIL] * 3 + [Channel.SMS]
KNOWN_BEFORE = 0.85  # of all customers; the others come in the course of the year
SMALL_DEMO = 50  # customers
# Months since delivery and of service: most in service, some over, some about to be delivered
PROJECTS = [(1, 12), (2, 24), (4, 24), (6, 36), (9, 24), (11, 12), (15, 36), (18, 24), (23, 48), (30, 24), (40, 36), (0, 0)]  # fmt: skip
# One in so many of those known has this
WITH_PROJECT = 4  # organisations
WITH_CONSENT = 9
WISHES = {"no_marketing": 60, "no_contact": 240}
SAFETY = 150


@dataclass
class Circle:
    """Customers that matters may be about, with how often each has something to say."""

    said: dict[str, Any]
    more: dict[str, Any]
    chance: Random
    customers: list[Customer] = field(default_factory=list)
    silent: list[Customer] = field(default_factory=list)
    by_telephone: list[Customer] = field(default_factory=list)  # nothing but a number is known
    _weights: list[float] = field(default_factory=list)
    _number: int = 0

    def anybody(self) -> Customer:
        """One of those who are known by now; a few bring a great deal."""
        return self.chance.choices(self.customers, cum_weights=self._weights)[0]

    def add(self, customers: list[Customer]) -> None:
        for customer in customers:
            self.customers.append(customer)
            before = self._weights[-1] if self._weights else 0.0
            self._weights.append(before + min(self.chance.paretovariate(1.6), 12))

    def drafts(self, count: int) -> list[Draft]:
        return [self._draft(KINDS[number % len(KINDS)]) for number in range(count)]

    def _draft(self, kind: str) -> Draft:
        self._number += 1
        number, names = self._number, self.more["names"]
        female = self.chance.random() < 0.5
        surname = self.chance.choice(names["surnames"])
        given = self.chance.choice(names["given"][0 if female else 1])
        flat = f"{self.chance.choice('ABCD')}-{self.chance.randint(1, 22)}{self.chance.randint(1, 8):02}"
        who = {"surname": surname, "given": given, "flat": flat}
        name = names["household" if kind == "household" else "person"].format(**who)
        if kind == "organisation":
            name = self._organisation(number)
        only_telephone = kind == "household" and number % 29 == 5
        street = self.chance.choice(self.said["people_served"]["streets"])
        address = street.format(n=self.chance.randint(1, 260))
        if kind != "organisation":
            address = self.more["organisations"]["street_numbers"].format(street=address, flat=flat)
        starts, ends = self.chance.choice(HOURS)
        habits = self.said["people_served"]["habits"]
        values = {
            "language": self.said["language"],
            "channel": Channel.PHONE if only_telephone else self.chance.choice(CHANNELS),
            "hours_from": starts,
            "hours_to": ends,
            "address": "" if only_telephone or number % 13 == 0 else address,
            "address_as": names["polite"][0 if female else 1].format(**who),
            "notes": self.chance.choice(habits) if number % 17 == 0 else "",
            "source": "contract"
            if kind == "organisation"
            else ("customer", "customer", "colleague")[number % 3],
        }
        phone = _land_line(number) if kind == "organisation" else _mobile(number)
        emails = [f"mail{3000 + number}@example.com"] if not only_telephone and number % 5 else []
        persons = self._speakers(number) if kind == "organisation" else []
        return Draft(name=name, kind=kind, phones=[phone], emails=emails, values=values, persons=persons)

    def _speakers(self, number: int) -> list[PersonDraft]:
        """Whoever speaks for an organisation, two in every fifth."""
        return [self._speaker(number * 2 + place) for place in range(2 if number % 5 == 0 else 1)]

    def _speaker(self, number: int) -> PersonDraft:
        names, chance = self.more["names"], self.chance
        polite = chance.randint(0, 1)
        who = {"surname": chance.choice(names["surnames"]), "given": chance.choice(names["given"][polite])}
        values = {
            "post": chance.choice(self.more["organisations"]["posts"]),
            "address_as": names["polite"][polite].format(**who),
        }
        return PersonDraft(names["person"].format(**who), phones=[_mobile(5000 + number)], values=values)

    def _organisation(self, number: int) -> str:
        """Every pair of place and trade once before any comes again."""
        words = self.more["organisations"]
        places, trades = words["places"], words["trades"]
        place = places[number % len(places)]
        trade = trades[(number // len(places) * 7 + number) % len(trades)]
        return words["name"].format(place=place, trade=trade)


def _mobile(number: int) -> str:
    """Numbers that do not follow each other, and none twice."""
    mixed = number * 7919 % 100_000_007
    return f"138 {1000 + mixed // 10_000 % 9000:04} {mixed % 10_000:04}"


def _land_line(number: int) -> str:
    mixed = number * 7919 % 9_999_991
    return f"021-6{mixed // 10_000:03}-{mixed % 10_000:04}"


def serve(
    served: Served,
    said: dict[str, Any],
    more: dict[str, Any],
    scale: Scale,
    staff: Staff,
    days: Days,
    chance: Random,
    first: int,
) -> tuple[Circle, list[Story]]:
    """Those known before the year begins, and the stories of those who come later and of what is learnt of them."""
    circle = Circle(said, more, chance)
    wanted = scale.customers - SMALL_DEMO
    before = int(wanted * KNOWN_BEFORE)
    circle.add(served.plain)
    circle.silent += [one for one in (served.silent,) if one]
    circle.by_telephone += [one for one in (served.unreachable,) if one]
    began = days.at(first, 0)
    stories: list[Story] = []
    for years in (3, 2, 1):
        at = days.work.next_open(began - relativedelta(months=12 * years - 9))
        count = before // 3 + (years <= before % 3)
        projects = _known(circle, count, served, staff, days, by=staff["agent2"], at=at)
        stories += [_gone_on_since(project, began) for project in projects]
    rounds = max(2, scale.months * 2)
    stories += [
        _new_ones(
            circle,
            (wanted - before) // rounds + (number < (wanted - before) % rounds),
            served,
            staff,
            days,
            days.at(max(4, first - 2 - number * (first - 6) // rounds), 5.5),
        )
        for number in range(rounds)
    ]
    return circle, [*stories, _confirmed(circle, staff, days, first), _corrected(circle, staff, days, first)]


def _new_ones(circle: Circle, count: int, served: Served, staff: Staff, days: Days, at: datetime) -> Story:
    yield at
    yield from merge(*_known(circle, count, served, staff, days, by=staff["agent3"], at=at))


def _known(
    circle: Circle, count: int, served: Served, staff: Staff, days: Days, *, by: Any, at: datetime
) -> list[Story]:
    """Take so many customers in, with whatever else is known of some of them; the stories of their projects follow."""
    customers = create_customers(circle.drafts(count), by=by, at=at)
    ordinary, projects = [], []
    for customer in customers:
        number = customer.pk
        if customer.kind == "organisation" and number % WITH_PROJECT == 0:
            projects.append(_project(circle, customer, served, staff, days, at=at))
        if number % WITH_CONSENT == 0:
            given = number % 5 > 0
            record_consent(customer, "news", given=given, since=at, source="customer", by=by, at=at)
        if number % SAFETY == 7 and customer.kind != "organisation":
            mark_for_safety(customer, note=circle.said["wishes"]["safety_note"], by=by, at=at)
        wish = next((code for code, each in WISHES.items() if number % each == 11), "")
        if wish:
            words = (
                circle.more["said"]["no_contact"]
                if wish == "no_contact"
                else circle.said["wishes"]["no_marketing_wish"]
            )
            customer = record_wish(customer, wish, words=words, by=by, at=at)
        if wish == "no_contact":
            circle.silent.append(customer)
        elif not customer.address and not customer.emails.exists():
            circle.by_telephone.append(customer)
        else:
            ordinary.append(customer)
    circle.add(ordinary)
    return projects


def _gone_on_since(story: Story, began: datetime) -> Story:
    """A story whose part before the year is over when that begins: it waits for later moments only."""
    return (moment for moment in story if moment >= began)


def _project(
    circle: Circle, customer: Customer, served: Served, staff: Staff, days: Days, *, at: datetime
) -> Story:
    """What is delivered to an organisation: entered now, in service from the day of its delivery, at last ended."""
    chance, words = circle.chance, circle.more["organisations"]
    since, months = chance.choice(PROJECTS)
    values: dict[str, Any] = {"project_manager": staff["project"]}
    if since:
        delivery = days.opening(days.today - relativedelta(months=since, days=chance.randint(0, 20)))
        end = days.opening(delivery.date() + relativedelta(months=months))
        values |= {"delivered_on": delivery.date(), "service_ends_on": end.date()}
        values |= {"salesperson": staff["sales"], "executive": staff["executive"]}
    by = staff["project"]
    project = add_project(customer, chance.choice(words["works"]), by=by, at=at, **values)
    places = {"block": chance.choice("ABCD"), "floor": str(chance.randint(2, 18))}
    site = chance.choice(words["sites"]).format(**places)
    add_site(customer, site, by=by, at=at, project=project, address=customer.address)
    if not since:
        return
    if delivery > at:
        yield delivery
    served.projects[customer.pk] = activate_project(project, by=by, at=max(delivery, at))
    if end > at:
        yield end
    del served.projects[customer.pk]
    end_project(project, on=end.date(), by=by, at=max(end, at))


# What is learnt of them in the course of the year


def _confirmed(circle: Circle, staff: Staff, days: Days, first: int) -> Story:
    """Now and then somebody is asked whether what is known of them still holds (R4.3a)."""
    for back in range(first - 1, 4, -1):
        at = days.at(back, 6.2)
        yield at
        confirm_customer(circle.anybody(), by=staff["agent2"], at=at)


def _corrected(circle: Circle, staff: Staff, days: Days, first: int) -> Iterator[datetime]:
    """Some move, some want to be called at other hours, one is answered in writing only for a while."""
    streets = circle.said["people_served"]["streets"]
    for number, back in enumerate(range(first - 3, 5, -3)):
        at = days.at(back, 3.4)
        yield at
        customer = circle.anybody()
        if number % 12 == 1:
            until = days.later(at, 60)
            reason = circle.said["wishes"]["restriction_reason"]
            restrict_to_writing(customer, until=until, reason=reason, by=staff["manager"], at=at)
        elif number % 2:
            change_customer(customer, by=staff["agent3"], at=at, hours_from=time(9), hours_to=time(19))
        else:
            address = circle.chance.choice(streets).format(n=circle.chance.randint(1, 260))
            change_customer(customer, by=staff["agent3"], at=at, address=address)
        customer.refresh_from_db()  # whoever has a matter of theirs in hand knows it at once
