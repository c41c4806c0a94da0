"""What each kind of deadline is called and how it is settled; the app that owes it says so in its `ready()`."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class KindName:
    """The name that people read, and the word on the button that leads to what settles it."""

    name: str | Promise
    act: str | Promise = ""
    clauses: str = ""


_names: dict[str, KindName] = {}


def name_kind(code: str, name: str | Promise, *, act: str | Promise = "", clauses: str = "") -> None:
    """Give a kind of deadline its name; `act` is what settles it in one word, such as "Reply".

    `clauses`: ids, with spaces between, of the regulations' clauses that demand it.
    """
    _names[code] = KindName(name, act, clauses)


def kind_name(code: str) -> str:
    """The name of a kind in the reader's language; the code itself where nobody named it."""
    return str(_names[code].name) if code in _names else code


def kind_act(code: str) -> str:
    """The word for what settles it in the reader's language."""
    return (str(_names[code].act) if code in _names else "") or _("Open")


def kind_clauses(code: str) -> list[str]:
    """The clauses that demand it."""
    return _names[code].clauses.split() if code in _names else []


def kind_choices() -> list[tuple[str, str]]:
    """All named kinds, for forms and filters."""
    return [(code, str(kind.name)) for code, kind in sorted(_names.items())] or [("", _("none"))]
