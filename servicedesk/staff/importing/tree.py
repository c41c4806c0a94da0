"""What a file says of departments, positions and posts, put together and held against itself and the desk."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from servicedesk.importing.mappings import about
from servicedesk.importing.rows import Row
from servicedesk.staff.joining import LEADING, Unit
from servicedesk.staff.models import Department, Post, User
from servicedesk.staff.naming import Naming, NobodyError, alike


@dataclass(eq=False)
class Said:
    """What one row says: where the person works, what that is part of, who leads it, and the posts of the person."""

    row: Row
    department: str = ""
    parent: str = ""
    leading: dict[str, str] = field(default_factory=dict)
    posts: list[tuple[str, str]] = field(default_factory=list)
    person: User | None = None


class Structure:
    """The statements of all rows. People are found by what names them, in the file first, then in the desk."""

    def __init__(self) -> None:
        self._said: list[Said] = []
        self._people: dict[str, list[User]] = defaultdict(list)
        self._lost: dict[str, str] = {}
        self._naming = Naming()
        self._standing = {one.name: one for one in Department.objects.select_related("parent", *LEADING)}
        self._posts = {post.code: post for post in Post.objects.select_related("holder", "stand_in")}
        self._told: set[Any] = set()

    # What rows say

    def know(self, person: User) -> None:
        """Somebody of the file, by all that may name them. Who leaves is found in the desk, which says so."""
        if not person.is_leaving:
            for text in _names_of(person):
                self._people[text].append(person)

    def lost(self, username: str, reason: str) -> None:
        """Somebody of the file who is refused, so that whoever needs them can say why."""
        self._lost[alike(username)] = reason

    def add(self, said: Said) -> None:
        self._said.append(said)

    def drop(self, said: Said, reason: str) -> None:
        """Forget what a row said of its department and posts: it is refused; with a reason its new person as well."""
        said.department, said.parent, said.leading, said.posts = "", "", {}, []
        if reason and said.person:
            self.lost(said.person.username, reason)
            for people in self._people.values():
                people[:] = [person for person in people if person is not said.person]

    # What is wrong with it

    def contradictions(self) -> list[tuple[Row, str]]:
        """Rows that cannot all be true, each with its reason; empty for a file that holds together."""
        self._naming.look_up(
            text for said in self._said for text in said.leading.values() if not self._in_file(text)
        )
        wrong = [*self._twice(), *self._loops(), *self._unknown_people(), *self._posts_of_leavers()]
        return sorted(wrong, key=lambda one: one[0].number)

    def _twice(self) -> Iterator[tuple[Row, str]]:
        """Two parents, two managers, two holders of a post."""
        first: dict[tuple[str, str], str] = {}
        for said in self._said:
            claims = {"part_of": said.parent, **said.leading}
            for name, text in claims.items():
                if text and not self._same(first.setdefault((said.department, name), text), text):
                    yield (
                        said.row,
                        _("%(department)s: %(first)s stands in an earlier row, %(second)s here.")
                        % {
                            "department": said.department,
                            "first": first[(said.department, name)],
                            "second": text,
                        },
                    )
        holders: dict[tuple[str, str], User] = {}
        for said in self._said:
            for place in said.posts:
                if said.person and holders.setdefault(place, said.person) is not said.person:
                    text = _("%(post)s: two people of this file hold this post.")
                    yield said.row, text % {"post": self._posts[place[0]]}

    def _same(self, one: str, other: str) -> bool:
        """Whether two texts name the same: equal, or one person by two names."""
        try:
            return one == other or self.person(one) == self.person(other)
        except NobodyError:
            return False

    def _loops(self) -> Iterator[tuple[Row, str]]:
        parents = {one.name: one.parent.name if one.parent else "" for one in self._standing.values()}
        for said in self._said:
            if said.parent and said.department not in self._standing and not parents.get(said.department):
                parents[said.department] = said.parent
        looped = {name for name in parents if _returns(name, parents)}
        for said in self._said:
            if said.parent and said.department in looped:
                text = _("%(department)s would be part of itself, by way of %(parent)s.")
                yield said.row, text % {"department": said.department, "parent": said.parent}

    def _unknown_people(self) -> Iterator[tuple[Row, str]]:
        for said in self._said:
            for position, text in said.leading.items():
                holder = self._holder(said.department, position)
                try:
                    self.person(text)
                except NobodyError as problem:
                    if holder is None or not self._means(text, holder):
                        yield said.row, about(_label(Department, position), problem)

    def _posts_of_leavers(self) -> Iterator[tuple[Row, str]]:
        for said in self._said:
            for code, place in said.posts:
                post = self._posts[code]
                if said.person and said.person.is_leaving and getattr(post, place) is None:
                    reason = _("%(name)s does not work here any more.") % {"name": said.person}
                    yield said.row, about(str(post), reason)

    def person(self, text: str) -> User | None:
        """Who is meant. Raises NobodyError for nobody, for several, and for somebody of the file who is refused."""
        found = self._in_file(text)
        if len(found) > 1:
            raise NobodyError(
                _("Several people are called %(text)s. Give the log-in name or the employee number.")
                % {"text": text}
            )
        if found:
            return found[0]
        try:
            return self._naming.person(text)
        except NobodyError as problem:
            if reason := self._lost.get(alike(text)):
                refused = _("%(text)s stands in this file, but is refused: %(reason)s")
                raise NobodyError(refused % {"text": text, "reason": reason}) from problem
            raise

    def _means(self, text: str, holder: User) -> bool:
        """Whether a text names who holds a position already; who leaves holds it until somebody else is named."""
        try:
            return self.person(text) == holder
        except NobodyError:
            return holder.is_leaving and bool({text, alike(text)} & _names_of(holder))

    def _holder(self, department: str, position: str) -> User | None:
        """Who holds a position in the desk."""
        return getattr(self._standing.get(department), position, None)

    def _in_file(self, text: str) -> list[User]:
        return self._people.get(alike(text)) or self._people.get(text) or []

    # Beside the desk

    def stands_otherwise(self, said: Said) -> str:
        """Why a row cannot come in: the desk has another parent or another holder; nothing where it may."""
        other: list[str] = []
        standing = self._standing.get(said.department)
        if standing:
            if said.parent and said.parent != getattr(standing.parent, "name", ""):
                other.append(_label(Department, "parent"))
            for position, text in said.leading.items():
                holder = self._holder(said.department, position)
                if holder and not self._means(text, holder):
                    other.append(_label(Department, position))
        for code, place in said.posts:
            holder = getattr(self._posts[code], place)
            if holder and holder != said.person:
                other.append(f"{self._posts[code]} ({_label(Post, place)})")
        if not other:
            return ""
        return _("%(number)s is there already, with another value of: %(fields)s. Change it in the desk.") % {
            "number": said.department or (said.person and said.person.username) or "",
            "fields": ", ".join(other),
        }

    def brings_something(self, said: Said) -> bool:
        """Whether a row says something that neither the desk nor an earlier row says already."""
        standing, new = self._standing.get(said.department), set()
        if said.department and not standing:
            new.add(("department", said.department))
        if said.parent and not standing:
            new.add(("parent", said.department))
        for position in said.leading:
            if self._holder(said.department, position) is None:
                new.add((position, said.department))
        new |= {place for place in said.posts if getattr(self._posts[place[0]], place[1]) is None}
        brought = new - self._told
        self._told |= new
        return bool(brought)

    @property
    def founded(self) -> list[str]:
        """Departments that are new, in the order in which the file names them."""
        named = [name for said in self._said for name in (said.parent, said.department) if name]
        return [name for name in Counter(named) if name not in self._standing]

    def units(self) -> list[Unit]:
        """The departments of the file as they are to be."""
        units = {name: Unit(name) for name in self.founded}
        for said in self._said:
            if not said.department:
                continue
            unit = units.setdefault(said.department, Unit(said.department))
            unit.parent = unit.parent or said.parent
            for position, text in said.leading.items():
                if self._holder(said.department, position) is None and (person := self.person(text)):
                    unit.leading.setdefault(position, person)
        return list(units.values())

    def posts(self) -> dict[tuple[str, str], User]:
        """The posts to be filled: those that nobody holds yet."""
        return {
            place: said.person
            for said in self._said
            for place in said.posts
            if said.person and getattr(self._posts[place[0]], place[1]) is None
        }


def _names_of(person: User) -> set[str]:
    """All that may name somebody."""
    return {
        person.username.lower(), person.employee_number or "", person.email.lower(), person.display_name,
    } - {""}  # fmt: skip


def _returns(name: str, parents: dict[str, str]) -> bool:
    seen, above = {name}, parents.get(name, "")
    while above and above not in seen:
        seen.add(above)
        above = parents.get(above, "")
    return above == name


def _label(model: Any, name: str) -> str:
    return str(model._meta.get_field(name).verbose_name)
