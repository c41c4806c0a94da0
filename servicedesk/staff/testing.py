"""Builders for tests."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from itertools import count
from types import SimpleNamespace

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from servicedesk.staff.models import Absence, Department, Post, User

PASSWORD = "a long enough password"

_numbers = count(1)


@cache
def _hashed(password: str) -> str:
    """Hashing is slow on purpose; once per password is enough for tests."""
    return make_password(password)


def make_department(**fields) -> Department:
    """A department; of its positions only those that are named are held."""
    fields.setdefault("name", f"Department {next(_numbers)}")
    return Department.objects.create(**fields)


def make_user(*, roles: Iterable[str] = (), **fields) -> User:
    """An active employee, whose password is PASSWORD, in the groups of these roles."""
    n = next(_numbers)
    fields.setdefault("username", f"person{n}")
    fields.setdefault("display_name", f"Person {n}")
    fields.setdefault("email", f"{fields['username']}@example.org")
    if fields.get("blocked_at"):
        fields.setdefault("blocked_why", User.Blocked.MEANWHILE)
    fields["password"] = _hashed(fields.get("password", PASSWORD))
    user = User.objects.create(**fields)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def make_post(code: str, holder: User | None = None, stand_in: User | None = None) -> Post:
    """Fill one of the posts that ship."""
    post, _made = Post.objects.update_or_create(code=code, defaults={"holder": holder, "stand_in": stand_in})
    return post


def make_absence(person: User, **fields) -> Absence:
    """An absence, open at its end and begun long ago unless told otherwise."""
    fields.setdefault("starts_at", datetime(2026, 1, 1, tzinfo=UTC))
    return Absence.objects.create(person=person, **fields)


def make_organisation() -> SimpleNamespace:
    """Two departments under an executive, a general manager, Office, supervision: a dozen people.

    `company` holds `service` (manager, agents[0..2]) and `technical` (technical_manager, technicians[0..1]);
    `executive` is in charge of both; general_manager, office, supervisor hold the posts; administrator has
    the role; `manager` has the stand-in `second`, an agent.
    """
    company = make_department(name="Company")
    service = make_department(name="Customer Service", parent=company)
    technical = make_department(name="Technical Service", parent=company)
    one = SimpleNamespace(company=company, service=service, technical=technical)
    one.general_manager = make_user(display_name="General Manager Gao", department=company)
    one.executive = make_user(display_name="Executive Zhou", department=company)
    one.office = make_user(display_name="Office Wu", department=company)
    one.supervisor = make_user(display_name="Supervisor Sun", department=company)
    one.administrator = make_user(
        display_name="Administrator An", department=company, roles=["administrator"], is_staff=True
    )
    one.manager = make_user(display_name="Manager Li", department=service)
    one.technical_manager = make_user(display_name="Manager Tang", department=technical)
    one.agents = [make_user(department=service, roles=["agent"]) for _ in range(3)]
    one.technicians = [make_user(department=technical, roles=["agent"]) for _ in range(2)]
    one.second = one.agents[0]
    one.people = [
        *(one.general_manager, one.executive, one.office, one.supervisor, one.administrator),
        *(one.manager, one.technical_manager, *one.agents, *one.technicians),
    ]
    for code, holder in (
        ("general_manager", one.general_manager),
        ("office", one.office),
        ("supervision", one.supervisor),
    ):
        make_post(code, holder)
    company.executive = one.executive
    company.save(update_fields=["executive"])
    service.manager, service.deputy_manager = one.manager, one.second
    service.save(update_fields=["manager", "deputy_manager"])
    technical.manager = one.technical_manager
    technical.save(update_fields=["manager"])
    return one
