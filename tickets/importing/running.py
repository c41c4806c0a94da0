"""One import: reading, checking, taking in by batches, and the file of what was refused (DESIGN 8, CASES l)."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2s
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from servicedesk.customers.finding import find_by_phone
from tickets.importing.mappings import Mapping, RowError
from tickets.importing.tables import Row, open_table
from tickets.intake import Intake, open_tickets
from tickets.intake_rules import Desk, check_intake
from tickets.limits import Word
from tickets.models import Category, Ticket

if TYPE_CHECKING:
    from servicedesk.staff.models import User

BATCH = 500  # rows taken in by one transaction
LONGEST_NUMBER = 60  # characters of a number of the source
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell starts that a spreadsheet would carry out
REASON, PLACE = "_reason", "_row"  # columns that the report adds; a corrected report may be imported as it is


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
    """One row on its way in."""

    row: Row
    intake: Intake


class Import:
    """Carries one file through; `run` may be called again with the same file and then changes nothing."""

    def __init__(
        self, mapping: Mapping, *, owner: User, at: datetime, spread: int = 0, dry_run: bool = False
    ) -> None:
        self.mapping, self.owner, self.at, self.dry_run = mapping, owner, at, dry_run
        self.desk = Desk.at(at)
        self.dues = _dues(owner, self.desk, spread=spread)
        self.categories: dict[str, Category] = {}
        self.counts = Counts()

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
        table = open_table(path, progress)
        self.mapping.check_heading(table.heading)
        with closing(_Report(report, table.heading)) if report else nullcontext() as refused:
            self._refused_rows = refused
            rows = table.rows
            while batch := list(islice(rows, BATCH)):
                self._take(batch, corrected=REASON in table.heading)
        return self.counts

    def _take(self, rows: list[Row], *, corrected: bool) -> None:
        self.counts.read += len(rows)
        known = self._known(rows)
        taking: dict[str, _Taking] = {}
        for row in rows:
            try:
                if row.problem:
                    raise RowError(row.problem)
                if corrected:
                    row.cells = {name: _as_typed(cell) for name, cell in row.cells.items()}
                number = self.mapping.text("external_number", row.cells)
                if len(number) > LONGEST_NUMBER:
                    raise RowError(
                        _("This number is too long: at most %(most)s characters.") % {"most": LONGEST_NUMBER}
                    )
                earlier = known.get(number) or taking.get(number)
                if earlier is not None:
                    self._compare(row, number, earlier)
                    continue
                intake = self._intake(row, number)
                check_intake(intake, desk=self.desk)
                taking[number] = _Taking(row, intake)
            except RowError as problem:
                self._refuse(row, str(problem))
            except ValidationError as refusal:
                self._refuse(row, " ".join(refusal.messages))
        self._write(list(taking.values()))

    def _known(self, rows: list[Row]) -> dict[str, Ticket]:
        """The tickets that these rows were taken in as before."""
        source = self.mapping.fields["external_number"]
        numbers = {source.read(row.cells) for row in rows}
        found = Ticket.objects.filter(source=self.mapping.source, external_number__in=numbers)
        return {ticket.external_number or "": ticket for ticket in found.select_related("first_words")}

    def _compare(self, row: Row, number: str, earlier: Ticket | _Taking) -> None:
        """A row taken in before changes nothing; other words under the same number are refused."""
        words = self.mapping.text("words", row.cells)
        known = earlier.first_words.text if isinstance(earlier, Ticket) else earlier.intake.words
        if known is not None and known != words:
            raise RowError(_("Number %(number)s was taken in before with other words.") % {"number": number})
        self.counts.unchanged += 1

    def _intake(self, row: Row, number: str) -> Intake:
        cells, read = row.cells, self.mapping.text
        received_at = self.mapping.moment("received", cells) or self.at
        closed = self.mapping.is_closed(cells)
        closed_at = max(self.mapping.moment("closed", cells) or received_at, received_at) if closed else None
        customer = self._customer(read("phone", cells))
        return Intake(
            kind=self.mapping.kind,
            category=self._category(read("category", cells)),
            channel=read("channel", cells) or "web",
            severity=read("severity", cells) or Ticket.Severity.ORDINARY,
            words=read("words", cells),
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

    def _customer(self, phone: str):
        """The one customer known by this number; a number of several or of nobody names no one (CASES h)."""
        found = list(find_by_phone(phone)[:2]) if phone else []
        return found[0] if len(found) == 1 else None

    def _category(self, name: str) -> Category:
        name = name[:120]
        if name not in self.categories:
            code = f"{self.mapping.source}-{slugify(name)[:30] or 'c'}-{_checksum(name)}"
            fresh = Category(name=name, code=code, kind=self.mapping.kind)
            known = Category.objects.filter(name=name, kind=fresh.kind).first()
            if known is None and not self.dry_run:
                fresh.save()
            self.categories[name] = known or fresh
        return self.categories[name]

    def _word(self) -> Word:
        due_at = next(self.dues)
        return Word(due_at, _("What became of the matter."), "letter")

    def _write(self, taking: list[_Taking]) -> None:
        if not taking:
            return
        if not self.dry_run:
            try:
                open_tickets([one.intake for one in taking], by=self.owner, at=self.at)
            except (ValidationError, IntegrityError, ValueError):
                self._write_singly(taking)
                return
        for one in taking:
            self._count_taken(one.intake)

    def _write_singly(self, taking: list[_Taking]) -> None:
        """What a batch as a whole met with, such as the same file running twice, is judged row by row."""
        for one in taking:
            try:
                with transaction.atomic():
                    open_tickets([one.intake], by=self.owner, at=self.at)
                self._count_taken(one.intake)
            except IntegrityError:
                self._tell_apart(one)
            except (ValidationError, ValueError) as error:
                self._refuse(one.row, " ".join(getattr(error, "messages", [_("This row cannot be stored.")])))

    def _tell_apart(self, one: _Taking) -> None:
        """A row that the database refused: somebody else took it in meanwhile, or it cannot be stored."""
        number = one.intake.external_number
        if Ticket.objects.filter(source=self.mapping.source, external_number=number).exists():
            self.counts.unchanged += 1
        else:
            self._refuse(one.row, _("This row cannot be stored."))

    def _count_taken(self, intake: Intake) -> None:
        self.counts.taken += 1
        if intake.promise:
            day = timezone.localdate(intake.promise.due_at)
            self.counts.promises[(self.owner.display_name, day)] += 1

    def _refuse(self, row: Row, reason: str) -> None:
        self.counts.refused += 1
        if self._refused_rows:
            self._refused_rows.write(row, reason)


def _dues(owner: User, desk: Desk, *, spread: int) -> Iterator[datetime]:
    """The due times of the promises made at import, in turn: the closing times of the coming working days, within S2."""
    department = owner.department or desk.fallback_department
    if department is None:
        raise ValidationError(_("This owner belongs to no department yet."))
    work = desk.calendar_of(department).work_calendar()
    span = desk.standing["S2"]
    longest = span.amount if span.unit == "working_days" else 1
    days = [work.add_days(desk.now, day) for day in range(1, max(1, min(spread or longest, longest)) + 1)]
    if not spread:
        days = days[-1:]

    def turns() -> Iterator[datetime]:
        while True:
            yield from days

    return turns()


def _checksum(name: str) -> str:
    return blake2s(name.encode(), digest_size=4).hexdigest()


class _Report:
    """The refused rows as CSV: place, reason, and the original row, safe to open in a spreadsheet."""

    def __init__(self, path: Path, heading: list[str]) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._columns = [name for name in heading if name not in (PLACE, REASON)]
        self._writer = csv.writer(self._file)
        self._writer.writerow([PLACE, REASON, *self._columns])

    def write(self, row: Row, reason: str) -> None:
        cells = [_harmless(row.cells.get(name, "")) for name in self._columns]
        self._writer.writerow([row.number, reason, *cells])

    def close(self) -> None:
        self._file.close()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _as_typed(cell: str) -> str:
    """A cell of a corrected report, without the mark that kept a spreadsheet from carrying it out."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
