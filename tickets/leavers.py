"""The open tickets of somebody who goes pass to the department manager, or upward (CASES f)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from itertools import islice

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Substr
from django.utils.translation import gettext as _

from servicedesk.clock.kinds import kind_name
from servicedesk.clock.models import Deadline
from servicedesk.staff.directory import Directory
from servicedesk.staff.models import Department, User
from servicedesk.staff.passing_on import Left
from tickets.models import ComplainedAbout, Kind, Ticket
from tickets.ownership import change_owners, heir, successor

BATCH = 1000  # tickets locked by one statement
ON_OWNER = ("promise", "task", "check")  # what the owner of a ticket owes on it


def tickets_of(user: User) -> set[int]:
    """The tickets that a person owns and that are open, and those on which they owe anything else."""
    owned = Ticket.objects.open().filter(owner=user).order_by()
    owed = Deadline.objects.live().filter(owner=user, subject__startswith="ticket:").order_by()
    numbers = owed.annotate(number=Substr("subject", len("ticket:") + 1)).values("number")
    others = Ticket.objects.filter(number__in=numbers).order_by()
    return set(owned.values_list("pk", flat=True)) | set(others.values_list("pk", flat=True))


def hold_tickets(ids: Collection[int]) -> None:
    """Lock tickets in the order in which everybody does who locks many."""
    rows = iter(sorted(ids))
    while batch := list(islice(rows, BATCH)):
        locking = Ticket.objects.select_for_update(no_key=True).filter(pk__in=batch).order_by("pk")
        list(locking.values_list("pk", flat=True))


def pass_on_tickets(user: User, *, by: User | str, at: datetime) -> int:
    """Pass a leaver's open tickets on, in the caller's transaction: the one transfer without acceptance.

    Returns how many stay, because nobody is left to have them. The number of statements grows with the heirs and with
    the thousands of tickets, not with the tickets.
    """
    heirs = _Heirs(Directory.at(at))
    rows = iter(Ticket.objects.open().filter(owner=user).order_by("pk").values_list("pk", flat=True))
    stay = 0
    for batch in iter(lambda: list(islice(rows, BATCH)), []):
        hold_tickets(batch)
        stay += _pass_on(_owned_of(batch, user), user, heirs, by=by, at=at)
    return stay


def _owned_of(batch: Collection[int], user: User) -> list[Ticket]:
    """Those of these locked tickets that are the person's still: others were taken over or closed meanwhile."""
    owned = Ticket.objects.open().filter(pk__in=batch, owner=user).order_by("pk")
    return list(owned.select_related("category", "owner", "department", "live_deadline", "open_check"))


def _pass_on(tickets: list[Ticket], user: User, heirs: _Heirs, *, by: User | str, at: datetime) -> int:
    about = _complained_about(user)
    given: dict[tuple[User, Department], list[Ticket]] = defaultdict(list)
    for ticket in tickets:
        if found := heirs.of(ticket, about[ticket.pk]):
            given[found].append(ticket)
    passed = 0
    for (owner, department), some in given.items():
        with suppress(ValidationError), transaction.atomic():
            change_owners(some, owner, department, how="leaver", by=by, at=at)
            passed += len(some)
    return len(tickets) - passed


class _Heirs:
    """Who has which ticket next; each heir is held once for all their tickets."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.known: dict[tuple[int, frozenset[int]], tuple[User, Department] | None] = {}

    def of(self, ticket: Ticket, about: Collection[int]) -> tuple[User, Department] | None:
        """The heir of one ticket, which is about these people; None where nobody is left."""
        alike = (ticket.department_id, frozenset(about))
        if alike not in self.known:
            try:
                self.known[alike] = successor(ticket, self.directory)
            except ValidationError:
                self.known[alike] = None
        return self.known[alike]


def tickets_left_by(user: User, *, at: datetime) -> Left | None:
    """How many open tickets somebody would leave behind, what is owed on them, and to whom they would pass."""
    directory = Directory.at(at)
    heirs: Counter[int | None] = Counter()
    owned = Ticket.objects.open().filter(owner=user).order_by()
    about = _complained_about(user)
    for pk, department, first_responder in owned.values_list(
        "pk", "department", "first_responder"
    ).iterator():
        ticket = Ticket(owner=user, department_id=department, first_responder_id=first_responder)
        heirs[heir(ticket, directory, exclude={user.pk, *about[pk]})] += 1
    note = _owed_on_them(user, at=at) if heirs else ""
    return Left.to(heirs, directory.organisation, what=_("Open tickets"), note=note)


def _complained_about(user: User) -> dict[int, set[int]]:
    """Whom the person's open tickets are about, and who cannot have them therefore (CASES n)."""
    named = ComplainedAbout.objects.standing().filter(ticket__kind=Kind.COMPLAINT)
    named = named.exclude(ticket__state=Ticket.State.CLOSED)
    about: dict[int, set[int]] = defaultdict(set)
    for ticket, person in named.filter(ticket__owner=user).values_list("ticket", "person"):
        about[ticket].add(person)
    return about


def _owed_on_them(user: User, *, at: datetime) -> str:
    """What is owed on a person's tickets, by kind: "promised reply: 12 (3 overdue), opinion check: 2"."""
    owed = Deadline.objects.live().filter(owner=user, kind__in=ON_OWNER, subject__startswith="ticket:")
    counted = (
        owed.order_by().values("kind").annotate(n=Count("pk"), late=Count("pk", filter=Q(due_at__lt=at)))
    )
    parts = []
    for row in counted.order_by("-n", "kind"):
        text = _("%(kind)s: %(n)s (%(late)s overdue)") if row["late"] else _("%(kind)s: %(n)s")
        parts.append(text % {"kind": kind_name(row["kind"]), "n": row["n"], "late": row["late"]})
    return _(", ").join(parts)
