"""Which words were kept: a small world worked out by hand, then its edges at the very instants."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from servicedesk.clock.testing import make_unit
from servicedesk.reports.kept import Kept, kept_by_department, kept_by_stretch
from servicedesk.reports.measures import MEASURES, Cut
from servicedesk.reports.period import Kind, Period, midnight, weeks_up_to
from servicedesk.reports.reach import Reach
from tickets.models import Ticket
from tickets.replies import Reply, reply_to_customer
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket, make_word
from tickets.voiding import ask_to_void, decide_void

pytestmark = pytest.mark.django_db
DAY, MINUTE, INSTANT = timedelta(days=1), timedelta(minutes=1), timedelta(microseconds=1)
ALL = Reach(None)
WEEK = Period.around(Kind.WEEK, date(2026, 5, 11))  # MONDAY is its first day, 10:00
MONDAY_NIGHT = midnight(date(2026, 5, 11))


def promised(due_at, *, unit=None, at=MONDAY, **fields):
    """A complaint logged at `at` and promised for `due_at`, by an agent of the unit."""
    return make_ticket(
        at, promise=make_word(due_at), first_responder=make_agent(department=unit or make_unit()), **fields
    )


def answer(ticket, at, mode="spoken", **fields):
    ticket.refresh_from_db()
    fields.setdefault("solved", mode != "tried")
    fields.setdefault("odd_hours", "It was urgent.")
    reply_to_customer(
        ticket, Reply(words="News", mode=mode, channel="phone", **fields), by=ticket.owner, at=at
    )


def void(ticket, at):
    ticket.refresh_from_db()
    request = ask_to_void(ticket, reason="A test", by=ticket.owner, at=at)
    decide_void(request, confirmed=True, by=ticket.department.manager, at=at)


def figure(code, *, at, period=WEEK, reach=ALL):
    return MEASURES[code].behind(Cut(reach, at, period)).count()


@pytest.fixture
def world():
    """Two units in the week of Monday 11 May 2026, all times from Monday 10:00 on, in hours.

    Unit A owes
      a  due  4, told at 4 exactly                        kept
      b  due  4, told an instant later                    broken
      c  due 28, never told                               broken from the instant after 28
      d  due 30, the customer asked, then told at 29      kept, asked first
      e  due 30, void at 29 (nobody is known)             outside: withdrawn in time
      f  due 30, void at 31                               broken: withdrawn too late
    Unit B owes
      g  due  6, tried at 1 and 2, nobody reached         kept, nobody reached; the next word is due at 20
      g' due 20, told at 40, after the customer asked     broken, asked first
      h  due 50, told at 10                               kept, long before it was due
      i  due 60, never told                               counts from the instant after 60
      k  closed before it was imported                    outside

    At 48 hours:     A: a b c d f = 5 due, 2 kept.   B: g g' h = 3 due, 2 kept.   All: 8 due, 4 kept, 4 broken.
    An instant after 60: one more due and broken in B: 9 due, 4 kept, 5 broken.
    """
    a, b = make_unit(), make_unit()
    answer(promised(MONDAY + 4 * HOUR, unit=a), MONDAY + 4 * HOUR)
    answer(promised(MONDAY + 4 * HOUR, unit=a), MONDAY + 4 * HOUR + INSTANT)
    promised(MONDAY + 28 * HOUR, unit=a)
    answer(promised(MONDAY + 30 * HOUR, unit=a), MONDAY + 29 * HOUR, chased=True)
    void(promised(MONDAY + 30 * HOUR, unit=a, anonymous=True), MONDAY + 29 * HOUR)
    void(promised(MONDAY + 30 * HOUR, unit=a, anonymous=True), MONDAY + 31 * HOUR)
    tried = promised(MONDAY + 6 * HOUR, unit=b)
    answer(tried, MONDAY + HOUR, mode="tried")
    answer(tried, MONDAY + 2 * HOUR, mode="tried", next_word=make_word(MONDAY + 20 * HOUR))
    answer(tried, MONDAY + 40 * HOUR, chased=True)
    answer(promised(MONDAY + 50 * HOUR, unit=b), MONDAY + 10 * HOUR)
    promised(MONDAY + 60 * HOUR, unit=b)
    make_ticket(
        MONDAY, received_at=MONDAY - 9 * DAY, closed_at=MONDAY - DAY, source="old", external_number="1",
        first_responder=make_agent(department=b),
    )  # fmt: skip
    return a, b


def test_the_world_worked_out_by_hand(world):
    a, b = world
    at = MONDAY + 48 * HOUR
    found = kept_by_department(ALL, WEEK, cutoff=at)
    assert found == {a.pk: Kept(5, 2), b.pk: Kept(3, 2)}
    whole = found[a.pk] + found[b.pk]
    assert (whole.due, whole.kept, whole.missed, whole.rate) == (8, 4, 4, Decimal("50.0"))
    counted = {code: figure(code, at=at) for code in ("due", "kept", "missed", "unreached", "chased")}
    assert counted == {"due": 8, "kept": 4, "missed": 4, "unreached": 1, "chased": 2}
    later = kept_by_department(ALL, WEEK, cutoff=MONDAY + 60 * HOUR + INSTANT)
    assert later == {a.pk: Kept(5, 2), b.pk: Kept(4, 2)}


def test_a_figure_speaks_only_of_what_its_reader_may_see(world):
    a, b = world
    only_b = Reach(frozenset({b.pk}))
    assert kept_by_department(only_b, WEEK, cutoff=MONDAY + 48 * HOUR) == {b.pk: Kept(3, 2)}
    assert figure("due", at=MONDAY + 48 * HOUR, reach=only_b) == 3
    assert figure("due", at=MONDAY + 48 * HOUR, reach=Reach(frozenset())) == 0
    assert only_b.within({a.pk}) == Reach(frozenset())


def test_the_same_cut_off_gives_the_same_figures_whatever_happens_afterwards(world):
    at = MONDAY + 29 * HOUR  # d is just told, e just void, f still waits
    before = kept_by_department(ALL, WEEK, cutoff=at)
    for ticket in Ticket.objects.unresolved():
        answer(ticket, MONDAY + 70 * HOUR)
    assert kept_by_department(ALL, WEEK, cutoff=at) == before


@pytest.mark.clause("R1.1f")
@pytest.mark.parametrize(
    ("told", "kept"), [(-INSTANT, 1), (timedelta(0), 1), (INSTANT, 0)], ids=["before", "at", "after"]
)
def test_a_word_is_kept_up_to_the_very_instant_it_is_due(told, kept):
    due = MONDAY + 4 * HOUR
    answer(promised(due), due + told)
    assert [*kept_by_department(ALL, WEEK, cutoff=MONDAY + DAY).values()] == [Kept(1, kept)]


@pytest.mark.parametrize(
    ("cutoff", "due"), [(-INSTANT, 0), (timedelta(0), 0), (INSTANT, 1)], ids=["before", "at", "after"]
)
def test_a_word_without_answer_counts_from_the_instant_after_it_was_due(cutoff, due):
    promised(MONDAY + 4 * HOUR)
    assert (
        figure("due", at=MONDAY + 4 * HOUR + cutoff) == figure("missed", at=MONDAY + 4 * HOUR + cutoff) == due
    )


def test_a_week_begins_with_its_first_instant_and_ends_before_the_next_one():
    for due in (
        MONDAY_NIGHT - INSTANT,
        MONDAY_NIGHT,
        MONDAY_NIGHT + 7 * DAY - INSTANT,
        MONDAY_NIGHT + 7 * DAY,
    ):
        answer(promised(due, at=due - DAY), due)
    weeks = weeks_up_to(Period.around(Kind.WEEK, date(2026, 5, 18)), 3)
    assert [week.first for week in weeks] == [date(2026, 5, 4), date(2026, 5, 11), date(2026, 5, 18)]
    found = kept_by_stretch(ALL, weeks, cutoff=MONDAY + 30 * DAY)
    assert found == [Kept(1, 1), Kept(2, 2), Kept(1, 1)]


def test_a_week_without_words_has_no_rate():
    assert kept_by_stretch(ALL, weeks_up_to(WEEK, 2), cutoff=MONDAY) == [Kept(), Kept()]
    assert Kept().rate is None


def test_only_a_week_in_which_every_word_was_kept_reads_100_per_cent():
    assert Kept(3000, 2999).rate == Decimal("99.9")
    assert Kept(3000, 3000).rate == 100
    assert Kept(3, 2).rate == Decimal("66.6")


def test_weeks_are_those_of_the_organisation_not_of_the_reader():
    answer(promised(MONDAY_NIGHT + HOUR, at=MONDAY_NIGHT - DAY), MONDAY_NIGHT)
    with timezone.override("America/New_York"):
        assert figure("kept", at=MONDAY) == 1
