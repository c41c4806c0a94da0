"""Whose a ticket is: beginning, taking over, and passing on when somebody leaves (INV 1; CASES e, f, n, p)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, F, Max, Value, When
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import Record, record_many
from servicedesk.bulk import insert_rows
from servicedesk.clock.owing import pass_on
from servicedesk.outbox.posting import post
from servicedesk.staff.covering import covered_by
from servicedesk.staff.directory import Directory
from servicedesk.staff.leaving import hold
from servicedesk.staff.models import Department, User
from tickets.impartial import check_impartial
from tickets.models import ComplainedAbout, OwnershipPeriod, Ticket
from tickets.promises import lock


def begin_period(ticket: Ticket, how: str, *, at: datetime) -> OwnershipPeriod:
    """Start a stretch of responsibility for the ticket's present owner, never before the last one ended.

    The clocks of two machines may differ by some seconds; the periods tile nevertheless.
    """
    return begin_periods([ticket], how, at=at)[0]


def begin_periods(tickets: Sequence[Ticket], how: str, *, at: datetime) -> list[OwnershipPeriod]:
    """The same for many tickets, by one statement."""
    periods = OwnershipPeriod.objects.filter(ticket__in=tickets).order_by()
    ended = dict(periods.values_list("ticket").annotate(last=Max("to_at")))
    begun = [
        OwnershipPeriod(
            ticket=ticket,
            owner=ticket.owner,
            department=ticket.department,
            how=how,
            from_at=max(at, ended.get(ticket.pk) or at),
        )
        for ticket in tickets
    ]
    return insert_rows(OwnershipPeriod, begun)


def end_period(*tickets: Ticket, at: datetime) -> None:
    """End the stretch that runs; closing and every change of owner does so at the very moment the next begins."""
    running = OwnershipPeriod.objects.filter(ticket__in=tickets, to_at=None)
    running.update(to_at=Case(When(from_at__gt=at, then=F("from_at")), default=Value(at)))


@transaction.atomic
def take_over(ticket: Ticket, *, by: User, at: datetime) -> Ticket:
    """Take an open ticket over; taking is acceptance, the promise keeps its due time (CASES e).

    Raises ValidationError for who may not (`may_take_over`), if it is closed, or if it is theirs already.
    """
    ticket = lock(ticket)
    if ticket.state == Ticket.State.CLOSED:
        raise ValidationError(_("This ticket is closed. Reopen it first."))
    if ticket.owner_id == by.pk:
        raise ValidationError(_("This ticket is yours already."))
    check_impartial(ticket, by)
    if not may_take_over(ticket, by, at=at):
        raise ValidationError(_("Only who leads the unit, or stands in here, can take the ticket over."))
    was = ticket.owner
    change_owner(ticket, by, by.department or ticket.department, how="taken_over", by=by, at=at)
    post(
        "taken_over",
        key=f"taken_over:{ticket.number}:{at.isoformat()}",
        channel="in_app",
        recipient=was,
        params={"label": ticket.label, "path": ticket.path, "by": by.display_name},
        at=at,
    )
    return ticket


def may_take_over(ticket: Ticket, user: User, *, at: datetime) -> bool:
    """Who may take a ticket over at that moment (CASES e); nobody whom it is about (CASES n).

    Managers and executives of its unit; who sees every ticket and may take over, as the general manager does; the
    category's deputies; and whoever stands in for its absent owner, or for an absent manager or executive of its unit.
    """
    if user.pk in ComplainedAbout.objects.people(ticket):
        return False
    if user.has_perm("tickets.take_over_tickets"):
        if user.has_perm("tickets.view_all_tickets"):
            return True
        if Department.objects.led_by(user.pk).filter(pk=ticket.department_id).exists():
            return True
    if ticket.category.deputies.filter(pk=user.pk).exists():
        return True
    covered = covered_by(user, at=at)
    if ticket.owner_id in covered:
        return True
    leaders = [absence.person for absence in covered.values()]
    may = [one.pk for one in leaders if one.has_perm("tickets.take_over_tickets")]
    return bool(may) and Department.objects.led_by(*may).filter(pk=ticket.department_id).exists()


def change_owner(
    ticket: Ticket, owner: User, department: Department, *, how: str, by: User | str, at: datetime
) -> None:
    """Give a locked ticket to another owner: one period ends as the next begins, and what it owes moves along.

    Raises ValidationError if the new owner leaves meanwhile.
    """
    change_owners([ticket], owner, department, how=how, by=by, at=at)


def change_owners(
    tickets: Sequence[Ticket],
    owner: User,
    department: Department,
    *,
    how: str,
    by: User | str,
    at: datetime,
) -> None:
    """The same for many tickets, all locked, in a number of statements that does not grow with them (per 1000)."""
    if (owner := hold(owner.pk)).is_leaving:
        raise ValidationError(_("%(name)s does not work here any more.") % {"name": owner})
    was = {ticket.pk: ticket.owner_id for ticket in tickets}
    end_period(*tickets, at=at)
    for ticket in tickets:
        ticket.owner, ticket.department, ticket.touched_at = owner, department, at
    rows = Ticket.objects.filter(pk__in=was)
    rows.update(owner=owner, department=department, touched_at=at)
    begin_periods(tickets, how, at=at)
    record_many(
        [
            Record(
                ticket.key, "owner_changed", by, at, {"owner": owner.pk, "was": was[ticket.pk], "how": how}
            )
            for ticket in tickets
        ]
    )
    owed = [deadline for ticket in tickets if (deadline := ticket.owners_deadline())]
    pass_on(*owed, owner=owner, department=department)


def owner_after_closing(ticket: Ticket, *, at: datetime) -> tuple[User, Department]:
    """Who has a reopened matter: the last owner, who does not leave meanwhile, else the manager (CASES n, p)."""
    last = hold(ticket.owner_id)
    if last.is_leaving or last.pk in ComplainedAbout.objects.people(ticket):
        return successor(ticket, Directory.at(at))
    return last, ticket.department


def successor(
    ticket: Ticket, directory: Directory, *, besides: Collection[int] = ()
) -> tuple[User, Department]:
    """The department manager, or the next one up, who takes what a leaver owned or reads what nobody can be told.

    Never the ticket's owner, whom it is about, nor those `besides` (CASES f, g, n). Raises ValidationError if nobody else works here.
    """
    exclude = {ticket.owner_id, *ComplainedAbout.objects.people(ticket), *besides}
    while found := heir(ticket, directory, exclude=exclude):
        person = hold(found)
        if not person.is_leaving:
            return person, person.department or ticket.department
        exclude.add(found)  # went meanwhile
    raise ValidationError(_("Nobody else works here who could take this on."))


def heir(ticket: Ticket, directory: Directory, *, exclude: Collection[int]) -> int | None:
    """Who has a ticket next, of those who can log in; None where nobody else is left."""
    holding = directory.holder(
        "department_manager",
        department_id=ticket.department_id,
        owner_id=ticket.owner_id,
        first_responder_id=ticket.first_responder_id,
        exclude=exclude,
    )
    found = holding.person_id
    if found is None or found in exclude or directory.organisation.people[found].blocked_at is not None:
        return None
    return found
