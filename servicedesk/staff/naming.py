"""Whom a text names: by log-in name, employee number or e-mail address, else by the name shown."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from servicedesk.staff.models import User


class NobodyError(Exception):
    """Why a text names nobody who can be given something, in the user's language."""


class Naming:
    """Remembers whom texts name, so that each is looked up once however often a file says it."""

    def __init__(self) -> None:
        self._found: dict[str, list[User]] = {}

    def look_up(self, texts: Iterable[str]) -> None:
        """Find out whom these texts name; one query for all that are new."""
        new = {text for text in texts if text} - self._found.keys()
        if new:
            self._found |= _named(new)

    def person(self, text: str) -> User | None:
        """Who is meant; None for an empty text.

        Raises NobodyError for somebody unknown, for a name that several bear, and for who has left or is leaving.
        """
        if not text:
            return None
        self.look_up([text])
        found = self._found[text]
        if not found:
            raise NobodyError(_("Nobody here is called %(text)s.") % {"text": text[:80]})
        if len(found) > 1:
            raise NobodyError(
                _("Several people are called %(text)s. Give the log-in name or the employee number.")
                % {"text": text[:80]}
            )
        if found[0].is_leaving:
            raise NobodyError(_("%(name)s does not work here any more.") % {"name": found[0]})
        return found[0]


def alike(text: str) -> str:
    """A log-in name or an address as it is compared: letters of full width and capitals make no difference."""
    return User.normalize_username(text).lower()


def _named(texts: set[str]) -> dict[str, list[User]]:
    small = {alike(text) for text in texts}
    people = (
        User.objects.annotate(login=Lower("username"), mail=Lower("email"))
        .filter(
            Q(login__in=small) | Q(employee_number__in=texts) | Q(mail__in=small) | Q(display_name__in=texts)
        )
        .order_by("pk")
    )
    ways: list[dict[str, list[User]]] = [defaultdict(list) for _way in range(4)]
    for person in people:
        keys = (
            person.username.lower(),
            person.employee_number or "",
            person.email.lower(),
            person.display_name,
        )
        for way, key in zip(ways, keys, strict=True):
            way[key].append(person)
    logins, numbers, mails, names = ways
    return {
        text: logins.get(alike(text))
        or numbers.get(text)
        or mails.get(alike(text))
        or _here(names.get(text, []))
        for text in texts
    }


def _here(people: list[User]) -> list[User]:
    """Of people with the same name those who work here, if any do."""
    return [person for person in people if not person.is_leaving] or people[:1]
