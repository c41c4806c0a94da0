"""What must hold of tickets, re-checked over live data by `manage.py audit` (DESIGN 6, INV 1-6)."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Value, Window
from django.db.models.functions import Concat, Lag
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from servicedesk.audit.batches import in_batches
from servicedesk.audit.invariants import Violation, invariant, of_timelines
from servicedesk.audit.reading import ReadEntry, Timelines
from servicedesk.audit.timeline import Entry, Head
from servicedesk.clock.models import Deadline
from servicedesk.staff.models import Absence
from tickets.models import (
    CONFIRMATION,
    ComplainedAbout,
    Contact,
    OpinionCheck,
    OwnershipPeriod,
    Promise,
    Reading,
    Ticket,
    VoidRequest,
)


def _violations(tickets, text) -> Iterator[Violation]:
    for number in tickets.values_list("number", flat=True).iterator():
        yield Violation(f"ticket:{number}", text)


@invariant("1", gettext_lazy("One owner at every moment"))
def ownership_tiles() -> Iterator[Violation]:
    """Open tickets have one running period, of their owner; closed ones none; no gap but from closing to reopening."""
    running = OwnershipPeriod.objects.filter(ticket=OuterRef("pk"), to_at=None)
    theirs = running.filter(owner=OuterRef("owner"))
    yield from _violations(
        Ticket.objects.open().filter(~Exists(theirs)), _("No running ownership of the ticket's owner.")
    )
    yield from _violations(
        Ticket.objects.filter(Exists(running), state="closed"), _("A closed ticket is still owned.")
    )
    first = (
        OwnershipPeriod.objects.filter(ticket=OuterRef("pk")).order_by("from_at", "pk").values("from_at")[:1]
    )
    yield from _violations(
        Ticket.objects.annotate(owned_from=Subquery(first)).exclude(owned_from=F("received_at")),
        _("Ownership does not begin with the receipt."),
    )
    gaps = OwnershipPeriod.objects.annotate(before=_one_before("pk"), ended_at=_one_before("to_at")).filter(
        Q(ended_at=None) | ~Q(from_at=F("ended_at")) & ~Q(how="reopened", from_at__gte=F("ended_at")),
        before__isnull=False,
    )
    for number, *_judged in gaps.order_by().values_list("ticket__number", "before", "ended_at").iterator():
        yield Violation(f"ticket:{number}", _("Two periods of ownership do not meet."))
    after = OwnershipPeriod.objects.filter(ticket=OuterRef("ticket"), pk__gt=OuterRef("pk"))
    beyond = OwnershipPeriod.objects.filter(
        ~Exists(after), ticket__state="closed", to_at__gt=F("ticket__closed_at"), from_at__lt=F("to_at")
    )
    for number in beyond.order_by().values_list("ticket__number", flat=True).iterator():
        yield Violation(f"ticket:{number}", _("Ownership goes on after the closing."))


def _one_before(name: str) -> Window:
    """A field of the period before, of the same ticket."""
    return Window(Lag(name), partition_by="ticket_id", order_by="pk")


@invariant("1", gettext_lazy("Nobody who has left owns an open ticket"))
def leavers_own_nothing() -> Iterator[Violation]:
    yield from _violations(Ticket.objects.open().filter(owner__is_active=False), _("The owner has left."))


@invariant("5", gettext_lazy("Every ticket has a timeline"))
def tickets_have_their_timeline() -> Iterator[Violation]:
    head = Head.objects.filter(subject=Concat(Value("ticket:"), OuterRef("number")))
    yield from _violations(Ticket.objects.filter(~Exists(head)), _("It has no timeline."))


@of_timelines("2", gettext_lazy("First responder, first words and receipt never change"))
def first_things_stand_on_the_timeline(timelines: Timelines) -> Iterator[Violation]:
    """The first entry of the timeline says the same as the row."""
    numbers = [subject.removeprefix("ticket:") for subject in timelines.of("ticket")]
    rows = Ticket.objects.filter(number__any=numbers)
    for number, *row in rows.values_list("number", "first_responder", "received_at", "first_words"):
        key = f"ticket:{number}"
        if text := _differs(row, timelines.entries[key][0]):
            yield Violation(key, text)


def _differs(row: list, entry: ReadEntry) -> str:
    if entry.number != 1 or entry.event != "received":
        return _("The timeline does not begin with the receipt.")
    facts = entry.facts
    told = [
        facts.get("first_responder"),
        facts.get("received_at"),
        getattr(facts.get("words"), "words", None),
    ]
    return "" if row == told else _("First responder, first words or receipt differ from the timeline.")


@invariant("customer", gettext_lazy("A ticket's project is its customer's"))
def projects_are_the_customers() -> Iterator[Violation]:
    yield from _violations(
        Ticket.objects.filter(project__isnull=False).exclude(customer=F("project__customer")),
        _("Its project belongs to another customer."),
    )


@invariant("11", gettext_lazy("Nobody owns or judges a complaint about themselves"))
def complaints_are_handled_by_others() -> Iterator[Violation]:
    """Of open ones the owner is not named; what somebody decided while named counts, not what they did before or after."""
    named = ComplainedAbout.objects.filter(ticket=OuterRef("pk"), person=OuterRef("owner"), lifted_at=None)
    yield from _violations(
        Ticket.objects.open().filter(Exists(named), kind="complaint"), _("The complaint is about its owner.")
    )
    judged: list[tuple[Any, str, str, str]] = [
        (OpinionCheck.objects.exclude(outcome="withdrawn"), "ticket", "asked_by", "asked_at"),
        (VoidRequest.objects.all(), "ticket", "decided_by", "decided_at"),
        (Reading.objects.all(), "contact__ticket", "read_by", "read_at"),
    ]
    for rows, ticket, person, moment in judged:
        standing = ComplainedAbout.objects.filter(
            Q(lifted_at=None) | Q(lifted_at__gt=OuterRef(moment)),
            ticket=OuterRef(ticket), person=OuterRef(person), named_at__lt=OuterRef(moment),
        )  # fmt: skip
        numbers = rows.filter(Exists(standing)).values_list(f"{ticket}__number", flat=True)
        for number in numbers.iterator():
            yield Violation(f"ticket:{number}", _("Somebody judged a complaint about themselves."))


@invariant("3", gettext_lazy("Unresolved means exactly one live deadline"))
def unresolved_tickets_owe() -> Iterator[Violation]:
    yield from _violations(
        Ticket.objects.filter(state="unresolved").filter(
            Q(live_deadline=None) | Q(live_deadline__settled_at__isnull=False)
        ),
        _("Unresolved without a live deadline."),
    )
    yield from _violations(
        Ticket.objects.exclude(state="unresolved").filter(live_deadline__isnull=False),
        _("No longer unresolved, but something is still promised."),
    )
    promise = Promise.objects.filter(deadline=OuterRef("live_deadline"), ticket=OuterRef("pk"), reply=None)
    yield from _violations(
        Ticket.objects.filter(~Exists(promise), state="unresolved").exclude(kind="task"),
        _("The live deadline is no open promise of this ticket."),
    )
    in_use = Ticket.objects.filter(Q(live_deadline=OuterRef("pk")) | Q(open_check=OuterRef("pk")))
    stray = Deadline.objects.live().filter(
        ~Exists(in_use), kind__in=["promise", "task", "check", CONFIRMATION], subject__startswith="ticket:"
    )
    for subject in stray.values_list("subject", flat=True).iterator():
        yield Violation(subject, _("A deadline is live that its ticket does not know."))


@invariant("3", gettext_lazy("Resolved means exactly one open check where one is demanded"))
def resolved_tickets_owe_their_check() -> Iterator[Violation]:
    open_check = OpinionCheck.objects.filter(ticket=OuterRef("pk"), outcome=None)
    owed = open_check.filter(deadline=OuterRef("open_check"))
    resolved = Ticket.objects.filter(Q(demands_check=True) | Q(kind="task"), state="resolved")
    yield from _violations(resolved.filter(~Exists(owed)), _("Resolved without its open check."))
    yield from _violations(
        Ticket.objects.filter(Exists(open_check)).exclude(state="resolved"),
        _("A check is open on a ticket that is not resolved."),
    )


@invariant("3", gettext_lazy("What is owed is owed by the ticket's owner"))
def deadlines_follow_the_owner() -> Iterator[Violation]:
    """All but the confirmation of a task, which others owe."""
    yield from _violations(
        Ticket.objects.filter(
            Q(live_deadline__isnull=False) & ~Q(live_deadline__owner=F("owner"))
            | Q(open_check__isnull=False)
            & ~Q(open_check__owner=F("owner"))
            & ~Q(open_check__kind=CONFIRMATION)
        ),
        _("Its live deadline belongs to somebody else than its owner."),
    )


@invariant("3", gettext_lazy("That a task is done is confirmed by its requester"))
def confirmations_are_the_requesters() -> Iterator[Violation]:
    """Or by whom the timeline names as the one who has it in their place."""
    passed = Ticket.objects.filter(open_check__kind=CONFIRMATION).exclude(open_check__owner=F("requester"))
    for tickets in in_batches(passed.only("number", "open_check__owner").select_related("open_check")):
        subjects = [ticket.key for ticket in tickets]
        entries = Entry.objects.filter(subject__in=subjects, event__in=["check_owed", "check_passed_on"])
        told = {one.subject: one.legible_facts.get("owner") for one in entries.order_by("number")}
        for ticket in tickets:
            if ticket.open_check and told.get(ticket.key) != ticket.open_check.owner_id:
                yield Violation(
                    ticket.key, _("Its confirmation is owed by somebody to whom it was never passed on.")
                )


@invariant("3", gettext_lazy("A reply on the file is read or still to be read"))
def readings_are_owed() -> Iterator[Violation]:
    """Read exactly where the reading was settled; a live reading belongs to a reply."""
    settled = Q(deadline__outcome__in=["kept", "late"])
    wrong = Reading.objects.filter(Q(read_at=None) & settled | Q(read_at__isnull=False) & ~settled)
    for reading in wrong.select_related("contact__ticket").iterator():
        yield Violation(
            reading.contact.ticket.key,
            _("A reply on the file is read, but its reading is still owed, or the other way round."),
        )
    theirs = Reading.objects.filter(deadline=OuterRef("pk"))
    for subject in (
        Deadline.objects.live()
        .filter(~Exists(theirs), kind="reading")
        .values_list("subject", flat=True)
        .iterator()
    ):
        yield Violation(subject, _("A reading is owed of which no reply knows."))


@invariant("4", gettext_lazy("Promises are numbered without holes and settled by a reply"))
def promises_are_whole() -> Iterator[Violation]:
    counted = Promise.objects.values("ticket__number").annotate(
        n=Count("pk"), last=Max("number"), first=Min("number")
    )
    for row in counted.exclude(n=F("last"), first=1).iterator():
        yield Violation(f"ticket:{row['ticket__number']}", _("The promises are not numbered from one on."))
    unanswered = Promise.objects.filter(deadline__outcome__in=["kept", "late"], reply=None).select_related(
        "ticket"
    )
    for promise in unanswered.iterator():
        yield Violation(
            promise.ticket.key,
            _("Promise %(number)s was settled without a reply.") % {"number": promise.number},
        )


@invariant("6", gettext_lazy("Nothing is solved before the customer is told"))
def solved_tickets_were_told() -> Iterator[Violation]:
    solved = Ticket.objects.filter(resolved_at__isnull=False, is_history=False).exclude(kind="task")
    yield from _violations(
        solved.exclude(ended="void").filter(~Exists(_replies())), _("Solved without a reply to the customer.")
    )


def _replies() -> QuerySet[Contact]:
    """The replies that told a ticket's customer the solution, at the very moment of solving."""
    told = Contact.objects.filter(ticket=OuterRef("pk"), direction="out", purpose="reply")
    return told.filter(at=OuterRef("resolved_at")).exclude(mode="tried")


