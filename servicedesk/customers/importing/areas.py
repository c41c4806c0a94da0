"""Areas with their officers, and the households that live there (R7.2.2.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from servicedesk.customers.areas import create_area
from servicedesk.customers.editing import change_customer
from servicedesk.customers.facts import put
from servicedesk.customers.importing.customers import CUSTOMERS, PROFILE, CustomerImport, Known, Taking
from servicedesk.customers.importing.standing import refuse_other
from servicedesk.customers.models import Area, Customer
from servicedesk.customers.models.customer import Kind, Source
from servicedesk.importing.mappings import FieldMapping, RowError, Shape, about
from servicedesk.importing.rows import Row
from servicedesk.staff.naming import Naming, NobodyError

LONGEST_NAME = 120  # characters
AREAS = Shape(
    folder=Path(__file__).parent / "areas",
    fields=("area", "officer", "number", "name", "unit", *PROFILE, "phones", "emails"),
    key="number",
    needed=frozenset({"area"}),
    choices={name: CUSTOMERS.choices[name] for name in ("language", "channel")},
    digits=frozenset({"phones"}),
)


class AreaImport(CustomerImport):
    """One file of households by area. A household that is there and lives nowhere yet is given its area."""

    usual_kind = Kind.HOUSEHOLD

    def __init__(self, mapping: FieldMapping, *, at: datetime, dry_run: bool = False) -> None:
        super().__init__(mapping, at=at, dry_run=dry_run)
        self._areas: dict[str, Area] = {}
        self._naming = Naming()

    def judge(self, rows: list[Row]) -> list[Taking]:
        if not self.dry_run:  # what a batch drew that was taken back stands nowhere, whatever its key says
            self._areas = {}
        named = {self.mapping.fields["area"].read(row.cells) for row in rows} - self._areas.keys()
        standing = Area.objects.filter(name__in=named).select_related("officer")
        self._areas |= {area.name: area for area in standing}
        if "officer" in self.mapping.fields:
            self._naming.look_up(self.mapping.fields["officer"].read(row.cells) for row in rows)
        return super().judge(rows)

    def judge_one(self, row: Row, number: str, known: dict[str, Known]) -> Taking | None:
        self._here = self._area(row)
        is_new = self._here.name not in self._areas
        if number:
            taking = super().judge_one(row, number, known)
        else:
            self._refuse_household(row)
            taking = None
        if is_new:
            self._areas[self._here.name] = self._here
            taking = taking or Taking(row, number)
            taking.area = self._here
        return taking

    def again(self, row: Row, number: str, known: Known) -> Taking | None:
        """None for a household that lives where the row says; else where it is to live, if nobody said so far."""
        place = self.values_of(row)
        if known.draft.kind != Kind.HOUSEHOLD:
            raise RowError(_("%(number)s is no household.") % {"number": number})
        if known.draft.values.get("area"):
            return super().again(row, number, known)
        moved = replace(known, draft=replace(known.draft, values={**known.draft.values, **place}))
        super().again(row, number, moved)
        put(Customer(), place)  # what cannot be kept is refused here, not while its batch is written
        return Taking(row, number, customer=known.customer, moving=place)

    def values_of(self, row: Row) -> dict[str, Any]:
        unit = self.mapping.text("unit", row.cells)
        return {"area": self._here, **({"unit": unit} if unit else {})}

    @transaction.atomic
    def write(self, taking: list[Taking]) -> None:
        """New areas first, then the households that are new, then those that are given their area."""
        for one in taking:
            if one.area:
                made = create_area(one.area.name, officer=one.area.officer, by="import", at=self.at)
                one.area.pk = made.pk
        for one in taking:
            if one.newcomer:
                one.newcomer.row.area = one.newcomer.told["area"]
        super().write([one for one in taking if one.newcomer])
        for one in taking:
            if one.moving and one.customer:
                change_customer(
                    one.customer, by="import", at=self.at, reported_as=Source.IMPORT, **one.moving
                )

    def _area(self, row: Row) -> Area:
        """The area of a row: one that stands or came before, or a new one with its officer. Raises RowError."""
        name, text = self.mapping.text("area", row.cells), self.mapping.text("officer", row.cells)
        try:
            officer = self._naming.person(text)
        except NobodyError as problem:
            raise RowError(about(_("Property officer"), problem)) from problem
        if known := self._areas.get(name):
            if officer and officer != known.officer:
                refuse_other(name, [str(Area._meta.get_field("officer").verbose_name)])
            return known
        if officer is None:
            raise RowError(_("There is no area %(name)s yet; name its officer.") % {"name": name[:60]})
        if len(name) > LONGEST_NAME:
            raise RowError(
                _("The name of this area is too long: at most %(most)s characters.") % {"most": LONGEST_NAME}
            )
        return Area(name=name, officer=officer)

    def _refuse_household(self, row: Row) -> None:
        """A household without a number could come in twice."""
        others = [name for name in self.mapping.fields if name not in ("area", "officer", "number")]
        if any(self.mapping.fields[name].read(row.cells) for name in others):
            raise self.mapping.empty("number")
