"""What the clock needs to reach somebody: every step of a ladder in force goes to a position that is held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.clock.models import Ladder
from servicedesk.regulations.questions import Gap, Question, ask
from servicedesk.staff.positions import Position
from servicedesk.staff.unheld import unheld


def tell() -> None:
    """Called in `ready()`."""
    ask(
        Question(
            "ladders",
            gettext_lazy("Does every step of a ladder reach a position that somebody holds?"),
            "R1.1f",
            judge=ladders_open,
            help=gettext_lazy(
                "While nobody holds it, the clock tells the next one up, and such a ladder cannot be changed."
            ),
        )
    )


def ladders_open(at: datetime) -> Iterator[Gap]:
    ladders = list(Ladder.objects.filter(active=True).prefetch_related("rungs"))
    for ladder in ladders:
        if not ladder.rungs.all():
            url = reverse("admin:clock_ladder_change", args=[ladder.pk])
            yield Gap(_("%(ladder)s: no steps") % {"ladder": ladder.shown_name}, url)
    where = unheld(rung.position for ladder in ladders for rung in ladder.rungs.all())
    for position, url in where.items():
        named = [
            ladder.shown_name
            for ladder in ladders
            if any(rung.position == position for rung in ladder.rungs.all())
        ]
        facts = {"position": Position(position).label, "ladders": _(", ").join(named)}
        yield Gap(_("Nobody holds the position “%(position)s” (%(ladders)s)") % facts, url)
