"""Matters of another system: each row judged, then taken in by the same rules as from the form (DESIGN 8, CASES l)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import blake2s
from itertools import cycle

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from servicedesk.customers.creating import Draft, create_customers
from servicedesk.customers.finding import owners_of
from servicedesk.customers.models import Customer
from servicedesk.customers.normal import normalise_phone
from servicedesk.importing.mappings import RowError
from servicedesk.importing.rows import Row
from servicedesk.importing.running import Import
from servicedesk.staff.models import User
from tickets.importing.shape import WHO, TicketMapping
from tickets.intake import Intake, open_tickets
from tickets.intake_rules import Desk, check_intake
from tickets.limits import Word, first_limit
from tickets.models import Category, Ticket

LONGEST_CATEGORY = 120  # characters of a category's name


@dataclass
class _Taking:
    """One row on its way in, with the customer to be where nobody has that telephone number yet."""

    row: Row
    intake: Intake
    newcomer: Draft | None = None


class TicketImport(Import[_Taking]):
    """One file of matters. `promises` counts those made, by owner and day they are due."""

    mapping: TicketMapping

    def __init__(
        self,
        mapping: TicketMapping,
        *,
        owner: User,
        at: datetime,
        spread: int = 0,
        dry_run: bool = False,
    ) -> None:
        super().__init__(mapping, at=at, dry_run=dry_run)
        self.owner = owner
        self.desk = Desk.at(at)
        self.dues = cycle(_dues(owner, self.desk, spread=spread))
        self.categories: dict[str, Category] = {}
        self.promises: Counter[tuple[str, date]] = Counter()
        self._seen: dict[
            str, bytes | None
        ] = {}  # by number, of a dry run: nothing else remembers what came before

    def judge(self, rows: list[Row]) -> list[_Taking]:
        numbered = [(row, number) for row in rows if (number := self.number_of(row)) is not None]
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
                self.refuse(row, str(problem))
            except ValidationError as refusal:
                self.refuse(row, " ".join(refusal.messages))
            else:
                before[number] = _print(words)
                taking.append(_Taking(row, intake, newcomer))
        if self.dry_run:
            self._seen = before
        return taking

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

    def write(self, taking: list[_Taking]) -> None:
        for category in {one.intake.category.name: one.intake.category for one in taking}.values():
            if category.pk is None:
                self._keep_category(category)
        self._open(taking)

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

    def count_taken(self, one: _Taking) -> None:
        super().count_taken(one)
        if one.intake.promise:
            day = timezone.localdate(one.intake.promise.due_at)
            self.promises[(self.owner.display_name, day)] += 1


def owner_named(username: str) -> User:
    """Who will own what comes in. Raises ValidationError for nobody, and for somebody who cannot answer for it."""
    person = User.objects.filter(username=username).select_related("department").first()
    if person is None or not person.is_active:
        raise ValidationError(_("No active person has the user name %(name)s.") % {"name": username})
    if person.blocked_at is not None:
        raise ValidationError(
            _("The log-in of %(name)s is blocked. Name somebody else.") % {"name": username}
        )
    return person


def _number_of(draft: Draft) -> str:
    return normalise_phone(draft.phones[0])


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
