"""Areas of an estate: each has one officer, who answers for every household in it (R7.2.2.2)."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from servicedesk.audit.timeline import record
from servicedesk.staff.directory import Directory
from servicedesk.staff.leaving import hold
from servicedesk.staff.models import User
from servicedesk.staff.passing_on import Left

from .models import Area, Customer


@transaction.atomic
def create_area(name: str, *, officer: User, by, at: datetime) -> Area:
    """Draw an area with its officer. Raises ValidationError for a name that is taken, or an officer who has left."""
    area = Area(name=name.strip(), officer=_working_here(officer))
    area.full_clean()
    area.save(force_insert=True)
    record(area.key, "area_created", by=by, at=at, name=area.name, officer=officer)
    return area


@transaction.atomic
def change_area(area: Area, *, name: str, officer: User, by, at: datetime, seen: int | None = None) -> Area:
    """Give an area another name or another officer; nothing happens where nothing differs.

    Raises ValidationError for a name that is taken, an officer who has left, or if somebody changed it since version
    `seen`.
    """
    if officer.pk != area.officer_id:
        _working_here(officer)
    fresh = Area.objects.select_for_update().get(pk=area.pk)
    was = {"name": fresh.name, "officer": fresh.officer_id}
    if was == {"name": name.strip(), "officer": officer.pk}:
        return fresh
    if seen is not None and seen < fresh.version:
        raise ValidationError(_("Meanwhile somebody else changed this area. Look at it again."))
    return _write(fresh, name=name.strip(), officer=officer, by=by, at=at)


def _write(area: Area, *, name: str, officer: User, by, at: datetime) -> Area:
    """Give an area that is locked these values, on record."""
    facts = {"name": name, "officer": officer, "name_old": area.name, "officer_old": area.officer_id}
    area.name, area.officer, area.version = name, officer, area.version + 1
    area.full_clean()
    area.save(update_fields=["name", "officer", "version"])
    record(area.key, "area_changed", by=by, at=at, **facts)
    return area


def households_of(areas: Iterable[Area]) -> dict[int, int]:
    """How many households live in each of these areas; one query."""
    found = Customer.objects.living_in(areas).order_by().values_list("area")
    return dict(found.annotate(count=Count("pk")))


def hand_areas_on(user: User, *, by: User | str, at: datetime) -> int:
    """The areas of somebody who goes pass to the department manager, or upward. Returns how many stay (CASES f, o).

    An area that somebody else was given meanwhile is theirs.
    """
    theirs = Area.objects.filter(officer=user)
    heir = _heir(user, Directory.at(at)) if theirs.exists() else None
    if heir is None:
        return theirs.count()
    officer = _working_here(User(pk=heir))
    for area in theirs.select_for_update(no_key=True).order_by("pk"):
        _write(area, name=area.name, officer=officer, by=by, at=at)
    return 0


def areas_left_by(user: User, *, at: datetime) -> Left | None:
    """How many areas somebody would leave behind, and who would have them."""
    directory = Directory.at(at)
    count = Area.objects.filter(officer=user).count()
    heirs: Counter[int | None] = Counter({_heir(user, directory): count} if count else {})
    return Left.to(heirs, directory.organisation, what=_("Areas"))


def _heir(user: User, directory: Directory) -> int | None:
    found = directory.holder(
        "department_manager",
        department_id=directory.organisation.department_of(user.pk),
        owner_id=user.pk,
        first_responder_id=None,
        exclude={user.pk},
    ).person_id
    if found is None or found == user.pk or directory.organisation.people[found].blocked_at is not None:
        return None
    return found


def _working_here(officer: User) -> User:
    """The officer, held until the transaction ends, so that nobody leaves while being given an area."""
    held = hold(officer.pk)
    if held.is_leaving:
        raise ValidationError({"officer": _("%(name)s does not work here any more.") % {"name": held}})
    return held
