"""The world of a year at its beginning, and everything that will happen in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from dateutil.relativedelta import relativedelta
from django.db import connection
from django.utils.translation import gettext as _

from servicedesk.demo.customers import make_customers
from servicedesk.demo.people import make_staff
from servicedesk.demo.playing import BEAT
from servicedesk.demo.stories import read_notices
from servicedesk.demo.texts import texts, texts_of_a_year
from servicedesk.demo.year import customers, people
from servicedesk.demo.year.cast import YearCast
from servicedesk.demo.year.courses import matters
from servicedesk.demo.year.matter import YearWorld

if TYPE_CHECKING:
    from servicedesk.calendars.models import Calendar
    from servicedesk.demo.days import Days
    from servicedesk.demo.playing import Story
    from servicedesk.demo.year.scale import Scale

QUARTERLY = timedelta(minutes=15)  # the clock's rounds in what is long past
LATELY = timedelta(days=7)  # before now the clock comes round as in life
WEEK = 5  # working days
MERGED = ("satisfied", "dissatisfied", "chased", "tried", "not_reached")
MARKS = {"serious_event": "serious", "major_fault": "major"}


def rhythm(moment: datetime, *, now: datetime) -> timedelta:
    """A quarter of an hour, and lately every beat: a year has a hundred thousand moments at which something falls due."""
    return BEAT if moment > now - LATELY else QUARTERLY


def settle_in(
    language: str,
    scale: Scale,
    calendar: Calendar,
    days: Days,
    chance: Random,
    tell: Callable[[int, str], None],
) -> tuple[YearWorld, list[Story]]:
    """People and customers as they stand when the year begins, and the stories of all that follows but the present."""
    more, said = texts_of_a_year(language), _said(language)
    first = days.since(days.now - relativedelta(months=scale.months))
    staff = make_staff(language, days)
    hiring = people.Hiring(more, language, chance)
    roster = people.hire(staff, more, scale, hiring, chance, days.at(first, 0))
    tell(2, _("People"))
    served = make_customers(said, staff, days)
    circle, of_customers = customers.serve(served, said, more, scale, staff, days, chance, first)
    tell(10, _("Customers"))
    leavers = people.plan_leavers(roster, days, first)
    people.plan_absences(roster, days, first)
    world = YearWorld(
        said, staff, served, calendar, days, chance, more=more, roster=roster, circle=circle
    )  # fmt: skip
    joining = [
        people.comes(days.at(first * (number + 2) // 6, 0.1), number, staff, roster, hiring)
        for number in range(people.JOINERS)
    ]
    going = [people.goes(person, roster, staff["admin"]) for person in leavers]
    reading = read_notices(staff.people.values(), [days.at(back, 8.9) for back in range(first, 1, -1)])
    return world, [
        *people.absences(roster),
        *joining,
        *going,
        *of_customers,
        reading,
        statistics([days.at(first - since, 0.05) for since in doublings(first)]),
        *matters(YearCast(world), scale.matters, first),
    ]


def doublings(length: int) -> list[int]:
    """The days from the first on at which twice as much has happened as at the one before: after one week, two, four, …"""
    return [0, *(WEEK * 2**power for power in range(length.bit_length()) if WEEK * 2**power < length)]


def statistics(moments: list[datetime]) -> Story:
    """Let PostgreSQL count its tables: inside one transaction it would plan all along as for the empty ones of the start."""
    ours = connection.introspection.django_table_names(only_existing=True)
    tables = ", ".join(
        sorted(connection.ops.quote_name(table) for table in ours)
    )  # none that databases share
    for moment in moments:
        yield moment
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"ANALYZE {tables}")


def _said(language: str) -> dict[str, Any]:
    """The texts of the small demo, with more of what is said again and again."""
    said, more = texts(language), texts_of_a_year(language)["said"]
    phrases = {key: [*said["phrases"][key], *more[key]] for key in MERGED}
    late = [said["phrases"]["late"], *more["apology"]]
    marks = {code: more[text] for code, text in MARKS.items()}
    return said | {"phrases": said["phrases"] | phrases | {"late": late}, "marks": said["marks"] | marks}
