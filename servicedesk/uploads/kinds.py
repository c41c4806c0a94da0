"""What can be taken in with the browser: a fixed table, from which names that come from outside are looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from servicedesk.customers.importing.areas import AREAS, AreaImport
from servicedesk.customers.importing.customers import CUSTOMERS, CustomerImport
from servicedesk.customers.importing.projects import PROJECTS, ProjectImport
from servicedesk.importing.mappings import Shape, load_mapping
from servicedesk.importing.running import Import
from servicedesk.staff.importing.people import STAFF, StaffImport
from servicedesk.uploads.models import Kind
from tickets.importing.running import TicketImport, owner_named
from tickets.importing.shape import TICKETS


@dataclass(frozen=True)
class Way:
    """How files of one kind are taken in: what their rows are, the import, and what a dry run tells besides counts.

    `permissions` are needed besides that of importing at all: whatever the same would need by hand. `whole` says
    that all of a file comes in or nothing.
    """

    shape: Shape
    start: Callable[..., Import[Any]]
    notes: Callable[[Any], Iterable[str]] = lambda _run: ()
    permissions: tuple[str, ...] = ()
    whole: bool = False

    def may(self, user: Any) -> bool:
        """Whether this person may take in files of this kind."""
        return user.has_perms(["uploads.import_files", *self.permissions])


def _plain(kind: Callable[..., Import[Any]]) -> Callable[..., Import[Any]]:
    def start(mapping: Any, options: Mapping[str, Any], *, at: datetime, dry_run: bool) -> Import[Any]:
        return kind(mapping, at=at, dry_run=dry_run)

    return start


def _tickets(mapping: Any, options: Mapping[str, Any], *, at: datetime, dry_run: bool) -> TicketImport:
    if not options.get("owner"):
        raise ValidationError(_("Say who will own what comes in."))
    owner = owner_named(options["owner"])
    return TicketImport(mapping, owner=owner, at=at, spread=int(options.get("spread", 0)), dry_run=dry_run)


def _founded(run: StaffImport) -> Iterable[str]:
    return [_("new department: %(name)s") % {"name": name} for name in run.founded]


def _promises(run: TicketImport) -> Iterable[str]:
    return [
        _("%(day)s  %(name)s: %(number)d promises") % {"day": day.isoformat(), "name": name, "number": number}
        for (name, day), number in sorted(run.promises.items(), key=lambda item: (item[0][1], item[0][0]))
    ]


WAYS: dict[str, Way] = {
    Kind.STAFF: Way(
        STAFF,
        _plain(StaffImport),
        _founded,
        ("staff.add_user", "staff.add_department", "staff.change_department", "staff.change_post"),
        whole=bool(StaffImport.whole),
    ),
    Kind.CUSTOMERS: Way(CUSTOMERS, _plain(CustomerImport)),
    Kind.PROJECTS: Way(PROJECTS, _plain(ProjectImport)),
    Kind.AREAS: Way(AREAS, _plain(AreaImport), permissions=("customers.add_area",)),
    Kind.TICKETS: Way(TICKETS, _tickets, _promises),
}


def begin(kind: str, options: Mapping[str, Any], *, at: datetime, dry_run: bool) -> Import[Any]:
    """The import of one file. Raises UnusableFileError or ValidationError for options that cannot be."""
    way = WAYS[kind]
    name = options.get("mapping", "generic")
    mapping = load_mapping(way.shape, name if name in way.shape.shipped else "generic")
    return way.start(mapping, options, at=at, dry_run=dry_run)
