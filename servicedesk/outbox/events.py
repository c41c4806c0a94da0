"""What each event that messages tell of is called; the app that posts it says so in its `ready()`."""

from django.utils.functional import Promise

_names: dict[str, str | Promise] = {}


def name_event(code: str, name: str | Promise) -> None:
    """Give an event the name that people read in lists; its text is templates/messages/<code>.txt."""
    _names[code] = name


def event_name(code: str) -> str:
    """The name of an event in the reader's language; the code itself where nobody named it."""
    return str(_names.get(code, code))


def event_choices() -> list[tuple[str, str]]:
    """All named events, for filters."""
    return sorted(((code, str(name)) for code, name in _names.items()), key=lambda choice: choice[1])
