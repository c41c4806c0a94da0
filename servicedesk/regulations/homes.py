"""Settings whose value lives in a higher app: it tells here where, and in which words (S4, S5: the ladders)."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from servicedesk.regulations.catalogue import DEFINITIONS


@dataclass(frozen=True)
class Home:
    """The named page where a setting is changed, and a function that says how it stands, in the reader's language."""

    url_name: str
    words: Callable[[], str]

    def url(self) -> str:
        """The address of the page, or nothing while no such page is served."""
        try:
            return reverse(self.url_name)
        except NoReverseMatch:
            return ""


_homes: dict[str, Home] = {}


def give_home(code: str, url_name: str, words: Callable[[], str]) -> None:
    """Called in the `ready()` of the app that holds the value."""
    if DEFINITIONS[code].lives_here:
        raise ValueError(f"{code} has its value among the settings.")
    _homes[code] = Home(url_name, words)


def home_of(code: str) -> Home:
    """Where the value lives; until an app has told, the words of what is shipped and no page."""
    definition = DEFINITIONS[code]
    return _homes.get(code) or Home("", lambda: definition.words(definition.default))
