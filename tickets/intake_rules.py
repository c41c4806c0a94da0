"""What an intake must hold before it is written, for the form and the import alike (CASES h, m, s)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from servicedesk.customers.channels import Channel
from servicedesk.regulations.standing import Settings
from servicedesk.staff.directory import Directory
from servicedesk.staff.models import Department, User
from tickets.limits import TASK, check_due, first_limit, wish_problem
from tickets.models import Kind, Process, Ticket

if TYPE_CHECKING:
    from servicedesk.calendars.models import Calendar
    from tickets.intake import Intake

BACKDATED = timedelta(days=1)  # how far back a receipt may lie without a reason (CASES m)
LONGEST = 100_000  # characters of one text


@dataclass
class Desk:
    """What intake needs to know about the house, read once for a whole batch."""

    now: datetime
    standing: Settings
    processes: dict[str, Process]
    fallback_department: Department | None
    _calendars: dict[int, Calendar] = field(default_factory=dict)

    @cached_property
    def directory(self) -> Directory:
        """Who stands above whom, read only where a complaint is about whoever would own it."""
        return Directory.at(self.now)

    @classmethod
    def at(cls, moment: datetime) -> Desk:
        processes = {process.kind: process for process in Process.objects.all()}
        return cls(moment, Settings.at(moment), processes, Department.objects.filter(parent=None).first())

    def department_of(self, intake: Intake) -> Department | None:
        """Which unit is answerable: the owner's, else the one responsible for the category, else the whole house."""
        return first_owner(intake).department or intake.category.department or self.fallback_department

    def receipt(self, intake: Intake) -> datetime:
        """From when the promise of a matter is judged: an import's from now (CASES l)."""
        return self.now if intake.source else intake.received_at or self.now

    def answerable(self, intake: Intake) -> Department:
        """That unit, for a matter that `check_intake` let pass. Raises LookupError for others."""
        department = self.department_of(intake)
        if department is None:
            raise LookupError("check_intake lets no matter pass without a department")
        return department

    def calendar_of(self, department: Department) -> Calendar:
        """The work calendar of a unit, looked up once a batch."""
        if department.pk not in self._calendars:
            self._calendars[department.pk] = department.effective_calendar()
        return self._calendars[department.pk]


def first_owner(intake: Intake) -> User:
    """Who has a matter at the moment of its receipt."""
    return intake.owner or intake.first_responder


def check_intake(intake: Intake, *, desk: Desk, by: User) -> None:
    """Refuse what the regulations do not allow. Raises ValidationError with a message for each field."""
    errors: dict[str, str] = {}
    _check_named(intake, by, errors)
    _check_who(intake, errors)
    _check_what(intake, desk, errors)
    _check_when(intake, desk, errors)
    if errors:
        raise ValidationError(errors)
    _check_outcome(intake, desk)


def check_owners_stay(intakes: Iterable[Intake]) -> None:
    """Refuse, by field, owners who left since the intakes were put together: the database refuses their tickets."""
    for intake in intakes:
        if User.objects.filter(pk=first_owner(intake).pk, is_active=False).exists():
            errors: dict[str, str] = {}
            _refuse_leaver("owner" if intake.owner else "first_responder", errors)
            raise ValidationError(errors)


def _refuse_leaver(name: str, errors: dict[str, str]) -> None:
    errors[name] = _("This colleague has left or is blocked.")
    if name == "first_responder":
        errors[name] = _("This colleague has left or is blocked. Name the person who was first asked.")


def _check_who(intake: Intake, errors: dict[str, str]) -> None:
    is_task = intake.kind == Kind.TASK
    if is_task and intake.requester is None:
        errors["requester"] = _("Say who wants this task done.")
    if intake.anonymous and intake.customer:
        errors["customer"] = _("An anonymous matter names no customer.")
    elif not (is_task or intake.anonymous or intake.customer):
        errors["customer"] = _("Choose the customer, or mark the matter as anonymous.")
    _check_belonging(intake, errors)
    if not intake.first_responder.is_active:
        _refuse_leaver("first_responder", errors)
    for name in ("owner", "requester"):
        person = getattr(intake, name)
        if person and not (person.is_active and person.blocked_at is None):
            _refuse_leaver(name, errors)


def _check_belonging(intake: Intake, errors: dict[str, str]) -> None:
    """Contact person, project and the matter that is repeated are the customer's; one without a customer has none."""
    person, customer = intake.contact_person, intake.customer and intake.customer.pk
    if person and person.customer_id != customer:
        errors["contact_person"] = _("This person does not belong to the customer.")
    elif person and not person.active:
        errors["contact_person"] = _("This person no longer speaks for the customer.")
    if intake.project and intake.project.customer_id != customer:
        errors["project"] = _("This project belongs to another customer.")
    if intake.repeat_of and (customer is None or intake.repeat_of.customer_id != customer):
        errors["repeat_of"] = _("That matter is another customer's.")


