"""Building the demo organisation: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.calendars.models import Calendar
from servicedesk.customers.models import Customer
from servicedesk.demo.cast import Cast
from servicedesk.demo.customers import make_customers
from servicedesk.demo.days import Days
from servicedesk.demo.matter import World
from servicedesk.demo.past import FIRST_DAY, past
from servicedesk.demo.people import make_staff
from servicedesk.demo.playing import Play, Story
from servicedesk.demo.present import present
from servicedesk.demo.stories import profiles, read_notices
from servicedesk.demo.texts import texts
from servicedesk.staff.models import Department, User
from tickets.models import Ticket

CONFIRMED = 17  # organisations
SEED = 20260301  # the same story whenever it is told


def build(language: str, *, now: datetime, tell: Callable[[int], None]) -> dict[str, int]:
    """Build the demo organisation as it stands at `now` in a language; `tell` hears the percentage done.

    Returns how many people, customers and tickets there are. Raises ValidationError, and changes nothing, where
    anybody or anything is there already.
    """
    with transaction.atomic():
        refuse_unless_empty()
        world = _world(language, now)
        play = Play(now)
        cast = Cast(world)
        for story in (*past(cast), *present(cast)):
            play.begin(story)
        play.begin(_profiles_are_confirmed(world))
        play.begin(_everybody_reads(world))
        begins = world.days.at(FIRST_DAY, 0)
        play.run(lambda moment: tell(min(99, 10 + int(90 * (moment - begins) / (now - begins)))))
        record("organisation", "demo_built", by="setup", at=now, language=language)
    tell(100)
    return {
        "people": User.objects.count(),
        "customers": Customer.objects.count(),
        "tickets": Ticket.objects.count(),
    }


def refuse_unless_empty() -> None:
    """The demo never mixes with anything real."""
    for model in (User, Department, Customer, Ticket):
        if model._default_manager.exists():
            raise ValidationError(
                _(
                    "This database already holds something. The demo needs an empty one: name another, or remove it."
                )
            )


def _world(language: str, now: datetime) -> World:
    said = texts(language)
    calendar = Calendar.objects.default()
    days = Days(calendar.work_calendar(), now)
    staff = make_staff(language, days)
    served = make_customers(said, staff, days)
    return World(said, staff, served, calendar, days, Random(SEED))  # noqa: S311  a story, not a secret


def _profiles_are_confirmed(world: World) -> Story:
    """Most organisations were asked in the last weeks whether what is known of them still holds."""
    customers = list(world.served.organisations.values())[:CONFIRMED]
    moments = [world.days.at(FIRST_DAY - number, 2 + number % 6) for number in range(CONFIRMED)]
    return profiles(customers, moments, post=world.said["wishes"]["changed_post"], by=world.staff["agent2"])


def _everybody_reads(world: World) -> Story:
    """Notices are read at the end of each day, the last one's not yet."""
    moments = [world.days.at(back, 8.9) for back in range(FIRST_DAY, 1, -1)]
    return read_notices(list(world.staff.people.values()), moments)
