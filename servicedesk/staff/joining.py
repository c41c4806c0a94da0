"""Colleagues are taken on, many at once, with their departments and who leads these.

Nobody gets a password here: an administrator lets them in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from servicedesk.audit.timeline import Record, record_many
from servicedesk.bulk import insert_rows
from servicedesk.staff.leaving import timeline_of
from servicedesk.staff.models import Department, Post, User

LEADING = ("manager", "deputy_manager", "executive", "deputy_executive")
HOLDING = ("holder", "stand_in")


@dataclass(frozen=True)
class Joining:
    """Somebody to be taken on: the unsaved person, where they work by name, and codes of roles."""

    person: User
    department: str = ""
    roles: Sequence[str] = ()


@dataclass
class Unit:
    """A department by name: what it is part of, and who is to lead it in positions that nobody holds yet."""

    name: str
    parent: str = ""
    leading: dict[str, User] = field(default_factory=dict)


def new_colleague(**values: Any) -> User:
    """An unsaved employee without a password that would open anything. Raises ValidationError, by field."""
    person = User(password=make_password(None), **values)
    person.clean()  # as the log-in form reads the name: without letters of full width
    person.clean_fields(exclude=["password", "department"])
    return person


@transaction.atomic
def take_on(
    joining: Sequence[Joining],
    units: Sequence[Unit] = (),
    posts: Mapping[tuple[str, str], User] = MappingProxyType({}),
    *,
    by: User | str,
    at: datetime,
) -> None:
    """Take these people on, found the departments that are new, and fill positions and posts; all or nothing.

    `posts` maps (code of the post, "holder" or "stand_in") to a person. People of `joining` may be named in `units` and
    `posts`; statements do not grow with the people. Raises IntegrityError where the database refuses something,
    ValidationError where a position was filled meanwhile or somebody named has left.
    """
    user = by if isinstance(by, User) else None
    held = _take_turns([*posts.values(), *(person for unit in units for person in unit.leading.values())])
    departments = _found(units, user=user, at=at)
    for one in joining:
        one.person.department = departments[one.department] if one.department else None
    people = [one.person for one in joining]
    insert_rows(User, people)
    _remember(joining, user=user, at=at)
    _lead(units, departments, user=user, at=at)
    _hold(held, posts, user=user)
    record_many([entry for one in joining for entry in _entries(one, by=by, at=at)])


def _found(units: Sequence[Unit], *, user: User | None, at: datetime) -> dict[str, Department]:
    """All departments by name, those that are new founded below what they are part of, a level at a time."""
    known = {department.name: department for department in Department.objects.order_by("pk")}
    waiting = {unit.name: unit.parent for unit in units if unit.name not in known}
    while waiting:
        ready = {name: parent for name, parent in waiting.items() if not parent or parent in known}
        if not ready:
            raise ValueError("departments form a loop")  # whoever calls has looked for one
        rows = [Department(name=name, parent=known.get(parent)) for name, parent in ready.items()]
        made = bulk_create_with_history(rows, Department, default_user=user, default_date=at)
        known |= {department.name: department for department in made}
        waiting = {name: parent for name, parent in waiting.items() if name not in ready}
    return known


def _remember(joining: Sequence[Joining], *, user: User | None, at: datetime) -> None:
    """Roles, and the history of who has which, as saving one by one would have written it."""
    groups = {group.name: group for group in Group.objects.all()}
    given = [
        User.groups.through(user=one.person, group=groups[role])
        for one in joining
        for role in dict.fromkeys(one.roles)
    ]
    insert_rows(User.groups.through, given)
    history: Any = User.history
    rows = history.bulk_history_create([one.person for one in joining], default_user=user, default_date=at)
    entry = {row.id: row for row in rows or ()}
    remembered = apps.get_model("staff", "HistoricalUser_groups")
    remembered._default_manager.bulk_create(
        [
            remembered(id=one.pk, user_id=one.user_id, group_id=one.group_id, history=entry[one.user_id])
            for one in given
        ]
    )


def _take_turns(named: Iterable[User]) -> dict[str, Post]:
    """Hold all posts, then the people named, in the order of who goes: nobody leaves while being given a position."""
    held = {post.code: post for post in Post.objects.select_for_update(no_key=True).order_by("pk")}
    people = User.objects.filter(pk__in={person.pk for person in named if person.pk})
    for person in people.select_for_update(no_key=True).order_by("pk"):
        if person.is_leaving:
            raise ValidationError(_("%(name)s does not work here any more.") % {"name": person})
    return held


def _lead(
    units: Iterable[Unit], departments: Mapping[str, Department], *, user: User | None, at: datetime
) -> None:
    leading = {departments[unit.name].pk: unit.leading for unit in units if unit.leading}
    held = Department.objects.select_for_update(no_key=True).filter(pk__in=leading).order_by("pk")
    changed, filled = [], set()
    for department in held:
        new = {place for place, person in leading[department.pk].items() if _fill(department, place, person)}
        if new:
            changed.append(department)
            filled |= new
    if changed:
        bulk_update_with_history(changed, Department, sorted(filled), default_user=user, default_date=at)


def _hold(held: Mapping[str, Post], posts: Mapping[tuple[str, str], User], *, user: User | None) -> None:
    for (code, place), person in posts.items():
        post: Any = held[code]
        if _fill(post, place, person):
            post._history_user = user
            post.save(update_fields=[place])


def _fill(row: Department | Post, place: str, person: User) -> bool:
    """Name somebody for a position; False where they hold it already. Raises ValidationError where somebody else does."""
    holder = getattr(row, f"{place}_id")
    if holder not in (None, person.pk):
        raise ValidationError(_("%(what)s: somebody was named there meanwhile.") % {"what": row})
    setattr(row, place, person)
    return holder is None


def _entries(one: Joining, *, by: User | str, at: datetime) -> Iterable[Record]:
    key = timeline_of(one.person)
    yield Record(key, "account_opened", by, at)
    if one.roles:
        yield Record(key, "roles_changed", by, at, {"given": ", ".join(sorted(set(one.roles))), "taken": ""})
