"""Builders for tests."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from django.db import transaction

from servicedesk.calendars.models import Calendar
from servicedesk.clock.models import Deadline, Ladder
from servicedesk.clock.owing import owe
from servicedesk.staff.models import Department, User
from servicedesk.staff.testing import make_department, make_user

_numbers = count(1)
MONDAY = datetime(2026, 5, 11, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai, an ordinary working day


@dataclass
class SomeMatter:
    """A matter that is no ticket."""

    key: str
    owner: User
    first_responder: User
    department: Department
    calendar: Calendar
    path: str = "/somewhere/"
    label: str = "Some matter"


def make_unit() -> Department:
    """A department whose manager, executive and people are three different persons."""
    department = make_department()
    department.manager, department.executive = (
        make_user(department=department),
        make_user(department=department),
    )
    department.save(update_fields=["manager", "executive"])
    return department


def make_matter(department: Department | None = None, **fields) -> SomeMatter:
    department = department or make_unit()
    owner = fields.pop("owner", None) or make_user(department=department)
    fields.setdefault("key", f"matter:{next(_numbers)}")
    fields.setdefault("calendar", Calendar.objects.default())
    return SomeMatter(
        owner=owner, first_responder=fields.pop("first_responder", owner), department=department, **fields
    )


def make_deadline(
    matter: SomeMatter | None = None, *, kind: str = "promise", due_at: datetime, at: datetime
) -> Deadline:
    return owe(kind, matter or make_matter(), due_at=due_at, at=at)


@transaction.atomic
def make_ladder(kind: str, *rungs: dict, **fields) -> Ladder:
    """The active ladder of a kind, in place of any before it."""
    Ladder.objects.filter(kind=kind, active=True).update(active=False)
    version = Ladder.objects.filter(kind=kind).count() + 1
    ladder = Ladder.objects.create(kind=kind, name=kind, version=version, **fields)
    for number, rung in enumerate(rungs, start=1):
        ladder.rungs.create(number=number, **rung)
    return ladder
