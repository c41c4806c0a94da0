"""Who is who: what each person is called by position and role, and who is away."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from servicedesk.staff.directory import Directory
from servicedesk.staff.holdings import why_text
from servicedesk.staff.models import User
from servicedesk.staff.organisation import Organisation
from servicedesk.staff.roles import role_name


@dataclass(frozen=True)
class Entry:
    """One person as a list shows them."""

    person: User
    titles: list[str]
    away: str  # "away until 3 May", empty for who is here
    stand_in: str  # who is asked meanwhile, empty if nobody in particular


def entries(people: Iterable[User], *, at: datetime) -> list[Entry]:
    """These people with their positions and absences; a fixed number of queries for any number of them."""
    directory = Directory.at(at)
    called = titles_of(directory.organisation)
    return [_entry(person, called.get(person.pk, []), directory) for person in people]


def titles_of(organisation: Organisation) -> dict[int, list[str]]:
    """The positions that people hold, by person: "general manager", "manager of Customer Service"."""
    found: dict[int, list[str]] = defaultdict(list)
    for post in organisation.posts.values():
        if post.holder_id:
            found[post.holder_id].append(post.get_code_display())
    for unit in organisation.departments.values():
        if unit.executive_id:
            found[unit.executive_id].append(_("executive in charge of %(unit)s") % {"unit": unit})
        if unit.manager_id:
            found[unit.manager_id].append(_("manager of %(unit)s") % {"unit": unit})
    return found


def role_titles(person: User) -> list[str]:
    """The names of the roles that groups give a person; the groups are read in advance."""
    return [role_name(group.name) for group in person.groups.all()]


def _entry(person: User, titles: list[str], directory: Directory) -> Entry:
    away = directory.away(person.pk)
    if away is None:
        return Entry(person, titles, "", "")
    organisation = directory.organisation
    stand_in = directory.deputy_of(person.pk) or _stand_in_of_position(person.pk, directory)
    name = organisation.people[stand_in].name if stand_in else ""
    return Entry(person, titles, why_text(away.why, away.until), name)


def _stand_in_of_position(user_id: int, directory: Directory) -> int | None:
    """The appointed stand-in of a position that person holds, if present."""
    organisation = directory.organisation
    appointed = [
        *(post.stand_in_id for post in organisation.posts.values() if post.holder_id == user_id),
        *(unit.deputy_manager_id for unit in organisation.departments.values() if unit.manager_id == user_id),
        *(
            unit.deputy_executive_id
            for unit in organisation.departments.values()
            if unit.executive_id == user_id
        ),
    ]
    return next((each for each in appointed if each and directory.away(each) is None), None)