def _answers() -> QuerySet[OpinionCheck]:
    """The check that a ticket's closing rests on: the last one, satisfied, owed since its last promise."""
    later = OpinionCheck.objects.filter(ticket=OuterRef("ticket"), number__gt=OuterRef("number"))
    since = Promise.objects.filter(ticket=OuterRef("ticket"), deadline__gt=OuterRef("deadline"))
    satisfied = OpinionCheck.objects.filter(ticket=OuterRef("pk"), outcome="satisfied")
    return satisfied.filter(~Exists(later), ~Exists(since))


def _theirs_to_confirm() -> Q:
    """By who asked for the task or owed its confirmation; while that person was away also by another, who had not done
    it. An absence counts as it ever stood: it may have been changed since."""
    away = Absence.history.filter(
        Q(ends_at=None) | Q(ends_at__gt=OuterRef("asked_at")),
        person=OuterRef("deadline__owner"), deputy__isnull=False, starts_at__lte=OuterRef("asked_at"),
    )  # fmt: skip
    own = Q(asked_by=F("ticket__requester")) | Q(asked_by=F("deadline__owner"))
    return own | (~Q(asked_by=F("solver")) & Q(Exists(away)))


def _closings() -> QuerySet[Entry]:
    subject = Concat(Value("ticket:"), OuterRef("number"))
    return Entry.objects.filter(subject=subject, event="closed", at=OuterRef("closed_at"))


