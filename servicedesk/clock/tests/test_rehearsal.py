"""A rehearsal says what the sweep will do, and writes nothing."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from servicedesk.calendars.testing import default_calendar, make_calendar
from servicedesk.clock.models import Deadline, Ladder, Ring
from servicedesk.clock.rehearsal import Case, drafts_of, rehearse
from servicedesk.clock.sweep import sweep
from servicedesk.clock.testing import MONDAY, make_deadline, make_ladder, make_matter
from servicedesk.staff.directory import Directory
from servicedesk.staff.organisation import Organisation
from servicedesk.staff.testing import make_absence, make_organisation

pytestmark = pytest.mark.django_db
DUE = MONDAY + timedelta(hours=6)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def people():
    return make_organisation()


def rehearsed(people, rungs, *, never_waits=False, due_at=DUE, work=None, at=MONDAY):
    directory = Directory.at(at)
    case = Case(
        MONDAY, due_at, work or default_calendar().work_calendar(), people.service.pk, people.agents[1].pk
    )
    return rehearse(
        drafts_of(rungs, never_waits=never_waits),
        case,
        waits=not never_waits,
        directory_at=lambda _at: directory,
    )


def played(deadline):
    """Who was told when, step by step, as the sweep carries it out."""
    while True:
        deadline.refresh_from_db()
        if deadline.next_ring_at is None:
            break
        sweep(deadline.next_ring_at + SECOND)
    rings = Ring.objects.filter(deadline=deadline, skipped=False).order_by("rang_at", "pk")
    return [(ring.rung.number, str(ring.person), ring.rang_at - SECOND) for ring in rings]


LADDERS = [
    [
        {"when": "share", "amount": 75, "unit": "", "position": "owner"},
        {"when": "before", "amount": 1, "unit": "hours", "position": "owner"},
        {"when": "after", "amount": 0, "position": "department_manager"},
        {"when": "after", "amount": 1, "unit": "working_days", "position": "executive"},
        {"when": "after", "amount": 3, "unit": "working_days", "position": "general_manager"},
    ],
    [
        {
            "when": "after", "amount": 10, "unit": "minutes", "position": "department_manager", "acknowledge": True,
            "silent_after": 30, "repeat_every": 20, "rounds": 2,
        },
        {"when": "after", "amount": 2, "unit": "hours", "position": "executive"},
    ],
]  # fmt: skip


@pytest.mark.parametrize("rungs", LADDERS)
@pytest.mark.parametrize("away", [False, True])
def test_it_tells_whom_the_sweep_will_tell_and_when(people, rungs, away):
    if away:
        make_absence(people.manager)
    make_ladder("promise", *rungs)
    told = [
        (moment.number, call.person, call.at) for moment in rehearsed(people, rungs) for call in moment.calls
    ]
    matter = make_matter(owner=people.agents[1], department=people.service)
    happened = played(make_deadline(matter, due_at=DUE, at=MONDAY))
    rounded = [(number, who, at.replace(microsecond=0)) for number, who, at in told]
    # repeats are counted from the ring before, which the sweep carried out a second after its moment
    assert [(n, who) for n, who, _at in sorted(rounded, key=lambda one: (one[2], one[0]))] == [
        (n, who) for n, who, _at in happened
    ]
    first = {(n, at) for n, _who, at in rounded}
    assert all((n, at) in first for n, _who, at in happened[: len(rungs)] if not rungs[n - 1].get("rounds"))


def test_the_deputy_is_named_with_the_reason(people):
    make_absence(people.manager, reason="leave", ends_at=MONDAY + 20 * DAY)
    at_once = next(m for m in rehearsed(people, LADDERS[0]) if m.number == 3)
    assert at_once.reached.person == str(people.second)
    assert at_once.reached.why.startswith("deputy for Manager Li, on leave until")


def test_a_reminder_in_closed_time_is_brought_forward_and_an_email_after_hours_waits(people):
    due_at = datetime.fromisoformat("2026-05-12T09:00:00+08:00")  # Tuesday, half an hour after opening
    reminder = rehearsed(people, LADDERS[0][1:], due_at=due_at)[0]
    assert (reminder.at.isoformat(), reminder.remark) == (
        "2026-05-11T17:29:00+08:00",
        "brought forward from closed time",
    )
    late = datetime.fromisoformat("2026-05-11T20:00:00+08:00")
    at_once = next(m for m in rehearsed(people, LADDERS[0], due_at=late) if m.number == 3)
    assert at_once.reached.email_at == datetime.fromisoformat("2026-05-12T08:30:00+08:00")
    never = next(m for m in rehearsed(people, LADDERS[0], due_at=late, never_waits=True) if m.number == 3)
    assert never.reached.email_at is None


def test_what_is_left_out_says_why(people):
    soon = rehearsed(people, LADDERS[0], due_at=MONDAY + timedelta(minutes=30))
    assert [m.remark for m in soon if m.number == 2] == ["left out: it would come before the beginning"]
    twice = [LADDERS[0][1], LADDERS[0][1]]
    assert [m.remark for m in rehearsed(people, twice) if m.at is None] == [
        "left out: the same person is reminded at the same moment already"
    ]


def test_who_is_there_then_may_be_somebody_else_than_today(people):
    make_absence(people.manager, starts_at=MONDAY + timedelta(hours=3))
    organisation = Organisation.at(MONDAY)
    case = Case(MONDAY, DUE, default_calendar().work_calendar(), people.service.pk, people.agents[1].pk)
    rungs = drafts_of(LADDERS[0], never_waits=False)
    then = rehearse(rungs, case, waits=True, directory_at=lambda at: Directory(organisation.on(at)))
    assert next(m for m in then if m.number == 3).reached.person == str(people.second)
    assert next(m for m in rehearsed(people, LADDERS[0]) if m.number == 3).reached.person == "Manager Li"


def test_nothing_is_written_and_the_queries_are_few(people):
    before = Deadline.objects.count(), Ring.objects.count(), Ladder.objects.count()
    with CaptureQueriesContext(connection) as seen:
        rehearsed(people, LADDERS[0])
    assert (Deadline.objects.count(), Ring.objects.count(), Ladder.objects.count()) == before
    assert len(seen) <= 10
    assert all(query["sql"].startswith("SELECT") for query in seen)


def test_without_anybody_the_times_stand_and_nobody_is_named(people):
    case = Case(MONDAY, DUE, make_calendar().work_calendar(), None, None)
    moments = rehearse(
        drafts_of(LADDERS[0], never_waits=False), case, waits=True, directory_at=lambda at: Directory.at(at)
    )
    assert len([m for m in moments if m.at]) == 6
    assert not any(m.calls for m in moments)
