"""Tasks that were reported as done wait for their requester: from now on until a time (S15), counted from today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from types import SimpleNamespace

from django.db import migrations
from django.utils import timezone

from servicedesk.audit.line import GENESIS, chained, write_line
from servicedesk.audit.triggers import lift
from servicedesk.calendars.editions import edition
from servicedesk.clock.due import due_after
from servicedesk.clock.schedule import schedule
from servicedesk.regulations.span import Span

SHIPPED = {"amount": 3, "unit": "days"}  # S15


def owe(apps, schema_editor):
    """What the desk does as a task is reported as done. The triggers, which still know nothing of it, come back after
    every migrate."""
    using = schema_editor.connection.alias
    waiting = apps.get_model("tickets", "Ticket").objects.using(using)
    waiting = waiting.filter(kind="task", state="resolved", open_check=None).order_by("pk")
    if not waiting.exists():
        return
    if schema_editor.connection.vendor == "postgresql":
        lift(schema_editor.connection)
    ladder = apps.get_model("clock", "Ladder").objects.using(using).get(kind="confirmation", active=True)
    steps = [_step(rung) for rung in ladder.rungs.order_by("number")]
    at = timezone.now()
    for ticket in waiting.select_related("category", "requester", "department").iterator():
        _owe(apps, using, ticket, ladder, steps, at)


def _owe(apps, using, ticket, ladder, steps, at) -> None:
    Deadline, Check = apps.get_model("clock", "Deadline"), apps.get_model("tickets", "OpinionCheck")
    subject = f"ticket:{ticket.number}"
    path = Deadline.objects.using(using).filter(subject=subject).values_list("path", flat=True)[0]
    owner, unit = _who(apps, using, ticket)
    calendar = _calendar(apps, using, unit)
    work = edition(calendar.versions.get(version=calendar.version).content).work
    due_at = due_after(_time_to_confirm(apps, using), at, work)
    if not work.is_working_day(due_at.astimezone(work.timezone).date()):
        due_at = work.add_days(due_at, 1)
    rings = schedule(steps, made_at=at, due_at=due_at, work=work, waits=not ladder.never_waits)
    deadline = Deadline.objects.using(using).create(
        kind="confirmation", subject=subject, path=path, owner=owner, department=unit,
        label=f"{ticket.number} · {ticket.category.name}", first_responder_id=ticket.first_responder_id,
        calendar=calendar, made_at=at, due_at=due_at, derivation=_derivation(calendar, work, at, due_at),
        ladder=ladder, schedule=[[moment.astimezone(UTC).isoformat(), rung] for moment, rung in rings],
        next_step_at=rings[0][0], next_ring_at=rings[0][0],
    )  # fmt: skip
    number = Check.objects.using(using).filter(ticket=ticket).count() + 1
    Check.objects.using(using).create(
        ticket=ticket, deadline=deadline, number=number, form="requester", solver_id=_solver(apps, using, ticket)
    )
    ticket.open_check, ticket.due_at = deadline, due_at
    ticket.save(update_fields=["open_check", "due_at"])
    facts = {"due_at": due_at, "number": number, "form": "requester", "owner": owner.pk}
    _tell(apps, using, subject, "check_owed", facts, at)


def _step(rung) -> SimpleNamespace:
    return SimpleNamespace(
        pk=rung.pk, when=rung.when, amount=rung.amount, position=rung.position,
        is_reminder=rung.when != "after", span=Span(rung.amount, rung.unit) if rung.unit else None,
    )  # fmt: skip


def _who(apps, using, ticket) -> tuple:
    """The requester; of one who leaves or has left the nearest leader, and where there is none still the requester."""
    unit = ticket.requester.department or ticket.department
    solver = _solver(apps, using, ticket)
    if _works_here(ticket.requester):
        return ticket.requester, unit
    for person in _leaders(apps, using, unit, ticket.department):
        if person and _works_here(person) and person.pk not in (solver, ticket.requester_id):
            return person, person.department or unit
    return ticket.requester, unit


def _leaders(apps, using, *units) -> Iterator:
    for position in ("manager", "executive"):
        for unit in units:
            for above in _upwards(unit):
                yield getattr(above, position)
    for code in ("general_manager", "supervision", "office"):
        post = apps.get_model("staff", "Post").objects.using(using).filter(code=code).first()
        yield post and post.holder


def _upwards(unit) -> Iterator:
    seen = set()
    while unit and unit.pk not in seen:
        seen.add(unit.pk)
        yield unit
        unit = unit.parent


def _works_here(person) -> bool:
    return person.is_active and person.blocked_why != "leaving"


def _calendar(apps, using, unit):
    own = next((above.calendar_id for above in _upwards(unit) if above.calendar_id), None)
    calendars = apps.get_model("calendars", "Calendar").objects.using(using)
    return calendars.get(pk=own) if own else calendars.get(is_default=True)


def _time_to_confirm(apps, using) -> Span:
    stored = apps.get_model("regulations", "Setting").objects.using(using).filter(code="S15")
    return Span(**(stored.values_list("value", flat=True).first() or SHIPPED))


def _derivation(calendar, work, at, due_at) -> dict:
    skipped = [day.isoformat() for day in work.closed_days(at, due_at)]
    return {
        "rule": "S15", "span": None, "from": at.isoformat(), "calendar": calendar.pk, "version": calendar.version,
        "skipped": skipped,
    }  # fmt: skip


def _solver(apps, using, ticket) -> int:
    """Who reported the task as done."""
    entries = apps.get_model("audit", "Entry").objects.using(using)
    told = entries.filter(subject=f"ticket:{ticket.number}", event="task_finished").order_by("-number")
    return told.values_list("by", flat=True).first() or ticket.owner_id


def _tell(apps, using, subject: str, event: str, facts: dict, at) -> None:
    """The entry that belongs to it, at the end of the ticket's chain."""
    heads = apps.get_model("audit", "Head").objects.using(using)
    head = heads.filter(subject=subject).first() or heads.model(subject=subject, number=0, hash=GENESIS)
    number = head.number + 1
    line = write_line(
        subject=subject, number=number, event=event, by="clock", at=at, recorded_at=at, facts=facts
    )
    apps.get_model("audit", "Entry").objects.using(using).create(
        subject=subject, number=number, event=event, by=None, actor="clock", at=at, recorded_at=at, line=line,
        previous=head.hash, hash=chained(head.hash, line),
    )  # fmt: skip
    head.number, head.hash = number, chained(head.hash, line)
    head.save(using=using)


