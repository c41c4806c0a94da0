"""What each kind of deadline is called; the app that owes it names it in its `ready()`."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _

_names: dict[str, str | Promise] = {}


def name_kind(code: str, name: str | Promise) -> None:
    """Give a kind of deadline the name that people read."""
    _names[code] = name


def kind_name(code: str) -> str:
    """The name of a kind in the reader's language; the code itself where nobody named it."""
    return str(_names.get(code, code))


def kind_choices() -> list[tuple[str, str]]:
    """All named kinds, for forms and filters."""
    return [(code, str(name)) for code, name in sorted(_names.items())] or [("", _("none"))]
