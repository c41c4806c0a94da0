"""The organisation of the demo, played once for all tests of this folder, and who goes through its pages."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from servicedesk.customers.models import Customer
from servicedesk.demo.building import build
from servicedesk.staff.models import User
from servicedesk.tests.hostile.walking import Walk
from tickets.models import Ticket

# Who between them reach every page; `root` may do everything, and walks the administration.
WHO = ["agent", "manager", "admin", "root"]
ELSEWHERE = "Europe/Berlin"  # where clocks change, so that some minutes are missing and others come twice
# Tickets on which there is something to do that is seldom.
RARE = [
    {"anonymous": True, "state": "unresolved"}, {"void_requests__isnull": False, "void_requests__confirmed": None},
    {"contacts__reading__isnull": False, "contacts__reading__read_by": None}, {"checks__isnull": False, "checks__outcome": None},
    {"marks__isnull": False, "marks__lifted_at": None}, {"kind": "task", "checks__isnull": False, "checks__outcome": None},
    {"complained_about__isnull": False},
]  # fmt: skip
PARTS = ["persons", "projects", "sites"]  # of a customer


@dataclass
class World:
    """The people, the session of each, and everything that their pages offer."""

    people: dict[str, User]
    sessions: dict[str, str]
    walk: Walk

    def client(self, who: str) -> Client:
        """A browser that is logged in as that person; another one each time, for some forms log out."""
        client = Client(raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[who]
        return client


@pytest.fixture(scope="package")
def played(django_db_setup, django_db_blocker, tmp_path_factory):
    """One world for the folder; each test goes back to it, and nothing of it stays."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.IMPORT_FOLDER", tmp_path_factory.mktemp("imports"))
        outer = transaction.atomic()
        outer._from_testcase = True  # what must stand alone may stand within it, as within a test
        with outer:
            with translation.override("en"):
                build("en", now=timezone.now(), tell=lambda percent, doing: None)
                if connection.vendor == "postgresql":
                    connection.check_constraints()  # what waits for commit is judged now, not again after every form
                yield _world()
            transaction.set_rollback(True)


def _world() -> World:
    """The played organisation with its log-ins."""
    User.objects.update(is_demo=False, timezone=ELSEWHERE)
    admin = User.objects.get(username="admin")
    root = User.objects.create(
        username="root", display_name="Root", is_superuser=True, is_staff=True, department=admin.department
    )
    people = {name: root if name == "root" else User.objects.get(username=name) for name in WHO}
    world = World(people, {name: _session_of(person) for name, person in people.items()}, Walk())
    for name in WHO:
        if name == "root":
            administration = reverse("admin:index")
            world.walk.through(name, world.client(name), [administration], within=administration)
        else:
            world.walk.through(name, world.client(name), [reverse("home"), *_of_each_kind(people[name])])
    return world


def _session_of(person: User) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _of_each_kind(user: User) -> list[str]:
    """One ticket of each kind in each stand that this person sees, and customers with all that they may have.

    A link of each kind leads to some of them only; forms differ by what there is.
    """
    tickets, customers = Ticket.objects.visible_to(user).order_by("pk"), Customer.objects.visible_to(user)
    shown: list = list({(ticket.kind, ticket.state): ticket for ticket in tickets}.values())
    shown += [tickets.filter(**rare).last() for rare in RARE]
    shown += [customers.filter(**{f"{part}__isnull": False}).order_by("pk").last() for part in PARTS]
    return [one.get_absolute_url() if isinstance(one, Customer) else one.path for one in shown if one]


@pytest.fixture
def world(played, db) -> World:
    return played
