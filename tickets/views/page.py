"""What the page of one ticket shows, put together for every view that draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from servicedesk.clock.explaining import explain
from servicedesk.clock.models import Deadline
from servicedesk.staff.models import User
from servicedesk.staff.requests import StaffRequest
from tickets import overview
from tickets.about_staff import names_for
from tickets.contacts import mode_of, nobody_to_tell
from tickets.forms.fields import TicketForm
from tickets.forms.reply import CheckForm, ReplyForm, TaskForm
from tickets.models import Contact, Mark, OpinionCheck, Ticket
from tickets.overview import Step
from tickets.ownership import may_take_over
from tickets.proposing import next_time
from tickets.reach import preferences, ways_to_reach
from tickets.replies import may_read, next_attempt_settles
from tickets.resolving import closes_by_answer
from tickets.telling.history import Happening, history
from tickets.views.offered import offered_beside, usual_channel

STEP_FORMS: dict[Step, type[TicketForm]] = {Step.REPLY: ReplyForm, Step.TASK: TaskForm, Step.CHECK: CheckForm}


@dataclass(frozen=True)
class Unsent:
    """Words that were typed into a form which no longer fits the ticket, and why they were not taken."""

    refusal: str
    words: str


def ticket_page(
    request: StaffRequest,
    ticket: Ticket,
    *,
    form: TicketForm | None = None,
    unsent: Unsent | None = None,
    meanwhile: Sequence[Happening] = (),
) -> HttpResponse:
    """The whole page; `form` is one that was refused, `meanwhile` what happened since it was drawn."""
    now, refused = timezone.now(), form is not None or unsent is not None
    before = whole_number(request.GET.get("before", ""))
    context = standing(ticket, request.user, now=now) | {
        "history": history(ticket, now=now, before=before),
        "acts": offered_beside(ticket),
        "may_take_over": ticket.state != Ticket.State.CLOSED
        and ticket.owner_id != request.user.pk
        and may_take_over(ticket, request.user, at=now),
        "unsent": unsent,
        "news": meanwhile,
    }
    context |= _related(ticket, request.user) | _ending(ticket)
    if context["step"] in STEP_FORMS:
        form = form or fresh_form(ticket, context["step"], user=request.user, seen=context["seen"], now=now)
        context |= _around_form(ticket, now=now) | {"form": form, "proposed": form.proposed}
    if ticket.customer:
        person = ticket.contact_person
        context["preferences"] = preferences(ticket.customer, person, at=now)
        context["ways"] = ways_to_reach(ticket.customer, person)
    return render(request, "tickets/ticket.html", context, status=422 if refused else 200)


def standing(ticket: Ticket, user: User, *, now: datetime) -> dict[str, Any]:
    """How the ticket stands: what the page says at its head, and what the polled fragment renews."""
    check = open_check(ticket)
    owed = ticket.deadline()
    promise = (
        ticket.promises.select_related("words", "made_by", "person", "deadline").order_by("-number").first()
    )
    reading, last = overview.unread(ticket), overview.last_entry(ticket)
    return {
        "ticket": ticket,
        "now": now,
        "seen": last,
        "version": overview.version(ticket, last=last, at=now),
        "step": overview.next_step(ticket, check, user, at=now),
        "check": check,
        "owed": owed,
        "reasons": explain(owed.derivation) if owed else [],
        "may_see_owed": owed is not None and Deadline.objects.visible_to(user).filter(pk=owed.pk).exists(),
        "promise": promise if promise and owed and promise.deadline_id == owed.pk else None,
        "promise_person": _person_of(promise, ticket),
        "marks": list(Mark.objects.filter(ticket=ticket, lifted_at=None).select_related("reason")),
        "flags": overview.flags(ticket, at=now),
        "reading": reading,
        "about": names_for(ticket, user),
        "may_read": reading is not None and may_read(reading, user, at=now),
        "void_request": ticket.void_requests.filter(confirmed=None)
        .select_related("reason", "asked_by")
        .first(),
    }


def _related(ticket: Ticket, user: User) -> dict[str, Any]:
    """Repeats and other open matters; those this person may open are `mine`."""
    others = list(overview.other_matters(ticket))
    repeats = list(overview.repeats_of(ticket))
    before = [ticket.repeat_of] if ticket.repeat_of else []
    shown = [matter.pk for matter in (*others, *repeats, *before)]
    mine = set(Ticket.objects.visible_to(user).filter(pk__in=shown).values_list("pk", flat=True))
    named = {matter.pk for matter in (*repeats, *before)}
    return {"others": [one for one in others if one.pk not in named], "repeats": repeats, "mine": mine}


def _ending(ticket: Ticket) -> dict[str, Any]:
    """How the word was kept, for a matter that is closed."""
    if ticket.state != Ticket.State.CLOSED:
        return {}
    outcomes = list(ticket.promises.values_list("deadline__outcome", flat=True))
    return {"promises_made": len(outcomes), "promises_kept": outcomes.count("kept")}


def _person_of(promise, ticket: Ticket):
    """To whom the word was given, unless the customer has been corrected since."""
    person = promise.person if promise else None
    return person if person and person.customer_id == ticket.customer_id else ticket.contact_person


def fresh_form(ticket: Ticket, step: Step, *, user: User, seen: int, now: datetime) -> TicketForm:
    """The form of the obvious act, filled with what the desk knows already."""
    owed, channel = ticket.deadline(), usual_channel(ticket)
    written_only = ticket.customer and ticket.customer.is_written_only(now)
    mode = Contact.Mode.WRITTEN if written_only else mode_of(channel)
    if step == Step.REPLY and nobody_to_tell(ticket):
        mode = Contact.Mode.ON_FILE
    initial = {
        "answering": owed and owed.pk,
        "seen": seen,
        "mode": mode,
        "channel": channel,
        "next_channel": channel,
        "person": ticket.contact_person_id,
    }
    return STEP_FORMS[step](ticket=ticket, user=user, proposed=next_time(ticket, at=now), initial=initial)


def _around_form(ticket: Ticket, *, now: datetime) -> dict[str, Any]:
    """Which parts of the obvious form this ticket needs at this moment."""
    return {
        "odd_hours": outside_hours(ticket, now),
        "on_file": nobody_to_tell(ticket),
        "accepts": closes_by_answer(ticket),
        "attempt_settles": next_attempt_settles(ticket, at=now),
    }


def outside_hours(ticket: Ticket, now: datetime) -> bool:
    """Whether calling the customer now asks for a reason (R5.10.3a)."""
    customer = ticket.customer
    return customer is not None and not nobody_to_tell(ticket) and not customer.is_reachable(now)


def open_check(ticket: Ticket) -> OpinionCheck | None:
    """What is still to be asked or confirmed on it."""
    return ticket.checks.select_related("solver", "deadline__owner").filter(outcome=None).first()


def step_for(ticket: Ticket, user: User, *, now: datetime) -> Step:
    """What this person does next on the ticket."""
    return overview.next_step(ticket, open_check(ticket), user, at=now)


def whole_number(text: str) -> int:
    """A positive number from an address; anything else is 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
