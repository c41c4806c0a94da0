"""The main navigation: one list, from which sidebar, bottom bar and menu are drawn."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Entry:
    """A place in the navigation; `keys` is what one types to go there, `may_see` says who finds it."""

    label: str | Lazy
    url_name: str
    icon: str
    keys: str
    may_see: Callable[..., bool] = lambda user: user.is_authenticated


@dataclass(frozen=True)
class Place:
    """An entry as drawn on one page; `current` where the page lies at or below it."""

    label: str
    url: str
    icon: str
    keys: str
    current: bool


NEW_TICKET = Entry(_("New ticket"), "tickets:new", "plus", "n")
ENTRIES = [
    Entry(_("My desk"), "home", "checklist", "g d"),
    Entry(_("Queue"), "tickets:queue", "inbox", "g q"),
    Entry(
        _("Dashboard"),
        "dashboards:overview",
        "chart-column",
        "g f",
        lambda user: user.has_perm("reports.view_figures"),
    ),
    Entry(_("Customers"), "customers:list", "address-book", "g c"),
    Entry(_("People"), "staff:people", "users", "g p"),
    Entry(
        _("Imports"), "uploads:list", "file-import", "g i", lambda user: user.has_perm("uploads.import_files")
    ),
    Entry(_("Health"), "health:show", "heartbeat", "g h", lambda user: user.has_perm("clock.view_health")),
    Entry(
        _("Administration"),
        "admin:index",
        "adjustments-horizontal",
        "g a",
        lambda user: getattr(user, "may_use_administration", False),
    ),
]


def resolve(name: str) -> str:
    """The address of a URL name, or nothing where no such page exists."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def places(request: HttpRequest) -> list[Place]:
    """What this person may go to; the longest address that leads to this page is the current one."""
    user = getattr(request, "user", None)
    if user is None:
        return []
    found = [(entry, resolve(entry.url_name)) for entry in ENTRIES if entry.may_see(user)]
    found = [(entry, url) for entry, url in found if url]
    known = [resolve(NEW_TICKET.url_name), *(url for _entry, url in found)]
    here = max((url for url in known if leads_to(url, request.path)), key=len, default=None)
    return [Place(str(entry.label), url, entry.icon, entry.keys, url == here) for entry, url in found]


def leads_to(url: str, path: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
