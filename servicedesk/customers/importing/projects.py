"""Projects: what was delivered to whom and when, and who answers for it (R5.7b)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from servicedesk.customers.importing.standing import refuse_other, told_apart
from servicedesk.customers.models import Customer, Project
from servicedesk.customers.projects import ProjectDraft, prepare_project, write_projects
from servicedesk.importing.mappings import FieldMapping, RowError, Shape, about
from servicedesk.importing.rows import Row
from servicedesk.importing.running import Import
from servicedesk.staff.naming import Naming, NobodyError

PEOPLE = ("salesperson", "executive", "project_manager")
DAYS = {"delivered": "delivered_on", "service_ends": "service_ends_on"}
PROJECTS = Shape(
    folder=Path(__file__).parent / "projects",
    fields=("number", "name", "customer", *PEOPLE, *DAYS, "state"),
    key="number",
    needed=frozenset({"number", "name", "customer"}),
    choices={"state": Project.State.values},
    digits=frozenset({"customer"}),
)


@dataclass
class _Taking:
    """One row on its way in."""

    row: Row
    project: Project


class ProjectImport(Import[_Taking]):
    """One file of projects. One that is there already is never changed: a row that says otherwise is refused."""

    mapping: FieldMapping

    def __init__(self, mapping: FieldMapping, *, at: datetime, dry_run: bool = False) -> None:
        super().__init__(mapping, at=at, dry_run=dry_run)
        self._naming = Naming()
        self._seen: dict[str, Project] = {}  # of a dry run: nothing else remembers what came before

    def judge(self, rows: list[Row]) -> list[_Taking]:
        numbered = [(row, number) for row in rows if (number := self.number_of(row)) is not None]
        known = {**self._seen, **self._standing(number for _, number in numbered)}
        customers = self._customers(row for row, _ in numbered)
        self._naming.look_up(
            self.mapping.fields[name].read(row.cells) for row, _ in numbered for name in self._people
        )
        taking = []
        for row, number in numbered:
            try:
                project = prepare_project(self._draft(row, number, customers))
                if number in known:
                    refuse_other(number, _differing(project, known[number], self._said(row)))
            except RowError as problem:
                self.refuse(row, str(problem))
            except ValidationError as refusal:
                self.refuse(row, told_apart(refusal, Project))
            else:
                if number in known:
                    self.counts.unchanged += 1
                    continue
                known[number] = project
                taking.append(_Taking(row, project))
        if self.dry_run:
            self._seen = known
        return taking

    def write(self, taking: list[_Taking]) -> None:
        write_projects([one.project for one in taking], by="import", at=self.at)

    @property
    def _people(self) -> list[str]:
        return [name for name in PEOPLE if name in self.mapping.fields]

    def _draft(self, row: Row, number: str, customers: dict[str, Customer]) -> ProjectDraft:
        cells, read = row.cells, self.mapping
        named = read.text("customer", cells)
        if named not in customers:
            raise RowError(_("There is no customer %(number)s.") % {"number": named[:60]})
        values: dict[str, Any] = {name: self._person(name, row) for name in self._people}
        values |= {field: day for name, field in DAYS.items() if (day := read.day(name, cells))}
        return ProjectDraft(
            customer=customers[named],
            name=read.text("name", cells),
            state=read.text("state", cells) or Project.State.ACTIVE,
            values={name: value for name, value in values.items() if value is not None},
            origin=read.source,
            external_number=number,
        )

    def _person(self, name: str, row: Row) -> Any:
        text = self.mapping.text(name, row.cells)
        try:
            return self._naming.person(text)
        except NobodyError as problem:
            field: Any = Project._meta.get_field(name)
            raise RowError(about(field.verbose_name, problem)) from problem

    def _said(self, row: Row) -> list[str]:
        """The fields of a project that the row says something of."""
        filled = [name for name, source in self.mapping.fields.items() if source.read(row.cells)]
        return [DAYS.get(name, name) for name in filled if name != self.mapping.shape.key]

    def _customers(self, rows: Iterable[Row]) -> dict[str, Customer]:
        """By their number at the source or in the desk, in one query."""
        named = {self.mapping.fields["customer"].read(row.cells) for row in rows}
        there = Q(origin=self.mapping.source, external_number__in=named)
        found = Customer.objects.filter(there | Q(number__in=named)).defer("tokens")
        by_number = {customer.number: customer for customer in found}
        return by_number | {
            customer.external_number: customer
            for customer in found
            if customer.external_number and customer.origin == self.mapping.source
        }

    def _standing(self, numbers: Iterable[str]) -> dict[str, Project]:
        known = Project.objects.filter(origin=self.mapping.source, external_number__in=list(numbers))
        return {project.external_number or "": project for project in known}


def _differing(said: Project, standing: Project, names: list[str]) -> list[str]:
    """Which of these fields stand otherwise, in words."""
    fields: list[Any] = [Project._meta.get_field(name) for name in names]
    return [
        str(field.verbose_name)
        for field in fields
        if getattr(said, field.attname) != getattr(standing, field.attname)
    ]
