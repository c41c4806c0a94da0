"""Whom a ring reaches: never the owner alone about their own breach, and past everybody who stays silent."""

from datetime import timedelta

import pytest

from servicedesk.audit.invariants import findings
from servicedesk.clock.acknowledging import acknowledge
from servicedesk.clock.models import Deadline, Ring
from servicedesk.clock.sweep import put_back, sweep
from servicedesk.clock.testing import MONDAY, make_deadline, make_ladder, make_matter, make_unit
from servicedesk.staff.models import User
from servicedesk.staff.testing import make_post, make_user

pytestmark = pytest.mark.django_db

SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
DUE = MONDAY + 6 * HOUR
AT_ONCE = {"when": "after", "position": "department_manager", "acknowledge": True}


def told(deadline):
    rings = Ring.objects.filter(deadline=deadline, skipped=False, rung__when="after").order_by("pk")
    return list(rings.values_list("person", flat=True))


def violations():
    return [one.text for finding in findings() for one in finding.examples if "breach" in one.text]


def owed(unit, *rungs, owner=None):
    make_ladder("urgent", *rungs)
    return make_deadline(make_matter(unit, owner=owner), kind="urgent", due_at=DUE, at=MONDAY)


def test_a_repeat_of_a_breach_never_falls_back_to_its_owner():
    unit = make_unit()
    make_post("general_manager", make_user())
    deadline = owed(unit, AT_ONCE | {"silent_after": 30}, owner=unit.manager)
    sweep(DUE + SECOND)
    sweep(DUE + 31 * MINUTE)
    assert unit.manager_id not in told(deadline)
    assert len(told(deadline)) == 2
    assert violations() == []


def test_everybody_who_stayed_silent_is_passed_over():
    unit = make_unit()
    unit.deputy_manager = make_user(department=unit)
    unit.save()
    deadline = owed(unit, AT_ONCE | {"silent_after": 30, "repeat_every": 20, "rounds": 5})
    for minutes in (0, 21, 42, 63, 84, 105, 126):
        sweep(DUE + minutes * MINUTE + SECOND)
    people = told(deadline)
    assert people[:2] == [unit.manager_id, unit.manager_id]
    assert unit.deputy_manager_id in people
    assert people.index(unit.executive_id) > people.index(unit.deputy_manager_id)
    assert unit.manager_id not in people[2:]


@pytest.mark.parametrize(("every", "rounds"), [(10, 2), (50, 2)])
def test_the_deputy_hears_when_the_time_for_acknowledging_is_over_whatever_the_rounds(every, rounds):
    unit = make_unit()
    unit.deputy_manager = make_user(department=unit)
    unit.save()
    deadline = owed(unit, AT_ONCE | {"silent_after": 40, "repeat_every": every, "rounds": rounds})
    for minutes in range(42):
        sweep(DUE + minutes * MINUTE + SECOND)
    assert told(deadline)[-1] == unit.deputy_manager_id


def test_a_breach_of_the_general_manager_reaches_whoever_else_there_is():
    unit = make_unit()
    general_manager = make_user()
    make_post("general_manager", general_manager)
    User.objects.exclude(pk__in=[general_manager.pk, unit.manager_id]).update(is_active=False)
    deadline = owed(
        unit,
        AT_ONCE,
        {"when": "after", "amount": 1, "unit": "hours", "position": "executive"},
        {"when": "after", "amount": 2, "unit": "hours", "position": "general_manager"},
        owner=general_manager,
    )
    for hours in range(4):
        sweep(DUE + hours * HOUR + SECOND)
    assert told(deadline) == [unit.manager_id] * 3
    assert violations() == []


def test_where_nobody_else_works_the_step_waits_until_somebody_does():
    unit = make_unit()
    owner = make_user(department=unit)
    User.objects.exclude(pk=owner.pk).update(is_active=False)
    deadline = owed(unit, AT_ONCE, owner=owner)
    assert sweep(DUE + SECOND).broke == 1
    assert sweep(DUE + HOUR).rang == 0
    deadline.refresh_from_db()
    assert (deadline.set_aside_at, told(deadline)) == (None, [])
    assert deadline.next_ring_at <= DUE + HOUR  # /metrics shows it as late
    User.objects.filter(pk=unit.manager_id).update(is_active=True)
    sweep(DUE + 2 * HOUR)
    assert told(deadline) == [unit.manager_id]
    assert violations() == []


def test_what_is_put_back_rings_its_pending_repeat():
    unit = make_unit()
    deadline = owed(unit, AT_ONCE | {"repeat_every": 10, "rounds": 3})
    sweep(DUE + SECOND)
    Deadline.objects.filter(pk=deadline.pk).update(set_aside_at=DUE + MINUTE, next_ring_at=None)
    assert put_back(deadline, by=unit.manager, at=DUE + MINUTE)
    sweep(DUE + HOUR)
    assert told(deadline) == [unit.manager_id] * 2


def test_what_was_set_aside_at_the_end_of_its_ladder_is_put_back_and_stays_quiet():
    unit = make_unit()
    deadline = owed(unit, AT_ONCE)
    sweep(DUE + SECOND)
    Deadline.objects.filter(pk=deadline.pk).update(set_aside_at=DUE + MINUTE)
    assert put_back(deadline, by=unit.manager, at=DUE + MINUTE)
    deadline.refresh_from_db()
    assert (deadline.set_aside_at, deadline.next_ring_at) == (None, None)


def test_an_acknowledgement_stops_the_repeats_to_that_person_only():
    unit = make_unit()
    unit.deputy_manager = make_user(department=unit)
    unit.save()
    deadline = owed(unit, AT_ONCE | {"silent_after": 30, "repeat_every": 20, "rounds": 9})
    for minutes in (0, 31):
        sweep(DUE + minutes * MINUTE + SECOND)
    first = Ring.objects.filter(deadline=deadline).earliest("pk")
    acknowledge(first, by=unit.manager, at=DUE + 40 * MINUTE)
    sweep(DUE + DAY)
    assert told(deadline)[-1] != unit.manager_id
    assert len(told(deadline)) > 2
