"""Building the demo organisation: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.calendars.models import Calendar
from servicedesk.customers.models import Customer
from servicedesk.demo.cast import Cast
from servicedesk.demo.customers import make_customers
from servicedesk.demo.days import LOOKED_BACK, Days
from servicedesk.demo.matter import World
from servicedesk.demo.past import FIRST_DAY, past
from servicedesk.demo.people import make_staff
from servicedesk.demo.playing import Play, Story
from servicedesk.demo.present import present
from servicedesk.demo.stories import profiles, read_notices
from servicedesk.demo.texts import texts
from servicedesk.demo.year.life import rhythm, settle_in
from servicedesk.demo.year.scale import Scale
from servicedesk.staff.models import Department, User
from tickets.models import Ticket

CONFIRMED = 17  # organisations
SEED = 20260301  # the same story whenever it is told


def build(
    language: str, *, now: datetime, tell: Callable[[int, str], None], scale: Scale | None = None
) -> dict[str, int]:
    """Build the demo organisation as it stands at `now` in a language, or with a `scale` the year of a larger one.

    `tell` hears the percentage done and the day that is played. Returns how many people, customers and tickets there
    are. Raises ValidationError, and changes nothing, where anybody or anything is there already; whatever else stops it,
    nothing of it stays.
    """
    with transaction.atomic():
        refuse_unless_empty()
        tell(0, "")
        play, begins = _year(language, now, scale, tell) if scale else _weeks(language, now)
        play.run(
            lambda moment: tell(min(99, 10 + int(90 * (moment - begins) / (now - begins))), _day(moment))
        )
        record("organisation", "demo_built", by="setup", at=now, language=language)
    tell(100, "")
    return {
        "people": User.objects.count(),
        "customers": Customer.objects.count(),
        "tickets": Ticket.objects.count(),
    }


def _day(moment: datetime) -> str:
    return date_format(localtime(moment), "DATE_FORMAT")


def refuse_unless_empty() -> None:
    """The demo never mixes with anything real."""
    for model in (User, Department, Customer, Ticket):
        if model._default_manager.exists():
            raise ValidationError(
                _(
                    "This database already holds something. The demo needs an empty one: name another, or remove it."
                )
            )


def _weeks(language: str, now: datetime) -> tuple[Play, datetime]:
    """The small demo: six weeks, and the moment at which they begin."""
    said, calendar = texts(language), Calendar.objects.default()
    days = Days(calendar.work_calendar(), now)
    staff = make_staff(language, days)
    served = make_customers(said, staff, days)
    world = World(said, staff, served, calendar, days, Random(SEED))  # noqa: S311  a story, not a secret
    play, cast = Play(now), Cast(world)
    for story in (*past(cast), *present(cast)):
        play.begin(story)
    play.begin(_profiles_are_confirmed(world))
    play.begin(_everybody_reads(world))
    return play, days.at(FIRST_DAY, 0)


def _year(
    language: str, now: datetime, scale: Scale, tell: Callable[[int, str], None]
) -> tuple[Play, datetime]:
    """A year, or so many months: what the small demo holds at present, and before it the life of a larger desk."""
    calendar = Calendar.objects.default()
    begins = now - relativedelta(months=scale.months)
    days = Days(calendar.work_calendar(), now, max(LOOKED_BACK, (now - begins).days + 10))
    world, lives = settle_in(language, scale, calendar, days, Random(SEED), tell)  # noqa: S311
    play = Play(now, rhythm=partial(rhythm, now=now), before=world.tray.empty)
    for story in (*lives, *present(Cast(world)), _profiles_are_confirmed(world)):
        play.begin(story)
    return play, days.at(days.since(begins), 0)


def _profiles_are_confirmed(world: World) -> Story:
    """Most organisations were asked in the last weeks whether what is known of them still holds."""
    customers = list(world.served.organisations.values())[:CONFIRMED]
    moments = [world.days.at(FIRST_DAY - number, 2 + number % 6) for number in range(CONFIRMED)]
    return profiles(customers, moments, post=world.said["wishes"]["changed_post"], by=world.staff["agent2"])


def _everybody_reads(world: World) -> Story:
    """Notices are read at the end of each day, the last one's not yet."""
    moments = [world.days.at(back, 8.9) for back in range(FIRST_DAY, 1, -1)]
    return read_notices(world.staff.people.values(), moments)