def _check_named(intake: Intake, by: User, errors: dict[str, str]) -> None:
    """Only an open complaint is about a colleague, and none of them answers it as accepted (CASES n)."""
    if not intake.complained_about:
        return
    if intake.kind != Kind.COMPLAINT or intake.closed_at:
        errors["complained_about"] = _("Only an open complaint can be about a colleague.")
    if intake.answer and {by.pk, intake.first_responder.pk} & {one.pk for one in intake.complained_about}:
        errors["answer"] = _(
            "Whom it is about cannot answer it as accepted. Promise a time; the manager has it then."
        )


def _check_what(intake: Intake, desk: Desk, errors: dict[str, str]) -> None:
    if not intake.words.strip():
        errors["words"] = _("Write down what the customer says, in their words.")
    for name, text in _texts(intake):
        if len(text) > LONGEST:
            errors[name] = _("This text is too long: at most %(most)s characters.") % {"most": LONGEST}
    for name, code, known, message in (
        ("channel", intake.channel, Channel, _("Choose how it came in.")),
        ("severity", intake.severity, Ticket.Severity, _("Choose how severe it is.")),
        (
            "read_back",
            intake.read_back,
            Ticket.ReadBack,
            _("Say whether you read the matter back to the customer."),
        ),
    ):
        if code not in known.values:
            errors[name] = message
    if intake.promise and intake.kind != Kind.TASK and intake.promise.channel not in Channel.values:
        errors["reply_by"] = _("Choose how the customer is answered.")
    if intake.kind not in desk.processes:
        errors["kind"] = _("Choose what kind of matter this is.")
        return
    if intake.category.kind not in ("", intake.kind) or not intake.category.active:
        errors["category"] = _("Choose a category that is offered for this kind of matter.")
    if desk.processes[intake.kind].full_intake and not intake.source:
        errors |= full_intake_gaps(intake.read_back, intake.read_back_note, intake.wanted)


def _texts(intake: Intake) -> Iterator[tuple[str, str]]:
    for name in ("words", "wanted", "cause", "read_back_note", "late_reason"):
        yield name, getattr(intake, name)
    if intake.answer:
        yield "answer", intake.answer.words
    if intake.promise:
        yield "will_tell", intake.promise.will_tell
        yield "wish", intake.promise.wish


def full_intake_gaps(read_back: str, read_back_note: str, wanted: str) -> dict[str, str]:
    """What a full intake still lacks, by field (R1.1c, R1.5.X)."""
    gaps = {}
    if read_back not in (Ticket.ReadBack.YES, Ticket.ReadBack.IMPOSSIBLE):
        gaps["read_back"] = _("Say whether you read the matter back to the customer.")
    if read_back == Ticket.ReadBack.IMPOSSIBLE and not read_back_note.strip():
        gaps["read_back_note"] = _("Say why it could not be read back.")
    if not wanted.strip():
        gaps["wanted"] = _("Write down what the customer wants most.")
    return gaps


def _check_when(intake: Intake, desk: Desk, errors: dict[str, str]) -> None:
    received_at = intake.received_at or desk.now
    if received_at > desk.now:
        errors["received_at"] = _("The receipt cannot lie in the future.")
    elif desk.now - received_at > BACKDATED and not intake.late_reason.strip() and not intake.source:
        errors["late_reason"] = _("This was received more than a day ago. Say why it is entered only now.")
    if intake.closed_at and intake.closed_at > desk.now:
        errors["closed_at"] = _("The closing cannot lie in the future.")


def _check_outcome(intake: Intake, desk: Desk) -> None:
    outcomes = [one for one in (intake.answer, intake.promise, intake.closed_at) if one]
    if len(outcomes) != 1:
        raise ValidationError(
            {"outcome": _("Either answer the matter now, or promise when the customer hears from you.")}
        )
    if intake.answer and not intake.answer.words.strip():
        raise ValidationError({"answer": _("Write down the answer that the customer accepted.")})
    if intake.answer and intake.kind == Kind.TASK:
        raise ValidationError(
            {"answer": _("A task is done and confirmed, not answered. Give it a due time.")}
        )
    department = desk.department_of(intake)
    if department is None:
        raise ValidationError({"first_responder": _("This colleague belongs to no department yet.")})
    if intake.promise:
        if problem := wish_problem(intake.promise):
            raise ValidationError({"wish": problem})
        limit = first_limit(
            desk.receipt(intake), desk.calendar_of(department), at=desk.now, standing=desk.standing
        )
        if intake.kind == Kind.TASK:
            limit = desk.now + TASK
        check_due(intake.promise, limit=limit, at=desk.now)
