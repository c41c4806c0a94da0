"""Who works in the demo organisation, in which position, and who is away."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils.translation import get_language

from servicedesk.calendars.models import Calendar
from servicedesk.clock.models import Ladder
from servicedesk.demo.days import Days
from servicedesk.demo.texts import texts
from servicedesk.shipped import name_what_ships
from servicedesk.staff.absences import enter_absence
from servicedesk.staff.models import Absence, Department, Post, User
from servicedesk.staff.roles import Role
from tickets.models import Category

# Log-in, key of the name, where, roles. Those whom the log-in page names first come first.
PEOPLE = [
    ("agent", "agent", "service", [Role.AGENT]),
    ("manager", "manager", "service", [Role.DEPARTMENT_MANAGER, Role.AGENT]),
    ("executive", "executive", "company", [Role.EXECUTIVE]),
    ("general", "general", "company", [Role.GENERAL_MANAGER]),
    ("admin", "admin", "company", [Role.ADMINISTRATOR]),
    ("oliver", "agent2", "service", [Role.AGENT]),
    ("priya", "agent3", "service", [Role.AGENT]),
    ("jack", "agent4", "service", [Role.AGENT]),
    ("robert", "tech_manager", "technical", [Role.DEPARTMENT_MANAGER, Role.AGENT]),
    ("sam", "tech1", "technical", [Role.AGENT]),
    ("nina", "tech2", "technical", [Role.AGENT]),
    ("leo", "tech3", "technical", [Role.AGENT]),
    ("office", "office", "company", [Role.OFFICE]),
    ("supervision", "supervision", "company", [Role.SUPERVISION]),
    ("sales", "sales", "company", []),
    ("project", "project", "company", []),
]
JOINED = 1500  # days ago, before the first customer was known
CATEGORIES = {
    "technical": ["lifts", "climate", "water", "power", "access", "network", "systems"],
    "service": ["cleaning", "charges", "conduct", "order", "parking", "information"],
}
SHIPPED = ["trial-run", "card-top-up", "money-collection"]  # task types that are there from the start


@dataclass
class Staff:
    """The organisation: people and categories by the keys of the texts, departments by name."""

    people: dict[str, User] = field(default_factory=dict)
    departments: dict[str, Department] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)

    def __getitem__(self, key: str) -> User:
        return self.people[key]


def make_staff(language: str, days: Days) -> Staff:
    """Departments, people, positions and categories, as an administrator would enter them, and two absences."""
    staff = Staff()
    said = texts(language)
    _make_departments(staff, said)
    _make_people(staff, said, language, days)
    _fill_positions(staff)
    _make_categories(staff, said)
    _name_what_ships(staff)
    opens, week = days.at(0, 0), timedelta(days=7)
    _send_on_leave(staff["tech_manager"], staff["tech1"], days.at(3, 0), opens + week, told_at=days.at(6, 4))
    _send_on_leave(staff["agent4"], staff["agent2"], opens + week, opens + 2 * week, told_at=days.at(5, 6))
    return staff


def _make_departments(staff: Staff, said: dict[str, Any]) -> None:
    company = Department.objects.create(name=said["company"])
    staff.departments = {"company": company} | {
        key: Department.objects.create(name=said[key], parent=company) for key in ("service", "technical")
    }


def _make_people(staff: Staff, said: dict[str, Any], language: str, days: Days) -> None:
    password = make_password(settings.DEMO_PASSWORD)  # slow on purpose, so once for all
    for username, key, where, roles in PEOPLE:
        user = User(
            username=username,
            password=password,
            display_name=said["people"][key],
            language=language,
            date_joined=days.ago(JOINED),
        )
        employ(staff, key, user, staff.departments[where], roles)


def employ(staff: Staff, key: str, user: User, department: Department, roles: list[Role]) -> User:
    """Give the next employee number to somebody, and a place and roles, as an administrator would."""
    number = 1001 + len(staff.people)
    user.email, user.employee_number = f"{user.username}@example.org", f"{number}"
    user.phone, user.department = f"021-5550-{number}", department
    user.is_staff, user.is_demo = Role.ADMINISTRATOR in roles, True
    user.full_clean()
    user.save()
    user.groups.set(Group.objects.filter(name__in=roles))
    staff.people[key] = user
    return user


def _fill_positions(staff: Staff) -> None:
    company, service, technical = (staff.departments[key] for key in ("company", "service", "technical"))
    company.executive, company.deputy_executive = staff["executive"], staff["office"]
    service.manager, service.deputy_manager = staff["manager"], staff["agent2"]
    technical.manager, technical.deputy_manager = staff["tech_manager"], staff["tech1"]
    for department in staff.departments.values():
        department.full_clean()
        department.save()
    for code, holder, stand_in in (
        ("general_manager", "general", "executive"),
        ("office", "office", None),
        ("supervision", "supervision", None),
    ):
        post = Post.objects.get(code=code)
        post.holder, post.stand_in = staff[holder], staff[stand_in] if stand_in else None
        post.full_clean()
        post.save()


def _make_categories(staff: Staff, said: dict[str, Any]) -> None:
    for where, codes in CATEGORIES.items():
        for code in codes:
            category = Category(code=code, name=said["categories"][code], department=staff.departments[where])
            category.full_clean()
            category.save()
            staff.categories[code] = category
    for code in ("lifts", "climate"):
        staff.categories[code].deputies.add(staff["tech1"])
    for code in ("charges", "conduct"):
        staff.categories[code].deputies.add(staff["agent2"])


def _name_what_ships(staff: Staff) -> None:
    """What comes with the product is called as people here call it."""
    categories = list(Category.objects.filter(code__in=SHIPPED))
    name_what_ships([*categories, *Ladder.objects.all(), Calendar.objects.default()], get_language() or "en")
    staff.categories |= {category.code: category for category in categories}


def _send_on_leave(
    person: User, deputy: User, starts_at: datetime, ends_at: datetime, *, told_at: datetime
) -> None:
    absence = Absence(person=person, deputy=deputy, starts_at=starts_at, ends_at=ends_at)
    enter_absence(absence, by=person, at=told_at)
