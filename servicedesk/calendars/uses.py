"""Who works by a calendar: a higher app tells it here, for the calendar's own page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from servicedesk.calendars.models import Calendar


@dataclass(frozen=True)
class Use:
    """One that works by a calendar, where it is set so, and whether it only inherits it."""

    name: str
    url: str
    inherited: bool = False


_told: list[Callable[[Calendar], Iterable[Use]]] = []


def tell_uses(uses: Callable[[Calendar], Iterable[Use]]) -> None:
    """Called in the `ready()` of the app that knows them."""
    _told.append(uses)


def uses_of(calendar: Calendar) -> list[Use]:
    """Everything that works by this calendar."""
    return [use for uses in _told for use in uses(calendar)]
