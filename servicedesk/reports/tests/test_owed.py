"""What is broken and what breaks today: worked out by hand, at the very instants, and as it was before."""

from datetime import timedelta

import pytest
from django.utils import timezone

from servicedesk.clock.owing import owe, settle, withdraw
from servicedesk.clock.testing import MONDAY, make_matter, make_unit
from servicedesk.reports.measures import MEASURES, Cut
from servicedesk.reports.owed import owed
from servicedesk.reports.period import Kind, Period, today
from servicedesk.reports.reach import Reach
from servicedesk.staff.testing import make_user
from servicedesk.timewords import next_midnight

pytestmark = pytest.mark.django_db
HOUR, DAY, INSTANT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
ALL = Reach(None)


def due(at, *, unit=None, owner=None, kind="promise", made=MONDAY - 9 * DAY):
    return owe(kind, make_matter(unit, owner=owner), due_at=at, at=made)


def rows(code, at, reach=ALL, owner=None):
    cut = Cut(reach, at, Period.around(Kind.WEEK, today(at)), owner=owner)
    return MEASURES[code].behind(cut).count()


@pytest.fixture
def world():
    """Monday 11 May 2026, 10:00; the day ends in fourteen hours. Hours from now; `was` is a week ago, at -168.

    Unit A, Ann: promise due -200, live                      broken, broken a week ago
                 check due -1, live                          broken
                 promise due +1, live                        breaks today
                 promise due -190, settled late at -100      not now, but broken a week ago
    Unit A, Abe: task due +13, live                          breaks today
                 promise due -2, settled in time at -3       neither
    Unit B, Bob: promise due -170, withdrawn at -20          not now, but broken a week ago
                 promise due -180, settled late at -169      neither: settled before that moment
                 promise due +14, live                       tomorrow

    Now: Ann 2 broken, 1 today; Abe 1 today; Bob nothing. A week ago: 3 broken (2 in A, 1 in B).
    """
    a, b = make_unit(), make_unit()
    ann, abe = make_user(department=a), make_user(department=a)
    bob = make_user(department=b)
    due(MONDAY - 200 * HOUR, unit=a, owner=ann)
    due(MONDAY - HOUR, unit=a, owner=ann, kind="check")
    due(MONDAY + HOUR, unit=a, owner=ann)
    settle(due(MONDAY - 190 * HOUR, unit=a, owner=ann), by=ann, at=MONDAY - 100 * HOUR)
    due(MONDAY + 13 * HOUR, unit=a, owner=abe, kind="task")
    settle(due(MONDAY - 2 * HOUR, unit=a, owner=abe), by=abe, at=MONDAY - 3 * HOUR)
    withdraw(due(MONDAY - 170 * HOUR, unit=b, owner=bob), by=bob, at=MONDAY - 20 * HOUR, reason="void")
    settle(due(MONDAY - 180 * HOUR, unit=b, owner=bob), by=bob, at=MONDAY - 169 * HOUR)
    due(MONDAY + 14 * HOUR, unit=b, owner=bob)
    return a, b, ann, abe, bob


def test_the_world_worked_out_by_hand(world):
    a, _b, ann, abe, _bob = world
    found = owed(ALL, at=MONDAY, then=MONDAY - 7 * DAY)
    assert found.broken == {(a.pk, ann.pk): 2}
    assert found.today == {(a.pk, ann.pk): 1, (a.pk, abe.pk): 1}
    assert found.before == 3
    assert (rows("broken", MONDAY), rows("today", MONDAY)) == (2, 2)
    assert (rows("broken", MONDAY, owner=ann.pk), rows("today", MONDAY, owner=abe.pk)) == (2, 1)


def test_a_unit_sees_its_own(world):
    a, b, *_ = world
    only_a, only_b = (Reach(frozenset({unit.pk})) for unit in (a, b))
    assert owed(only_a, at=MONDAY, then=MONDAY - 7 * DAY).before == 2
    found = owed(only_b, at=MONDAY, then=MONDAY - 7 * DAY)
    assert (found.broken, found.today, found.before) == ({}, {}, 1)
    assert rows("broken", MONDAY, reach=only_b) == 0


def test_without_comparison_nothing_is_said_about_before(world):
    assert owed(ALL, at=MONDAY).before is None


@pytest.mark.clause("R1.1f")
@pytest.mark.parametrize(
    ("away", "broken"), [(-INSTANT, 0), (timedelta(0), 0), (INSTANT, 1)], ids=["before", "at", "after"]
)
def test_what_is_due_breaks_after_its_very_instant(away, broken):
    due(MONDAY)
    found = owed(ALL, at=MONDAY + away)
    assert (found.broken.total(), found.today.total()) == (broken, 1 - broken)
    assert (rows("broken", MONDAY + away), rows("today", MONDAY + away)) == (broken, 1 - broken)


def test_today_ends_with_the_readers_day():
    night = next_midnight(MONDAY)
    due(night - INSTANT), due(night)
    assert owed(ALL, at=MONDAY).today.total() == rows("today", MONDAY) == 1
    with timezone.override("America/New_York"):  # it is still Sunday evening there
        assert owed(ALL, at=MONDAY).today.total() == rows("today", MONDAY) == 0
    with timezone.override("Europe/London"):  # whose Monday ends seven hours later
        assert owed(ALL, at=MONDAY).today.total() == rows("today", MONDAY) == 2


@pytest.mark.parametrize(
    ("settled", "then"), [(timedelta(0), 0), (INSTANT, 1)], ids=["at that moment", "after it"]
)
def test_what_was_settled_after_a_moment_was_broken_at_it(settled, then):
    moment = MONDAY - 7 * DAY
    late = due(moment - HOUR, made=moment - DAY)
    settle(late, by=late.owner, at=moment + settled)
    assert owed(ALL, at=MONDAY, then=moment).before == then
