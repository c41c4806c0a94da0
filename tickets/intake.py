"""Taking matters in: one from the form, thousands from an import, by the same rules (R1.1b-R1.1e, R5.2.1; CASES h, l, m, n, s)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from servicedesk.audit.models import Words
from servicedesk.audit.timeline import Record, record_many
from servicedesk.audit.words import store_many
from servicedesk.bulk import insert_rows
from servicedesk.clock.owing import Owed, owe_many
from servicedesk.outbox.posting import Draft, post_many
from tickets.contacts import mode_of
from tickets.intake_rules import Desk, check_intake, check_owners_stay, first_owner
from tickets.limits import Word, derive_first
from tickets.models import ComplainedAbout, Contact, Kind, OpinionCheck, OwnershipPeriod, Promise, Ticket
from tickets.numbers import draw_numbers
from tickets.ownership import successor
from tickets.searching import held_tokens, ticket_tokens

if TYPE_CHECKING:
    from servicedesk.customers.models import ContactPerson, Customer, Project
    from servicedesk.staff.models import User
    from tickets.models import Category


@dataclass(frozen=True)
class Answer:
    """A matter answered inside the contact and accepted there (R1.1d)."""

    words: str


@dataclass(frozen=True, kw_only=True)
class Intake:
    """One matter as it comes in; exactly one of `answer`, `promise` and `closed_at` says what became of it.

    `received_at` None means now. `closed_at` marks a row closed at its source (CASES l). For a task `promise` holds
    the due time and what is to be done, and `requester` who wants it.
    """

    kind: str
    category: Category
    channel: str
    words: str
    first_responder: User
    customer: Customer | None = None
    contact_person: ContactPerson | None = None
    anonymous: bool = False
    project: Project | None = None
    severity: str = Ticket.Severity.ORDINARY
    wanted: str = ""
    cause: str = ""
    read_back: str = Ticket.ReadBack.NOT_ASKED
    read_back_note: str = ""
    received_at: datetime | None = None
    late_reason: str = ""
    requester: User | None = None
    owner: User | None = None
    repeat_of: Ticket | None = None
    complained_about: Sequence[
        User
    ] = ()  # colleagues; none of them owns it longer than the moment of receipt
    answer: Answer | None = None
    promise: Word | None = None
    closed_at: datetime | None = None
    source: str = ""
    external_number: str | None = None


def open_ticket(intake: Intake, *, by: User, at: datetime) -> Ticket:
    """Take one matter in. Raises ValidationError with a message for each field that is wrong (see `check_intake`)."""
    return open_tickets([intake], by=by, at=at)[0]


def open_tickets(intakes: Sequence[Intake], *, by: User, at: datetime) -> list[Ticket]:
    """Take many matters in, in a number of statements that does not depend on how many.

    Each gets its number, first words kept for ever, first responder and owner, first contact, ownership, and either
    its promise, or the accepted answer that closes it, or its closed history. Raises ValidationError for the first
    one that the rules refuse, and for an owner who leaves at that moment; nothing is written then.
    """
    try:
        return _open(intakes, by=by, at=at)
    except IntegrityError:
        check_owners_stay(intakes)
        raise


@transaction.atomic
def _open(intakes: Sequence[Intake], *, by: User, at: datetime) -> list[Ticket]:
    desk = Desk.at(at)
    for intake in intakes:
        check_intake(intake, desk=desk, by=by)
    return _Batch(intakes, by=by, at=at, desk=desk).write()


def _once(people: Sequence[User]) -> list[User]:
    return list({person.pk: person for person in people}.values())


def _passed(intake: Intake, ticket: Ticket) -> bool:
    """Whether a ticket passed upward as it was recorded."""
    return ticket.owner_id != first_owner(intake).pk


@dataclass
class _Texts:
    """The personal texts of a batch, stored in one statement and handed out by the place they were given."""

    texts: list[str] = field(default_factory=list)
    kept: list[Words] = field(default_factory=list)

    def add(self, text: str) -> int | None:
        if not text.strip():
            return None
        self.texts.append(text)
        return len(self.texts) - 1

    def __getitem__(self, place: int | None) -> Words | None:
        return None if place is None else self.kept[place]


class _Batch:
    """The rows of one batch of matters, built side by side and written table by table."""

    def __init__(self, intakes: Sequence[Intake], *, by: User, at: datetime, desk: Desk) -> None:
        self.intakes, self.by, self.at, self.desk = intakes, by, at, desk
        self.texts = _Texts()
        self.places = [self._places(intake) for intake in intakes]
        self.numbers = draw_numbers(len(intakes), at=at)
        self.found_by = held_tokens(intake.customer.pk for intake in intakes if intake.customer)

    def _places(self, intake: Intake) -> dict[str, int | None]:
        return {
            "words": self.texts.add(intake.words),
            "wanted": self.texts.add(intake.wanted),
            "cause": self.texts.add(intake.cause),
            "read_back_note": self.texts.add(intake.read_back_note),
            "late_reason": self.texts.add(intake.late_reason),
            "answer": self.texts.add(intake.answer.words) if intake.answer else None,
            "promise": self.texts.add(intake.promise.will_tell) if intake.promise else None,
            "wish": self.texts.add(intake.promise.wish) if intake.promise else None,
        }

    def write(self) -> list[Ticket]:
        self.texts.kept = store_many(self.texts.texts)
        self.tickets = [
            self._ticket(intake, number, places)
            for intake, number, places in zip(self.intakes, self.numbers, self.places, strict=True)
        ]
        self._owe()
        insert_rows(Ticket, self.tickets)
        self._write_contacts()
        self._write_names()
        self._write_promises_and_checks()
        self._write_periods()
        record_many([entry for rows in self._rows() for entry in self._entries(*rows)])
        self._tell_colleagues()
        return self.tickets

    def _rows(self):
        return zip(self.intakes, self.tickets, self.places, strict=True)

    def _ticket(self, intake: Intake, number: str, places: dict) -> Ticket:
        department = self.desk.answerable(intake)
        process = self.desk.processes[intake.kind]
        ticket = Ticket(
            number=number,
            kind=intake.kind,
            category=intake.category,
            severity=intake.severity,
            channel=intake.channel,
            customer=intake.customer,
            contact_person=intake.contact_person,
            anonymous=intake.anonymous,
            project=intake.project,
            first_words=self.texts[places["words"]],
            wanted=self.texts[places["wanted"]],
            cause=self.texts[places["cause"]],
            read_back=intake.read_back,
            read_back_note=self.texts[places["read_back_note"]],
            received_at=intake.received_at or self.at,
            late_reason=self.texts[places["late_reason"]],
            recorder=self.by,
            first_responder=intake.first_responder,
            owner=first_owner(intake),
            requester=intake.requester,
            department=department,
            demands_check=process.demands_check,
            touched_at=self.at,
            repeat_of=intake.repeat_of,
            source=intake.source,
            external_number=intake.external_number,
        )
        self._pass_upward(ticket, intake)
        ticket.calendar = self.desk.calendar_of(ticket.department)
        ticket.tokens = ticket_tokens(ticket, intake.words, self.found_by.get(ticket.customer_id or 0, ""))
        self._end_at_once(ticket, intake)
        return ticket

    def _pass_upward(self, ticket: Ticket, intake: Intake) -> None:
        """A complaint about whoever would own it is the manager's at once, or the next one's up (CASES n)."""
        named = {person.pk for person in intake.complained_about}
        if ticket.owner_id in named:
            ticket.owner, ticket.department = successor(ticket, self.desk.directory, besides=named)

    def _end_at_once(self, ticket: Ticket, intake: Intake) -> None:
        """A matter answered and accepted in the contact, or closed at its source, enters closed."""
        ended_at = intake.closed_at or (self.at if intake.answer else None)
        if ended_at is None:
            return
        ticket.state = Ticket.State.CLOSED
        ticket.ended = Ticket.Ended.HISTORY if intake.closed_at else Ticket.Ended.ACCEPTED
        ticket.is_history = intake.closed_at is not None
        ticket.resolved_at = ticket.closed_at = max(ended_at, ticket.received_at)

    def _owe(self) -> None:
        promising = [(intake, ticket) for intake, ticket, _ in self._rows() if intake.promise]
        owed = [
            Owed(
                "task" if intake.kind == Kind.TASK else "promise",
                ticket,
                intake.promise.due_at,
                {}
                if intake.kind == Kind.TASK
                else derive_first(
                    intake.promise,
                    self.desk.receipt(intake),
                    ticket.calendar,
                    at=self.at,
                    standing=self.desk.standing,
                ),
            )
            for intake, ticket in promising
        ]
        for (_, ticket), deadline in zip(promising, owe_many(owed, at=self.at), strict=True):
            ticket.live_deadline = deadline

    def _write_contacts(self) -> None:
        contacts = []
        for intake, ticket, places in self._rows():
            if intake.kind == Kind.TASK and intake.customer is None:
                continue
            mode = mode_of(intake.channel)
            common = {
                "ticket_id": ticket.pk,
                "channel": intake.channel,
                "person_id": ticket.contact_person_id,
                "by_id": self.by.pk,
            }
            contacts.append(
                Contact(
                    direction="in", mode=mode, purpose=Contact.Purpose.INTAKE, at=ticket.received_at,
                    words_id=ticket.first_words_id, **common,
                )
            )  # fmt: skip
            if intake.answer:
                contacts.append(
                    Contact(
                        direction="out",
                        mode=mode,
                        purpose=Contact.Purpose.REPLY,
                        accepted=True,
                        at=self.at,
                        words=self.texts[places["answer"]],
                        **common,
                    )
                )
        insert_rows(Contact, contacts)

    def _write_promises_and_checks(self) -> None:
        promises, checks = [], []
        for intake, ticket, places in self._rows():
            if intake.promise and intake.kind != Kind.TASK:
                promises.append(
                    Promise(
                        ticket_id=ticket.pk,
                        deadline_id=ticket.live_deadline_id,
                        number=1,
                        words=self.texts[places["promise"]],
                        channel=intake.promise.channel,
                        person_id=ticket.contact_person_id,
                        made_by_id=self.by.pk,
                        made_at=self.at,
                        wished=intake.promise.wished,
                    )
                )
            if intake.answer and ticket.demands_check:
                checks.append(
                    OpinionCheck(
                        ticket=ticket,
                        number=1,
                        solver=self.by,
                        outcome=OpinionCheck.Outcome.SATISFIED,
                        asked_by=self.by,
                        asked_at=self.at,
                    )
                )
        insert_rows(Promise, promises)
        insert_rows(OpinionCheck, checks)

    def _write_names(self) -> None:
        named = [
            ComplainedAbout(ticket=ticket, person=person, named_by=self.by, named_at=self.at)
            for intake, ticket, _ in self._rows()
            for person in _once(intake.complained_about)
        ]
        insert_rows(ComplainedAbout, named)

    def _write_periods(self) -> None:
        periods = [period for intake, ticket, _ in self._rows() for period in self._periods(intake, ticket)]
        insert_rows(OwnershipPeriod, periods)

    def _periods(self, intake: Intake, ticket: Ticket) -> list[OwnershipPeriod]:
        """One stretch from the receipt on; two where the ticket passed upward as it was recorded."""
        first = OwnershipPeriod(
            ticket_id=ticket.pk,
            owner_id=first_owner(intake).pk,
            department_id=ticket.department_id,
            how="named" if intake.owner else "received",
            from_at=ticket.received_at,
            to_at=ticket.closed_at,
        )
        if not _passed(intake, ticket):
            return [first]
        first.department, first.to_at = self.desk.answerable(intake), self.at
        next_one = OwnershipPeriod(
            ticket=ticket,
            owner=ticket.owner,
            department=ticket.department,
            how=OwnershipPeriod.How.COMPLAINT,
            from_at=self.at,
            to_at=ticket.closed_at,
        )
        return [first, next_one]

    def _entries(self, intake: Intake, ticket: Ticket, places: dict) -> list[Record]:
        key, at = ticket.key, self.at
        by = "import" if intake.source else self.by
        entries = [
            Record(key, "received", by, at, {
                "kind": ticket.kind, "category": ticket.category_id, "severity": ticket.severity,
                "channel": ticket.channel, "first_responder": ticket.first_responder_id, "owner": first_owner(intake).pk,
                "received_at": ticket.received_at, "read_back": ticket.read_back, "words": ticket.first_words,
                "wanted": ticket.wanted, "customer": ticket.customer_id, "repeat_of": ticket.repeat_of_id,
            })
        ]  # fmt: skip
        entries += [
            Record(key, "complained_about", by, at, {"person": person.pk})
            for person in _once(intake.complained_about)
        ]
        if _passed(intake, ticket):
            moved = {"owner": ticket.owner_id, "was": first_owner(intake).pk, "how": "complaint"}
            entries.append(Record(key, "owner_changed", by, at, moved))
        if intake.promise:
            entries.append(
                Record(key, "promised", by, at, {
                    "due_at": intake.promise.due_at, "words": self.texts[places["promise"]], "number": 1,
                    "wished": intake.promise.wished, "wish": self.texts[places["wish"]],
                })
            )  # fmt: skip
        if intake.answer:
            entries.append(
                Record(key, "answered", by, at, {"words": self.texts[places["answer"]], "accepted": True})
            )
        if ticket.state == Ticket.State.CLOSED:
            entries.append(
                Record(key, "closed", by, at, {"ended": ticket.ended, "closed_at": ticket.closed_at})
            )
        return entries

    def _tell_colleagues(self) -> None:
        """Who was named as first responder by somebody else, and whose open matter the customer calls about again."""
        drafts = []
        for intake, ticket, _ in self._rows():
            if intake.source:
                continue
            told = {}
            if ticket.first_responder_id != self.by.pk:
                told["named_first_responder"] = ticket.first_responder
            if intake.repeat_of and intake.repeat_of.owner_id != self.by.pk:
                told["repeat_contact"] = intake.repeat_of.owner
            if _passed(intake, ticket) and ticket.owner_id != self.by.pk:
                told["complaint_passed_on"] = ticket.owner
            params = {"label": ticket.label, "path": ticket.path, "by": self.by.display_name}
            params["owner"] = ticket.owner.display_name if _passed(intake, ticket) else ""
            drafts += [
                Draft(
                    event=event,
                    key=f"{event}:{ticket.number}",
                    channel="in_app",
                    params=params,
                    at=self.at,
                    recipient=person,
                )
                for event, person in told.items()
            ]
        if drafts:
            post_many(drafts)
