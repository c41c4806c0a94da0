"""People with their departments, and who leads these: one row each, judged as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from servicedesk.importing.encodings import UnusableFileError
from servicedesk.importing.mappings import FieldMapping, RowError, Shape, about
from servicedesk.importing.rows import Row
from servicedesk.importing.running import Import
from servicedesk.staff.importing.tree import Said, Structure
from servicedesk.staff.joining import LEADING, Joining, new_colleague, take_on
from servicedesk.staff.models import User
from servicedesk.staff.naming import alike
from servicedesk.staff.positions import POSTS
from servicedesk.staff.roles import Role

PERSON = ("name", "employee_number", "email", "phone", "language")
FIELDS = {"name": "display_name"}  # where the field of a file and that of a person are called differently
POST_FIELDS = {"post": "holder", "post_stand_in": "stand_in"}
STAFF = Shape(
    folder=Path(__file__).parent / "staff",
    fields=("username", *PERSON, "department", "part_of", *LEADING, "roles", *POST_FIELDS),
    key="username",
    needed=frozenset({"username", "name"}),
    choices={
        "language": [code for code, _name in settings.LANGUAGES],
        "roles": Role.values,
        "post": [post.value for post in POSTS],
        "post_stand_in": [post.value for post in POSTS],
    },
    digits=frozenset({"employee_number", "phone"}),
)
MOST_TOLD = 5  # contradictions that the message names; the report has all of them


@dataclass
class _Taking:
    """One row on its way in: somebody new, or what it says of a department and its positions, or both."""

    row: Row
    joining: Joining | None


class StaffImport(Import[_Taking]):
    """One file of people. Who is there is never changed; positions are filled only where nobody holds them.

    A file whose departments or positions contradict each other, or name people who exist neither in it nor in the desk,
    is unusable: nothing of it is taken in.
    """

    whole = 20_000
    mapping: FieldMapping

    def __init__(self, mapping: FieldMapping, *, at: datetime, dry_run: bool = False) -> None:
        super().__init__(mapping, at=at, dry_run=dry_run)
        self.structure = Structure()

    @property
    def founded(self) -> list[str]:
        """The names of the departments that are new."""
        return self.structure.founded

    def judge(self, rows: list[Row]) -> list[_Taking]:
        self.structure = Structure()
        self._standing = _Standing(self.mapping, rows)
        self._given: set[tuple[str, str]] = set()
        read = [
            (row, joining, said) for row in rows if (found := self._read(row)) for joining, said in [found]
        ]
        self._refuse_contradictions()
        taking = []
        for row, joining, said in read:
            if reason := self.structure.stands_otherwise(said):
                self.refuse(row, reason)
                self.structure.drop(said, reason if joining else "")
            elif joining or self.structure.brings_something(said):
                taking.append(_Taking(row, joining))
            else:
                self.counts.unchanged += 1
        self._refuse_contradictions()  # somebody may be needed who has just been refused
        return taking

    def write(self, taking: list[_Taking]) -> None:
        joining = [one.joining for one in taking if one.joining]
        take_on(joining, self.structure.units(), self.structure.posts(), by="import", at=self.at)

    def _read(self, row: Row) -> tuple[Joining | None, Said] | None:
        """Who is new in a row and what it says of the departments; None for a row that is refused."""
        try:
            if row.problem:
                raise RowError(row.problem)
            said = self._said(row)
            if self._names_nobody(row):
                if not said.department:
                    raise RowError(_("This row names neither a person nor a department."))
                joining = None
            else:
                joining = self._joining(row, said)
        except RowError as problem:
            self.refuse(row, str(problem))
            self.structure.lost(self.mapping.fields["username"].read(row.cells), str(problem))
            return None
        self.structure.add(said)
        return joining, said

    def _names_nobody(self, row: Row) -> bool:
        return not any(self.mapping.fields[name].read(row.cells) for name in ("username", "name"))

    def _said(self, row: Row) -> Said:
        cells, read = row.cells, self.mapping
        department = _short(read.text("department", cells))
        said = Said(row, department, _short(read.text("part_of", cells)))
        said.leading = {name: text for name in LEADING if (text := read.text(name, cells))}
        said.posts = [
            (code, place) for name, place in POST_FIELDS.items() for code in read.texts(name, cells)
        ]
        if not department and (said.parent or said.leading):
            raise RowError(
                _("The row says who leads a department, or what it is part of, but not which one.")
            )
        return said

    def _joining(self, row: Row, said: Said) -> Joining | None:
        """Somebody new; None for who is there and stands as the row says. Raises RowError."""
        cells, read = row.cells, self.mapping
        username = User.normalize_username(read.number(cells))
        values = {FIELDS.get(name, name): text for name in PERSON if (text := read.text(name, cells))}
        if "email" in values:
            values["email"] = User.objects.normalize_email(values["email"])
        roles = read.texts("roles", cells)
        standing = self._standing.people.get(username.lower())
        if ("username", username.lower()) in self._given:
            raise RowError(_("%(name)s stands twice in this file.") % {"name": username})
        self._given.add(("username", username.lower()))
        said.person = standing
        if standing:
            self._compare(standing, values, said.department, roles)
            self.structure.know(standing)
            return None
        self._refuse_taken("employee_number", values.get("employee_number", ""))
        self._refuse_taken("email", values.get("email", "").lower())
        try:
            person = new_colleague(username=username, **values)
        except ValidationError as refusal:
            raise RowError(_told(refusal)) from refusal
        said.person = person
        self.structure.know(person)
        return Joining(person, said.department, roles)

    def _refuse_taken(self, field: str, value: str) -> None:
        if not value:
            return
        if (field, value) in self._given or value in self._standing.taken[field]:
            raise RowError(
                _("%(field)s: another employee has %(value)s.") % {"field": _label(field), "value": value}
            )
        self._given.add((field, value))

    def _compare(self, standing: User, values: dict[str, str], department: str, roles: list[str]) -> None:
        other = [_label(name) for name, text in values.items() if (getattr(standing, name) or "") != text]
        if department and department != getattr(standing.department, "name", ""):
            other.append(_label("department"))
        given = {group.name for group in standing.groups.all()} & set(Role.values)
        if roles and given != set(roles):
            other.append(_("roles"))
        if other:
            raise RowError(
                _("%(number)s is there already, with another value of: %(fields)s. Change it in the desk.")
                % {"number": standing.username, "fields": ", ".join(other)}
            )

    def _refuse_contradictions(self) -> None:
        """Raises UnusableFileError where departments or positions cannot be as the file says."""
        wrong = self.structure.contradictions()
        for row, reason in wrong:
            self.refuse(row, reason)
        if wrong:
            told = [
                _("Row %(row)s: %(reason)s") % {"row": row.number, "reason": reason} for row, reason in wrong
            ]
            more = _("and %(number)s more") % {"number": len(wrong) - MOST_TOLD}
            shown = told[:MOST_TOLD] + ([more] if len(wrong) > MOST_TOLD else [])
            raise UnusableFileError(
                _("The file contradicts itself or the desk; nothing was changed. %(reasons)s")
                % {"reasons": " ".join(shown)}
            )


class _Standing:
    """Who in the desk has the log-in names, employee numbers and addresses of a file, with their roles: two queries."""

    def __init__(self, mapping: FieldMapping, rows: list[Row]) -> None:
        said = {name: {mapping.fields[name].read(row.cells) for row in rows} for name in
                ("username", "employee_number", "email") if name in mapping.fields}  # fmt: skip
        logins = {alike(text) for text in said["username"]}
        mails = {text.lower() for text in said.get("email", ())}
        like = (
            Q(login__in=logins)
            | Q(employee_number__in=said.get("employee_number", ()))
            | Q(mail__in=mails - {""})
        )
        people = User.objects.select_related("department").prefetch_related("groups")
        found = list(people.annotate(login=Lower("username"), mail=Lower("email")).filter(like))
        self.people = {person.username.lower(): person for person in found}
        self.taken = {
            "employee_number": {person.employee_number for person in found},
            "email": {person.email.lower() for person in found},
        }


def _short(name: str) -> str:
    if len(name) > 120:
        raise RowError(
            _("The name of this department is too long: at most %(most)s characters.") % {"most": 120}
        )
    return name


def _label(name: str) -> str:
    if name == "username":
        return _("Log-in name")
    described: Any = User._meta.get_field(name)
    return str(described.verbose_name)


def _told(refusal: ValidationError) -> str:
    return " ".join(
        text if name == NON_FIELD_ERRORS else about(_label(name), text)
        for name, texts in refusal.message_dict.items()
        for text in texts
    )
