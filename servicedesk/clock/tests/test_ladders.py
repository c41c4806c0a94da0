"""A changed ladder is a new version; running deadlines keep theirs."""

from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from servicedesk.audit.timeline import Entry
from servicedesk.audit.triggers import install
from servicedesk.calendars.models import DayRule, HolidayList
from servicedesk.calendars.publishing import publish_region
from servicedesk.calendars.testing import default_calendar
from servicedesk.clock.closures import tell_owners_of_closed_days
from servicedesk.clock.ladders import STEP, escalation_in_words, revise, warnings_in_words
from servicedesk.clock.models import Ladder
from servicedesk.clock.notices import LISTED
from servicedesk.clock.sweep import sweep
from servicedesk.clock.testing import MONDAY, make_deadline, make_ladder, make_matter
from servicedesk.outbox.models import Message
from servicedesk.outbox.rendering import render
from servicedesk.staff.models import Department
from servicedesk.staff.testing import make_organisation, make_post, make_user
from servicedesk.staff.unheld import unheld

pytestmark = pytest.mark.django_db
migration = import_module("servicedesk.clock.migrations.0008_steps_within_a_year")


@pytest.fixture(autouse=True)
def organisation():
    """Every position is held, so that each can be told."""
    return make_organisation()


def steps_of(ladder):
    return [{field: getattr(rung, field) for field in STEP} for rung in ladder.rungs.all()]


def test_running_deadlines_keep_their_ladder_and_new_ones_take_the_new_version():
    old = Ladder.objects.active("promise")
    running = make_deadline(due_at=MONDAY + timedelta(hours=6), at=MONDAY)
    steps = steps_of(old)[2:]
    new = revise(old, name=old.name, never_waits=False, rungs=steps, by=make_user(), at=MONDAY)
    running.refresh_from_db()
    fresh = make_deadline(due_at=MONDAY + timedelta(hours=6), at=MONDAY)
    assert (running.ladder, fresh.ladder, new.version) == (old, new, 2)
    assert Entry.objects.get(subject="ladder:promise").facts["was"] == 1


def test_the_same_again_makes_no_version():
    old = Ladder.objects.active("promise")
    assert (
        revise(old, name=old.name, never_waits=False, rungs=steps_of(old), by=make_user(), at=MONDAY) == old
    )


@pytest.mark.parametrize(
    "rungs",
    [
        [],
        [{"when": "before", "amount": 2, "unit": "working_hours", "position": "owner"}],
        [{"when": "share", "amount": 100, "unit": "", "position": "owner"}],
        [{"when": "after", "amount": 2_147_483_647, "unit": "hours", "position": "owner"}],
        [{"when": "after", "amount": 251, "unit": "working_days", "position": "owner"}],
        [{"when": "after", "amount": 0, "position": "owner", "acknowledge": True, "silent_after": 10_081}],
        [{"when": "after", "amount": 0, "position": "owner", "acknowledge": True, "silent_after": 0}],
        [
            {
                "when": "after",
                "amount": 0,
                "position": "owner",
                "acknowledge": True,
                "repeat_every": 2_147_483_647,
                "rounds": 1,
            }
        ],
        [
            {
                "when": "after",
                "amount": 0,
                "unit": "hours",
                "position": "owner",
                "rounds": 3,
                "repeat_every": 10,
            }
        ],
    ],
)
def test_an_impossible_ladder_is_refused_and_nothing_changes(rungs):
    old = Ladder.objects.active("promise")
    with pytest.raises(ValidationError):
        revise(old, name=old.name, never_waits=False, rungs=rungs, by=make_user(), at=MONDAY)
    assert Ladder.objects.active("promise") == old


def test_two_administrators_cannot_both_replace_the_same_version():
    old = Ladder.objects.active("promise")
    revise(old, name="Other", never_waits=False, rungs=steps_of(old), by=make_user(), at=MONDAY)
    with pytest.raises(ValidationError):
        revise(old, name="Third", never_waits=False, rungs=steps_of(old), by=make_user(), at=MONDAY)


def test_the_settings_tell_the_ladder_in_words():
    assert warnings_in_words() == "at 75 % of the interval: owner; 1 hour before: owner"
    assert escalation_in_words().startswith("at once: department manager")