def withdraw(apps, schema_editor):
    """Back to waiting without a time: what is owed is withdrawn, and stays on record."""
    using = schema_editor.connection.alias
    at = timezone.now()
    tickets = apps.get_model("tickets", "Ticket").objects.using(using)
    waiting = tickets.filter(kind="task", open_check__isnull=False).select_related("open_check")
    if not waiting.exists():
        return
    if schema_editor.connection.vendor == "postgresql":
        lift(schema_editor.connection)
    for ticket in waiting.iterator():
        owed = ticket.open_check
        ticket.open_check = ticket.due_at = None
        ticket.save(update_fields=["open_check", "due_at"])
        checks = apps.get_model("tickets", "OpinionCheck").objects.using(using)
        checks.filter(deadline=owed).update(outcome="withdrawn", asked_at=at)
        facts = {"kind": owed.kind, "due_at": owed.due_at, "deadline": owed.pk}
        if at > owed.due_at and owed.broken_at is None:
            owed.broken_at = at
            _tell(apps, using, owed.subject, "broke", facts, at)
        owed.settled_at, owed.outcome, owed.next_step_at, owed.next_ring_at = at, "withdrawn", None, None
        owed.save()
        _tell(apps, using, owed.subject, "withdrawn", facts | {"reason": "migrated"}, at)


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_seals_and_runs"),
        ("calendars", "0003_the_organisations_calendar"),
        ("regulations", "0001_settings_and_their_changes"),
        ("staff", "0006_why_a_log_in_is_blocked"),
        ("tickets", "0010_confirmations_of_tasks"),
    ]

    operations = [migrations.RunPython(owe, withdraw)]