@invariant("6", gettext_lazy("Nothing closes without proof"))
def closed_tickets_are_proved() -> Iterator[Violation]:
    """Each ending with its own proof; what has been reopened since needs a new one."""
    closed = Ticket.objects.filter(state="closed", is_history=False)
    asked = _answers().filter(form="customer", contact__purpose="check").exclude(contact__mode="tried")
    confirmed = _answers().filter(form="confirmation").exclude(asked_by=F("solver"))
    in_the_contact = _answers().filter(deadline=None, asked_at=OuterRef("resolved_at"))
    void = VoidRequest.objects.filter(ticket=OuterRef("pk"), confirmed=True, decided_at=OuterRef("closed_at"))
    closing = Entry.objects.filter(
        subject=Concat(Value("ticket:"), OuterRef("ticket__number")), event="closed", at=OuterRef("asked_at")
    )
    done = _answers().filter(
        _theirs_to_confirm(), Exists(closing.filter(by=OuterRef("asked_by"))), form="requester"
    )
    # Tasks that were closed before their confirmation was owed to a time have none.
    undated = ~Exists(OpinionCheck.objects.of_requesters().filter(ticket=OuterRef("pk")))
    by_somebody = Exists(_closings().filter(by__isnull=False))
    at_once = Q(Exists(_replies()), demands_check=False, resolved_at=F("closed_at"))
    proofs = {
        "checked": (Q(Exists(asked)), _("Closed without a satisfied check.")),
        "confirmed": (
            Q(Exists(confirmed)) | (Q(kind="task") & by_somebody & (Q(Exists(done)) | undated)),
            _("Closed without the confirmation of a second person."),
        ),
        "accepted": (
            Q(Exists(_replies().filter(accepted=True)), resolved_at=F("closed_at"))
            & (Q(demands_check=False) | Q(Exists(in_the_contact))),
            _("Closed without an answer that the customer accepted."),
        ),
        "decided": (at_once, _("Closed without a decision that was told.")),
        "unopposed": (
            Q(Exists(_replies()), demands_check=False, closed_at__gt=F("resolved_at")),
            _("Closed before the customer could object."),
        ),
        "void": (Q(Exists(void)), _("Void without a second person.")),
    }
    for ended, (proof, text) in proofs.items():
        yield from _violations(closed.filter(~proof, ended=ended), text)
    yield from _violations(closed.filter(~Exists(_closings())), _("The closing is not on the timeline."))
