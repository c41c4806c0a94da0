"""Open tickets by age and by whose they are: worked out by hand, with the edges of the bands."""

from datetime import date, timedelta

import pytest

from servicedesk.clock.testing import make_unit
from servicedesk.reports.backlog import BANDS, backlog, days_of, more_than
from servicedesk.reports.measures import MEASURES, Cut
from servicedesk.reports.period import Kind, Period, midnight, today
from servicedesk.reports.reach import Reach
from tickets.checks import confirm_task
from tickets.intake import Answer
from tickets.ownership import take_over
from tickets.replies import Reply, finish_task, reply_to_customer
from tickets.resolving import reopen
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket, make_word

pytestmark = pytest.mark.django_db
DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)
ALL = Reach(None)
WEEK_AGO = MONDAY - 7 * DAY


def rows(at=MONDAY, reach=ALL, **cut):
    return MEASURES["open"].behind(Cut(reach, at, Period.around(Kind.WEEK, today(at)), **cut)).count()


def received(days, agent, **fields):
    return make_ticket(MONDAY - days * DAY, first_responder=agent, **fields)


def test_the_world_worked_out_by_hand():
    """Ann of unit A holds tickets 0, 2 and 3 days old, Abe of A one of 40 days that waits for its opinion check,
    Bob of B one of 100 days. Closed ones and imported history are nobody's.

    By band (0-2, 3-7, 8-30, 31-90, over 90 days): Ann 2 1 0 0 0, Abe 0 0 0 1 0, Bob 0 0 0 0 1.
    """
    a, b = make_unit(), make_unit()
    ann, abe, bob = (make_agent(department=unit) for unit in (a, a, b))
    for days in (0, 2, 3):
        received(days, ann)
    waiting = received(40, abe)
    reply_to_customer(
        waiting, Reply(words="Done.", mode="spoken", channel="phone", solved=True), by=abe, at=MONDAY - 40 * DAY + HOUR
    )  # fmt: skip
    received(100, bob)
    received(1, ann, answer=Answer("At nine."), kind="inquiry")
    received(0, ann, received_at=MONDAY - 9 * DAY, closed_at=MONDAY - DAY, source="old", external_number="1")

    found = backlog(ALL, at=MONDAY)
    assert {(one.department, one.person): one.total for one in found.held} == {
        (a.pk, ann.pk): 3,
        (a.pk, abe.pk): 1,
        (b.pk, bob.pk): 1,
    }
    assert found.by_band == [rows(band=band) for band in BANDS] == [2, 1, 0, 1, 1]
    assert found.total == rows() == 5
    for unit, bands in ((a, [2, 1, 0, 1, 0]), (b, [0, 0, 0, 0, 1])):
        reach = Reach(frozenset({unit.pk}))
        seen = backlog(reach, at=MONDAY)
        assert seen.by_band == [rows(reach=reach, band=band) for band in BANDS] == bands
        assert seen.total == rows(reach=reach) == sum(bands)
    assert rows(owner=ann.pk) == 3


def test_bands_follow_each_other_day_by_day_without_gap():
    assert days_of(0, at=MONDAY) == (date(2026, 5, 11), date(2026, 5, 9))
    for band in BANDS[:-1]:
        _last, first = days_of(band, at=MONDAY)
        assert days_of(band + 1, at=MONDAY)[0] == first - DAY
    assert days_of(BANDS[-1], at=MONDAY)[1] is None


def test_a_ticket_grows_older_with_the_day_of_the_organisation():
    edge = midnight(date(2026, 5, 9))  # two days before Monday
    agent = make_agent()
    make_ticket(edge, first_responder=agent), make_ticket(edge - INSTANT, first_responder=agent)
    assert backlog(ALL, at=MONDAY).by_band == [1, 1, 0, 0, 0]
    assert [rows(band=0), rows(band=1)] == [1, 1]


def test_what_came_and_what_left_since_a_week_ago():
    """A week ago two were open: one closed since, one still open. Since then one came and stays, one came and went,
    one was reopened; imported history never was here. Open now: 3, one more than a week ago."""
    agent = make_agent()
    received(20, agent)
    closed_since = received(20, agent, kind="task", promise=make_word(MONDAY - 19 * DAY))
    received(3, agent)
    received(3, agent, answer=Answer("At nine."), kind="inquiry")
    again = received(30, agent, answer=Answer("At ten."), kind="inquiry")
    reopen(again, promise=make_word(MONDAY + DAY), reason="Asked again", by=agent, at=MONDAY - DAY)
    received(
        0, agent, received_at=MONDAY - 9 * DAY, closed_at=MONDAY - DAY, source="old", external_number="1"
    )
    finish_task(closed_since, words="Done", by=agent, at=MONDAY - 2 * DAY)
    confirm_task(closed_since, by=agent, at=MONDAY - DAY)
    assert (rows(), more_than(ALL, then=WEEK_AGO, at=MONDAY)) == (3, 1)


def test_a_ticket_that_changed_units_left_one_and_came_to_the_other():
    a, b = make_unit(), make_unit()
    ticket = received(20, make_agent(department=a))
    b_agent = make_agent(department=b)
    ticket.category.deputies.add(b_agent)
    take_over(ticket, by=b_agent, at=MONDAY - DAY)
    assert [more_than(Reach(frozenset({unit.pk})), then=WEEK_AGO, at=MONDAY) for unit in (a, b)] == [-1, 1]
    assert more_than(ALL, then=WEEK_AGO, at=MONDAY) == 0