def test_an_administrator_saves_a_new_version_in_the_admin(client):
    admin = make_user(is_superuser=True, is_staff=True, roles=["administrator"])
    client.force_login(admin)
    ladder = Ladder.objects.active("promise")
    page = client.get(reverse("admin:clock_ladder_change", args=[ladder.pk]))
    assert page.status_code == 200
    data = {"name": ladder.name, "rungs-TOTAL_FORMS": 1, "rungs-INITIAL_FORMS": 0, "rungs-MIN_NUM_FORMS": 0,
            "rungs-MAX_NUM_FORMS": 1000, "rungs-0-number": 1, "rungs-0-when": "after", "rungs-0-amount": 2,
            "rungs-0-unit": "hours", "rungs-0-position": "executive", "rungs-0-rounds": 0}  # fmt: skip
    answer = client.post(reverse("admin:clock_ladder_change", args=[ladder.pk]), data)
    assert answer.status_code == 302, answer.context["errors"]
    new = Ladder.objects.active("promise")
    assert (new.version, new.made_by, [r.position for r in new.rungs.all()]) == (2, admin, ["executive"])
    assert client.get(reverse("admin:clock_ladder_change", args=[ladder.pk])).status_code == 200
    assert client.get(reverse("admin:clock_deadline_changelist")).status_code == 200


def test_owners_are_told_when_the_day_of_a_promise_closes():
    matter = make_matter(calendar=default_calendar())
    due = datetime(2026, 5, 13, 3, 0, tzinfo=MONDAY.tzinfo)
    deadline = make_deadline(matter, due_at=due, at=MONDAY)
    assert tell_owners_of_closed_days([matter.calendar.pk], at=MONDAY) == 0
    days = HolidayList.objects.current().get(region="CN", year=2026)
    DayRule.objects.create(holidays=days, date=due.date(), kind="holiday", name_en="Flood")
    publish_region("CN", by=matter.owner, at=MONDAY)
    deadline.refresh_from_db()
    assert deadline.due_at == due
    assert tell_owners_of_closed_days([matter.calendar.pk], at=MONDAY) == 1
    assert tell_owners_of_closed_days([matter.calendar.pk], at=MONDAY) == 0
    assert Message.objects.get(event="day_closed").recipient == matter.owner


def test_one_notice_tells_an_owner_of_all_promises_whose_day_closes():
    owner = make_user(department=Department.objects.first())
    due = datetime(2026, 5, 13, 3, 0, tzinfo=MONDAY.tzinfo)
    for _number in range(LISTED + 2):
        make_deadline(make_matter(owner=owner, calendar=default_calendar()), due_at=due, at=MONDAY)
    days = HolidayList.objects.current().get(region="CN", year=2026)
    DayRule.objects.create(holidays=days, date=due.date(), kind="holiday", name_en="Flood")
    publish_region("CN", by=owner, at=MONDAY)
    tell_owners_of_closed_days([default_calendar().pk], at=MONDAY)
    notice = Message.objects.get(event="day_closed")
    assert (notice.recipient, notice.params["count"]) == (owner, LISTED + 2)
    words = render(notice)
    assert words.subject == f"{LISTED + 2} of your promises fall on a day that is now closed"
    assert words.body.count("13 May 2026") == LISTED
    assert "My desk lists all of them" in words.body


@pytest.mark.parametrize(
    ("position", "emptied"),
    [
        ("general_manager", lambda people: make_post("general_manager")),
        ("department_manager", lambda people: Department.objects.update(manager=None, deputy_manager=None)),
        ("executive", lambda people: Department.objects.update(executive=None)),
    ],
)
def test_a_step_for_a_position_that_nobody_holds_is_refused_with_where_to_fill_it(
    client, organisation, position, emptied
):
    emptied(organisation)
    ladder = Ladder.objects.active("promise")
    steps = [{"when": "after", "amount": 2, "unit": "hours", "position": position}]
    with pytest.raises(ValidationError, match="Nobody holds the position"):
        revise(ladder, name="X", never_waits=False, rungs=steps, by=organisation.administrator, at=MONDAY)
    client.force_login(organisation.administrator)
    data = {"name": "X", "rungs-TOTAL_FORMS": 1, "rungs-INITIAL_FORMS": 0, "rungs-0-rounds": 0}
    data |= {f"rungs-0-{name}": value for name, value in steps[0].items()} | {"rungs-0-number": 1}
    page = client.post(reverse("admin:clock_ladder_change", args=[ladder.pk]), data)
    assert page.status_code == 200
    assert "Nobody holds the position" in page.content.decode()
    assert f'<a href="{unheld([position])[position]}">Fill it first</a>' in page.content.decode()
    assert Ladder.objects.active("promise") == ladder
    assert ladder.rungs.count() == 5


