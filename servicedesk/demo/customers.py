"""Whom the demo organisation serves: fifty customers with numbers, wishes and habits, and what was delivered to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

from dateutil.relativedelta import relativedelta

from servicedesk.customers.channels import Channel
from servicedesk.customers.creating import Draft, create_customers
from servicedesk.customers.editing import (
    mark_for_safety,
    record_consent,
    record_wish,
    restrict_to_writing,
)
from servicedesk.customers.models import Customer, Project
from servicedesk.customers.persons import add_contact_person
from servicedesk.customers.projects import activate_project, add_project, add_site, end_project

if TYPE_CHECKING:
    from servicedesk.demo.days import Days
    from servicedesk.demo.people import Staff

ORGANISATIONS_SINCE = 700  # days
STREET_NUMBERS = (3, 12, 18, 25, 41, 66, 88, 104, 120, 152)
HOURS = [(None, None), (time(8, 30), time(18)), (time(8), time(20)), (None, None)]
CHANNELS = [Channel.PHONE, Channel.PHONE, Channel.EMAIL, Channel.PHONE, Channel.SMS]
# Customers with a role of their own in the story, by their place among households and persons
UNREACHABLE, SILENT, NO_NEWS = 3, 5, 7  # households: telephone only; no contact at all; no advertising
INSULTING, UNKNOWN, DOG = 2, 10, 9  # persons: in writing only; hardly known; household with a dog
# Months since delivery, months of service, and the state a project is in
PROJECTS = {
    "meridian": (26, 36, "active"),
    "northgate": (14, 24, "active"),
    "bluelantern": (8, 24, "active"),
    "cityschool": (3, 24, "active"),
    "arcade": (30, 24, "ended"),
    "brightsoft": (0, 0, "draft"),
    "museum": (1, 36, "active"),
}


@dataclass
class Served:
    """The customers by the part they play."""

    plain: list[Customer] = field(default_factory=list)
    organisations: dict[str, Customer] = field(default_factory=dict)
    projects: dict[int, Project] = field(default_factory=dict)  # by customer
    unreachable: Customer | None = None
    silent: Customer | None = None
    unknown: Customer | None = None


def make_customers(said: dict[str, Any], staff: Staff, days: Days) -> Served:
    """Take in fifty customers over the last two years, with what is known of each."""
    served = Served()
    by, at = staff["agent2"], days.ago(ORGANISATIONS_SINCE)
    organisations = create_customers(
        [
            _organisation(number, key, names, said)
            for number, (key, names) in enumerate(said["organisations"].items())
        ],
        by=by,
        at=at,
    )
    served.organisations = dict(zip(said["organisations"], organisations, strict=True))
    for number, (key, customer) in enumerate(served.organisations.items()):
        _add_persons(customer, said["organisations"][key][1:], number, by=by, at=at)
    households = create_customers(
        [_household(number, names, said) for number, names in enumerate(said["people_served"]["households"])],
        by=by,
        at=days.ago(500),
    )
    persons = create_customers(
        [_person(number, names, said) for number, names in enumerate(said["people_served"]["persons"])],
        by=staff["agent3"],
        at=days.ago(200),
    )
    _make_projects(served, said, staff, days)
    _consent(organisations[:18] + households[:12] + persons[:6], staff, days)
    _wishes(said, households, persons, staff, days)
    served.unreachable, served.silent, served.unknown = (
        households[UNREACHABLE],
        households[SILENT],
        persons[UNKNOWN],
    )
    special = {one.pk for one in (served.unreachable, served.silent, served.unknown, persons[INSULTING])}
    served.plain = [one for one in (*organisations, *households, *persons) if one.pk not in special]
    for one in (served.silent, persons[INSULTING]):
        one.refresh_from_db()
    return served


def _profile(number: int, said: dict[str, Any]) -> dict[str, Any]:
    starts, ends = HOURS[number % len(HOURS)]
    street = said["people_served"]["streets"][number % len(said["people_served"]["streets"])]
    habits = said["people_served"]["habits"]
    return {
        "language": said["language"],
        "channel": CHANNELS[number % len(CHANNELS)],
        "hours_from": starts,
        "hours_to": ends,
        "address": street.format(n=STREET_NUMBERS[number % len(STREET_NUMBERS)]),
        "notes": habits[number // 4 % len(habits)] if number % 4 == 0 else "",
        "source": ("customer", "contract", "customer", "colleague")[number % 4],
    }


def _organisation(number: int, key: str, names: list, said: dict[str, Any]) -> Draft:
    return Draft(
        name=names[0],
        kind="organisation",
        phones=[f"021-6555-{2000 + number * 37}"],
        emails=[f"office@{key}.example.com"],
        values=_profile(number, said) | {"address_as": names[1][2], "source": "contract"},
    )


def _household(number: int, names: list, said: dict[str, Any]) -> Draft:
    values = _profile(number, said) | {"address_as": names[1]}
    emails = [f"home{number + 1}@example.com"] if number % 3 else []
    if number == UNREACHABLE:
        values["address"], emails = "", []
    return Draft(
        name=names[0], kind="household", phones=[_mobile(200 + number)], emails=emails, values=values
    )


def _person(number: int, names: list, said: dict[str, Any]) -> Draft:
    if number == UNKNOWN:
        return Draft(name=names[0], kind="person", phones=[_mobile(400 + number)])
    return Draft(
        name=names[0],
        kind="person",
        phones=[_mobile(400 + number)],
        emails=[f"mail{number + 1}@example.com"],
        values=_profile(number + 1, said) | {"address_as": names[1]},
    )


def _mobile(number: int) -> str:
    return f"139 0000 {4000 + number * 13}"


def _add_persons(customer: Customer, persons: list, number: int, *, by, at) -> None:
    for place, (name, post, address_as) in enumerate(persons):
        add_contact_person(
            customer,
            name,
            by=by,
            at=at,
            post=post,
            address_as=address_as,
            phones=[_mobile(number * 2 + place)],
            emails=[f"contact{number * 2 + place + 1}@example.com"] if place == 0 else [],
        )


def _consent(customers: list[Customer], staff: Staff, days: Days) -> None:
    for number, customer in enumerate(customers):
        since = days.at(70, 1 + number / 10)
        record_consent(
            customer,
            "news",
            given=number % 5 > 0,
            since=since,
            source="customer",
            by=staff["agent3"],
            at=since,
        )


def _wishes(said: dict[str, Any], households: list, persons: list, staff: Staff, days: Days) -> None:
    words, agent = said["wishes"], staff["agent"]
    record_wish(households[SILENT], "no_contact", words=words["no_contact_wish"], by=agent, at=days.at(60, 2))
    record_wish(
        households[NO_NEWS], "no_marketing", words=words["no_marketing_wish"], by=agent, at=days.at(55, 3)
    )
    mark_for_safety(households[DOG], note=words["safety_note"], by=staff["tech2"], at=days.at(50, 4))
    restrict_to_writing(
        persons[INSULTING],
        until=days.at(4, 5) + timedelta(days=30),
        reason=words["restriction_reason"],
        by=staff["manager"],
        at=days.at(4, 5),
    )


def _make_projects(served: Served, said: dict[str, Any], staff: Staff, days: Days) -> None:
    for key, (name, *sites) in said["projects"].items():
        customer, (since, months, state) = served.organisations[key], PROJECTS[key]
        delivered = days.today - relativedelta(months=since) if since else None
        values = {"delivered_on": delivered, "project_manager": staff["project"]}
        if delivered and state == "active":
            values["service_ends_on"] = delivered + relativedelta(months=months)
        if state != "draft":
            values |= {"salesperson": staff["sales"], "executive": staff["executive"]}
        by, at = staff["project"], days.at(90, 2)
        if delivered:
            at = max(days.ago(ORGANISATIONS_SINCE), days.opening(delivered))
        project = add_project(customer, name, by=by, at=at, **values)
        for site in sites:
            add_site(customer, site, by=by, at=at, project=project, address=customer.address)
        if state != "draft":
            project = activate_project(project, by=by, at=at)
        if state == "ended" and delivered:
            on = delivered + relativedelta(months=months)
            end_project(project, on=on, by=by, at=days.opening(on))
        elif state == "active":
            served.projects[customer.pk] = project
