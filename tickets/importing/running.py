"""One import: reading, judging, taking in by batches, and the file of what was refused (DESIGN 8, CASES l)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import blake2s
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from servicedesk.customers.creating import Draft, create_customers
from servicedesk.customers.finding import owners_of
from servicedesk.customers.models import Customer
from servicedesk.customers.normal import normalise_phone
from tickets.importing.mappings import WHO, Mapping, RowError
from tickets.importing.report import RAW, Report, as_typed, is_report
from tickets.importing.rows import Row
from tickets.importing.tables import open_table
from tickets.intake import Intake, open_tickets
from tickets.intake_rules import Desk, check_intake
from tickets.limits import Word, first_limit
from tickets.models import Category, Ticket

if TYPE_CHECKING:
    from servicedesk.staff.models import User

BATCH = 500  # rows taken in by one transaction
LONGEST_CATEGORY = 120  # characters of a category's name
REFUSALS = (
    ValidationError,
    IntegrityError,
    ValueError,
)  # what a row or its batch may meet with while it is written


@dataclass
class Counts:
    """What became of the rows; `promises` counts those due by owner and day."""

    read: int = 0
    taken: int = 0
    unchanged: int = 0
    refused: int = 0
    promises: Counter[tuple[str, date]] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        return {"read": self.read, "taken": self.taken, "unchanged": self.unchanged, "refused": self.refused}


@dataclass
class _Taking:
    """One row on its way in, with the customer to be where nobody has that telephone number yet."""

    row: Row
    intake: Intake
    newcomer: Draft | None = None


class Import:
    """Carries one file through. It may be broken off at any moment and run again: each row comes in once."""

    def __init__(
        self, mapping: Mapping, *, owner: User, at: datetime, spread: int = 0, dry_run: bool = False
    ) -> None:
        self.mapping, self.owner, self.at, self.dry_run = mapping, owner, at, dry_run
        self.desk = Desk.at(at)
        self.dues = cycle(_dues(owner, self.desk, spread=spread))
        self.categories: dict[str, Category] = {}
        self.counts = Counts()
        self._seen: dict[
            str, bytes | None
        ] = {}  # by number, of a dry run: nothing else remembers what came before

    def run(
        self,
        path: Path,
        *,
        report: Path | None = None,
        progress: Callable[[int], None] = lambda _position: None,
    ) -> Counts:
        """Take in what the rules allow and write the rest, with its reasons, to `report`.

        Raises UnusableFileError if the file or its columns cannot be read; nothing is taken in then.
        """
        table = open_table(path, is_row=self.mapping.is_row, progress=progress)
        self.mapping.check_heading(table.heading)
        corrected = is_report(table.heading)
        with (
            closing(table.rows),
            closing(Report(report, table.heading)) if report else nullcontext() as refused,
        ):
            self._report = refused
            while batch := list(islice(table.rows, BATCH)):
                if corrected:
                    for row in batch:
                        _as_corrected(row)
                self._take(batch)
                self.counts.read += len(batch)
        return self.counts

    def _take(self, rows: list[Row]) -> None:
        """What the database refuses of a batch, another import of the same file perhaps, is judged anew."""
        taking = self._judge(rows)
        while taking:
            try:
                self._write(taking)
            except REFUSALS:
                left = self._judge([one.row for one in taking])
                if len(left) == len(taking):  # no other import: something in it cannot be stored
                    self._write_singly(left)
                    return
                taking = left
            else:
                return

    def _judge(self, rows: list[Row]) -> list[_Taking]:
        """Those to be taken in; the others are counted as refused or unchanged."""
        numbered = [(row, number) for row in rows if (number := self._number(row)) is not None]
        before = self._before({number for _, number in numbered})
        owners = self._owners(row for row, _ in numbered)
        taking = []
        for row, number in numbered:
            try:
                phone = self._phone(row)
                words = self._words(row, phone)
                if number in before:
                    self._compare(number, before[number], words)
                    continue
                customer = self._customer(row, owners.get(phone, []))
                newcomer = None if customer else self._newcomer(row, phone)
                intake = self._intake(row, number, words, customer)
                check_intake(intake, desk=self.desk, by=self.owner)
            except RowError as problem:
                self._refuse(row, str(problem))
            except ValidationError as refusal:
                self._refuse(row, " ".join(refusal.messages))
            else:
                before[number] = _print(words)
                taking.append(_Taking(row, intake, newcomer))
        if self.dry_run:
            self._seen = before
        return taking

    def _number(self, row: Row) -> str | None:
        try:
            if row.problem:
                raise RowError(row.problem)
            return self.mapping.number(row.cells)
        except RowError as problem:
            self._refuse(row, str(problem))
            return None

    def _before(self, numbers: set[str]) -> dict[str, bytes | None]:
        """What was taken in before under these numbers: a print of its words, None once they are erased."""
        taken = Ticket.objects.filter(source=self.mapping.source, external_number__in=numbers)
        found = taken.values_list("external_number", "first_words__text")
        return {
            **self._seen,
            **{number or "": None if text is None else _print(text) for number, text in found},
        }

    def _compare(self, number: str, before: bytes | None, words: str) -> None:
        """A row taken in before changes nothing; other words under the same number are refused."""
        if before is not None and before != _print(words):
            raise RowError(_("Number %(number)s was taken in before with other words.") % {"number": number})
        self.counts.unchanged += 1

    def _intake(self, row: Row, number: str, words: str, customer: Customer | None) -> Intake:
        cells, read = row.cells, self.mapping.text
        received_at = self.mapping.moment("received", cells) or self.at
        closed = self.mapping.is_closed(cells)
        closed_at = max(self.mapping.moment("closed", cells) or received_at, received_at) if closed else None
        return Intake(
            kind=self.mapping.kind,
            category=self._category(read("category", cells)),
            channel=read("channel", cells) or "web",
            severity=read("severity", cells) or Ticket.Severity.ORDINARY,
            words=words,
            wanted=read("wanted", cells),
            read_back=Ticket.ReadBack.IMPORTED,
            first_responder=self.owner,
            owner=self.owner,
            customer=customer,
            anonymous=customer is None,
            received_at=received_at,
            closed_at=closed_at,
            promise=None if closed else self._word(),
            source=self.mapping.source,
            external_number=number,
        )

    def _phone(self, row: Row) -> str:
        """The normalised telephone number of the row; nothing where it has none that is one."""
        try:
            return normalise_phone(self.mapping.text("phone", row.cells))
        except ValidationError:
            return ""

    def _owners(self, rows: Iterable[Row]) -> dict[str, list[Customer]]:
        """Who has the telephone numbers of these rows, in two queries."""
        numbers = set()
        for row in rows:
            with suppress(RowError):  # told when the row is judged
                numbers.add(self._phone(row))
        owners = owners_of(numbers - {""})
        found = Customer.objects.in_bulk({key for keys in owners.values() for key in keys})
        return {number: [found[key] for key in sorted(keys)] for number, keys in owners.items()}

    def _customer(self, row: Row, owners: list[Customer]) -> Customer | None:
        """The one customer who has this number, else the one of several who has this name too; nobody else (CASES h)."""
        if len(owners) != 1:
            name = self.mapping.text("customer", row.cells)
            owners = [owner for owner in owners if owner.name == name]
        return owners[0] if owners else None

    def _words(self, row: Row, phone: str) -> str:
        """What was said; a name or a number that alone tells nobody who it is stays readable there (CASES h, l)."""
        words = self.mapping.text("words", row.cells)
        if words and not (phone and self.mapping.text("customer", row.cells)):
            return "\n".join([words, *self.mapping.labelled(WHO, row.cells)])
        return words

    def _newcomer(self, row: Row, phone: str) -> Draft | None:
        """Who gives a name and a number that nobody of that name has becomes a customer."""
        name = self.mapping.text("customer", row.cells)
        return Draft(name=name, phones=[self.mapping.text("phone", row.cells)]) if name and phone else None

    def _category(self, name: str) -> Category:
        """The category of this name: one for this kind of matter, else one for all, else a new one, not yet kept."""
        if name not in self.categories:
            kind, print_ = self.mapping.kind, _print(f"{self.mapping.kind} {name}").hex()[:8]
            short = name if len(name) <= LONGEST_CATEGORY else f"{name[: LONGEST_CATEGORY - 10]}… {print_}"
            code = f"{slugify(self.mapping.source)[:20]}-{slugify(name)[:30] or 'c'}-{print_}"
            known = Category.objects.filter(name=short, kind__in=[kind, ""]).order_by("-kind").first()
            self.categories[name] = known or Category(name=short, code=code.lstrip("-"), kind=kind)
        return self.categories[name]

    def _keep_category(self, category: Category) -> None:
        """Another import may have kept it meanwhile."""
        kept, _created = Category.objects.get_or_create(
            name=category.name, kind=category.kind, defaults={"code": category.code}
        )
        category.pk = kept.pk

    def _word(self) -> Word:
        due_at = next(self.dues)
        return Word(due_at, _("What became of the matter."), "letter")

    def _write(self, taking: list[_Taking]) -> None:
        if not self.dry_run:
            for category in {one.intake.category.name: one.intake.category for one in taking}.values():
                if category.pk is None:
                    self._keep_category(category)
            self._open(taking)
        for one in taking:
            self._count_taken(one.intake)

    @transaction.atomic
    def _open(self, taking: list[_Taking]) -> None:
        """The matters, with the customers who come in with them: one for each number, as if row by row."""
        drafts: dict[str, Draft] = {}
        for one in taking:
            if one.newcomer:
                drafts.setdefault(_number_of(one.newcomer), one.newcomer)
        created = create_customers(list(drafts.values()), by="import", at=self.at) if drafts else []
        new = dict(zip(drafts, created, strict=True))
        intakes = [
            replace(one.intake, customer=new[_number_of(one.newcomer)], anonymous=False)
            if one.newcomer
            else one.intake
            for one in taking
        ]
        open_tickets(intakes, by=self.owner, at=self.at)

    def _write_singly(self, taking: list[_Taking]) -> None:
        """A row that cannot be stored holds up no other; its customer may have come in with the one before."""
        for one in (fresh for judged in taking for fresh in self._judge([judged.row])):
            try:
                self._write([one])
            except REFUSALS as error:
                reasons = getattr(error, "messages", None) or [_("This row cannot be stored.")]
                if self._judge([one.row]):
                    self._refuse(one.row, " ".join(reasons))

    def _count_taken(self, intake: Intake) -> None:
        self.counts.taken += 1
        if intake.promise:
            day = timezone.localdate(intake.promise.due_at)
            self.counts.promises[(self.owner.display_name, day)] += 1

    def _refuse(self, row: Row, reason: str) -> None:
        self.counts.refused += 1
        if self._report:
            self._report.write(row, reason)


def _number_of(draft: Draft) -> str:
    return normalise_phone(draft.phones[0])


def _as_corrected(row: Row) -> None:
    """A row of a report as it is meant, once its cells are in order."""
    row.cells = {name: as_typed(cell) for name, cell in row.cells.items()}
    if row.cells.get(RAW, "").strip() and not row.problem:
        row.problem = _("Put the cells of this row in order and empty its column %(column)s.") % {
            "column": RAW
        }


def _dues(owner: User, desk: Desk, *, spread: int) -> list[datetime]:
    """The due times of the promises made at import: the end of S2, or the closing times of so many working days within it."""
    department = owner.department or desk.fallback_department
    if department is None:
        raise ValidationError(_("This owner belongs to no department yet."))
    calendar = desk.calendar_of(department)
    latest = first_limit(desk.now, calendar, at=desk.now, standing=desk.standing)
    days: list[datetime] = []
    while (
        len(days) < spread and (day := calendar.work_calendar().add_days(desk.now, len(days) + 1)) <= latest
    ):
        days.append(day)
    return days or [latest]


def _print(text: str) -> bytes:
    """Short and practically unique for each text."""
    return blake2s(text.encode(errors="surrogatepass"), digest_size=8).digest()