def test_a_stand_in_holds_a_position_and_somebody_who_has_left_does_not(organisation):
    make_post("office", stand_in=organisation.manager)
    assert unheld(["office", "owner", "first_responder", "general_manager"]) == {}
    organisation.manager.is_active = False
    organisation.manager.save(update_fields=["is_active"])
    assert set(unheld(["office"])) == {"office"}


def test_a_position_that_loses_its_holder_later_passes_the_step_upward(organisation):
    deadline = make_deadline(
        make_matter(owner=organisation.agents[1], department=organisation.service),
        due_at=MONDAY + timedelta(hours=6),
        at=MONDAY,
    )
    Department.objects.update(executive=None)
    for _round in range(6):
        deadline.refresh_from_db()
        if deadline.next_ring_at:
            sweep(deadline.next_ring_at + timedelta(seconds=1))
    assert deadline.rings.get(position="executive").person == organisation.general_manager


@pytest.mark.postgresql
def test_the_database_refuses_a_ladder_in_force_without_steps():
    for statement in (
        "INSERT INTO clock_ladder (kind, name, version, active, never_waits, made_at)"
        " VALUES ('quiet', 'Quiet', 1, TRUE, FALSE, now())",
        "INSERT INTO clock_ladder (kind, name, version, active, never_waits, made_at)"
        " VALUES ('quiet', 'Quiet', 1, FALSE, FALSE, now());"
        " UPDATE clock_ladder SET active = TRUE WHERE kind = 'quiet'",
    ):
        with pytest.raises(IntegrityError, match="a ladder in force has steps"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(statement)
            connection.check_constraints()


@pytest.mark.parametrize(
    "step",
    [
        {"when": "after", "amount": 8_761, "unit": "hours"},
        {"when": "before", "amount": 2, "unit": "years"},
        {"when": "after", "acknowledge": True, "silent_after": 10_081},
        {"when": "after", "acknowledge": True, "repeat_every": 5, "rounds": 51},
    ],
)
def test_the_database_refuses_a_step_that_no_clock_could_carry_out(step):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_ladder("far", {"position": "owner", **step})
    make_ladder("near", {"position": "owner", "when": "after", "amount": 8_760, "unit": "hours"})


def test_steps_of_old_desks_that_lie_too_far_off_come_near_as_the_limits_come(triggers_lifted):
    with triggers_lifted(), without_limits():
        far = make_ladder(
            "far",
            {"position": "owner", "when": "after", "amount": 400, "unit": "days"},
            {"position": "owner", "when": "after", "acknowledge": True, "silent_after": 20_160, "repeat_every": 5},
            {"position": "owner", "when": "share", "amount": 75, "acknowledge": True, "repeat_every": 20_160, "rounds": 60},
        )  # fmt: skip
        near = steps_of(Ladder.objects.active("promise"))
        migration.bring_near(apps, SimpleNamespace(connection=connection))
    install(connection)
    assert [(step["amount"], step["silent_after"], step["repeat_every"], step["rounds"]) for step in steps_of(far)] == [
        (366, None, None, 0), (0, 10_080, 5, 0), (75, None, 10_080, 50),
    ]  # fmt: skip
    assert steps_of(Ladder.objects.active("promise")) == near


@contextmanager
def without_limits():
    """What is done here is undone with the test."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            cursor.execute(
                "ALTER TABLE clock_rung DROP CONSTRAINT rung_within_a_year, DROP CONSTRAINT rung_repeats_within_a_week"
            )
        yield
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
