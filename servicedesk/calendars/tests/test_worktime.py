import ast
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from servicedesk.calendars import editions, hours, texts, worktime, zones
from servicedesk.calendars.worktime import NoWorkingTimeError, Step, WorkCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
OFFICE = {weekday: [(time(8, 30), time(17, 30))] for weekday in range(5)}
WITH_LUNCH = {weekday: [(time(8), time(12)), (time(13), time(17))] for weekday in range(5)}
NIGHTS = {weekday: [(time(22), time(6))] for weekday in range(5)}
ALWAYS = {weekday: [(time(0), time(0))] for weekday in range(7)}
CHINA_OFF = [
    date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3), *(date(2026, 2, n) for n in range(15, 24)),
    date(2026, 4, 4), date(2026, 4, 5), date(2026, 4, 6), *(date(2026, 5, n) for n in range(1, 6)),
    date(2026, 6, 19), date(2026, 6, 20), date(2026, 6, 21), date(2026, 9, 25), date(2026, 9, 26), date(2026, 9, 27),
    *(date(2026, 10, n) for n in range(1, 8)),
]  # fmt: skip
CHINA_WORKED = [
    date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10),
]  # fmt: skip


def at(*parts, zone=SHANGHAI, fold=0):
    return datetime(*parts, tzinfo=zone, fold=fold)


@pytest.fixture
def china():
    return WorkCalendar(SHANGHAI, OFFICE, CHINA_OFF, CHINA_WORKED)


# Adding working time


@pytest.mark.parametrize(
    ("start", "work", "due"),
    [
        (at(2026, 9, 30, 15), 2 * HOUR, at(2026, 9, 30, 17)),
        (at(2026, 9, 30, 15), 2.5 * HOUR, at(2026, 9, 30, 17, 30)),  # fills the day: due at closing
        (at(2026, 9, 30, 15), 2.5 * HOUR + MINUTE, at(2026, 10, 8, 8, 31)),  # over the National Day holiday
        (at(2026, 9, 30, 15), 9 * HOUR, at(2026, 10, 8, 15)),
        (at(2026, 10, 9, 17), HOUR, at(2026, 10, 10, 9)),  # into the Saturday that is made up
        (at(2026, 10, 3, 12), HOUR, at(2026, 10, 8, 9, 30)),  # begun on a holiday
        (at(2026, 9, 30, 6), HOUR, at(2026, 9, 30, 9, 30)),  # begun before opening
        (at(2026, 9, 30, 17, 30), HOUR, at(2026, 10, 8, 9, 30)),  # begun at the closing instant
    ],
)
def test_working_time_is_counted_in_open_hours_only(china, start, work, due):
    assert china.add(start, work) == due


def test_lunch_is_not_working_time():
    calendar = WorkCalendar(SHANGHAI, WITH_LUNCH)

    assert calendar.add(at(2026, 3, 2, 11), HOUR) == at(2026, 3, 2, 12)
    assert calendar.add(at(2026, 3, 2, 11), 2 * HOUR) == at(2026, 3, 2, 14)
    assert calendar.add(at(2026, 3, 2, 12, 30), HOUR) == at(2026, 3, 2, 14)


def test_no_work_gives_the_start_moved_into_open_time(china):
    assert china.add(at(2026, 9, 30, 15), timedelta(0)) == at(2026, 9, 30, 15)
    assert china.add(at(2026, 9, 30, 17, 30), timedelta(0)) == at(2026, 10, 8, 8, 30)


def test_negative_work_is_refused(china):
    with pytest.raises(ValueError, match="negative"):
        china.add(at(2026, 9, 30), -MINUTE)
    with pytest.raises(ValueError, match="negative"):
        china.add_days(at(2026, 9, 30), -1)


def test_a_moment_without_a_zone_is_refused(china):
    with pytest.raises(ValueError, match="zone"):
        china.add(datetime(2026, 9, 30, 15), HOUR)


def test_the_answer_comes_in_the_zone_of_the_question(china):
    assert china.add(datetime(2026, 9, 30, 7, tzinfo=UTC), HOUR).tzinfo is UTC
    assert china.add(at(2026, 9, 30, 15), HOUR).hour == 16


# Night shifts and whole days


def test_a_night_shift_belongs_to_the_day_it_starts_on():
    calendar = WorkCalendar(SHANGHAI, NIGHTS, days_off=[date(2026, 3, 4)])

    assert calendar.is_open(at(2026, 3, 7, 5, 59))  # Friday's shift on Saturday morning
    assert not calendar.is_open(at(2026, 3, 7, 6))
    assert calendar.is_open(at(2026, 3, 4, 3))  # the shift that began the day before the day off
    assert not calendar.is_open(at(2026, 3, 4, 23))
    assert not calendar.is_open(at(2026, 3, 5, 3))
    assert calendar.add(at(2026, 3, 3, 23), 8 * HOUR) == at(2026, 3, 5, 23)


def test_an_end_at_midnight_closes_the_day():
    calendar = WorkCalendar(SHANGHAI, {0: [(time(18), time(0))]})

    assert calendar.add(at(2026, 3, 2, 18), 6 * HOUR) == at(2026, 3, 3)
    assert not calendar.is_open(at(2026, 3, 3))


def test_midnight_to_midnight_is_the_whole_day():
    calendar = WorkCalendar(SHANGHAI, {0: [(time(0), time(0))]})

    assert calendar.between(at(2026, 3, 1), at(2026, 3, 9)) == 24 * HOUR
    assert WorkCalendar(SHANGHAI, ALWAYS).add(at(2026, 3, 2, 5), 100 * HOUR) == at(2026, 3, 6, 9)


def test_hours_that_overlap_count_once():
    calendar = WorkCalendar(SHANGHAI, {0: [(time(8), time(12)), (time(11), time(14)), (time(22), time(10))],
                                       1: [(time(9), time(17))]})  # fmt: skip

    assert calendar.between(at(2026, 3, 2), at(2026, 3, 4)) == (6 + 2 + 17) * HOUR


# Working days


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (at(2026, 9, 30, 15), 1, at(2026, 10, 8, 17, 30)),
        (at(2026, 9, 30, 15), 3, at(2026, 10, 10, 17, 30)),  # 8, 9 and the made-up Saturday 10 October
        (at(2026, 9, 30, 6), 1, at(2026, 10, 8, 17, 30)),  # before opening it is that day already
        (at(2026, 9, 29, 23), 1, at(2026, 9, 30, 17, 30)),
        (at(2026, 10, 3, 12), 1, at(2026, 10, 8, 17, 30)),
        (at(2026, 10, 10, 9), 1, at(2026, 10, 12, 17, 30)),
        (at(2026, 2, 13, 9), 1, at(2026, 2, 14, 17, 30)),  # the Saturday before Spring Festival
        (at(2026, 2, 14, 9), 1, at(2026, 2, 24, 17, 30)),
        (at(2026, 9, 30, 15), 0, at(2026, 9, 30, 17, 30)),  # the close of that day
        (at(2026, 9, 30, 18), 0, at(2026, 10, 8, 17, 30)),
    ],
)
def test_within_n_working_days_ends_at_the_close_of_the_nth_one_after(china, start, days, due):
    assert china.add_days(start, days) == due


def test_a_start_inside_a_night_shift_counts_from_the_day_the_shift_began():
    calendar = WorkCalendar(SHANGHAI, NIGHTS)

    assert calendar.add_days(at(2026, 3, 3, 2), 1) == at(
        2026, 3, 4, 6
    )  # Monday's shift; Tuesday's ends Wednesday
    assert calendar.add_days(at(2026, 3, 3, 12), 1) == at(2026, 3, 5, 6)


def test_every_day_of_2026_in_china_is_as_announced(china):
    worked = {date(2026, 1, 1) + timedelta(days=n) for n in range(365)}
    worked = {day for day in worked if china.is_working_day(day)}

    assert len(worked) == 248
    assert set(CHINA_WORKED) <= worked
    assert not set(CHINA_OFF) & worked


# Make-up days


def test_a_holiday_beats_a_make_up_day_beats_the_week():
    saturday, sunday = date(2026, 3, 7), date(2026, 3, 8)
    calendar = WorkCalendar(SHANGHAI, OFFICE, days_off=[sunday], workdays=[saturday, sunday])

    assert calendar.is_working_day(saturday)
    assert not calendar.is_working_day(sunday)


def test_a_make_up_day_has_its_own_hours_else_its_weekdays_else_the_first_there_are():
    week = {2: [(time(10), time(11))], 3: [(time(8), time(12))]}
    own = [(time(9), time(9, 30)), (time(13), time(14))]
    days = {date(2026, 3, 7): own, date(2026, 3, 8): None, date(2026, 3, 5): ()}
    calendar = WorkCalendar(SHANGHAI, week, workdays=days)

    assert calendar.between(at(2026, 3, 7), at(2026, 3, 8)) == 1.5 * HOUR
    assert calendar.add_days(at(2026, 3, 7, 1), 0) == at(2026, 3, 7, 14)
    assert calendar.add_days(at(2026, 3, 8, 1), 0) == at(2026, 3, 8, 11)
    assert calendar.add_days(at(2026, 3, 5, 1), 0) == at(2026, 3, 5, 12)


# Clocks that change


def test_a_skipped_hour_is_not_open():
    calendar = WorkCalendar(BERLIN, ALWAYS)
    start = at(2026, 3, 29, 0, zone=BERLIN)

    assert calendar.add(start, 3 * HOUR) == at(2026, 3, 29, 4, zone=BERLIN)
    assert calendar.between(start, at(2026, 3, 30, zone=BERLIN)) == 23 * HOUR


def test_a_repeated_hour_counts_twice():
    early = WorkCalendar(BERLIN, {6: [(time(1), time(2, 30))]})
    first, second = (datetime(2026, 10, 25, hour, tzinfo=UTC) for hour in (0, 1))

    assert early.between(datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC)) == 2 * HOUR
    assert early.is_open(first)
    assert early.is_open(second)  # 2:00 for the second time
    assert not early.is_open(second - MINUTE)  # 2:59 for the first time
    assert early.add(first, 45 * MINUTE) == second + 15 * MINUTE


def test_hours_that_begin_in_a_gap_begin_when_it_ends():
    calendar = WorkCalendar(BERLIN, {6: [(time(2, 30), time(4))]})

    assert calendar.next_open(at(2026, 3, 29, 0, zone=BERLIN)) == at(2026, 3, 29, 3, zone=BERLIN)
    assert calendar.between(at(2026, 3, 29, 0, zone=BERLIN), at(2026, 3, 29, 12, zone=BERLIN)) == HOUR


def test_a_date_that_a_zone_left_out_is_no_working_day():
    apia = WorkCalendar(ZoneInfo("Pacific/Apia"), ALWAYS)

    assert not apia.is_working_day(date(2011, 12, 30))
    assert apia.between(datetime(2011, 12, 28, tzinfo=UTC), datetime(2012, 1, 2, tzinfo=UTC)) == 120 * HOUR


# Open moments around


def test_open_time_is_half_open(china):
    assert china.is_open(at(2026, 9, 30, 8, 30))
    assert not china.is_open(at(2026, 9, 30, 8, 29, 59))
    assert china.is_open(at(2026, 9, 30, 17, 29, 59))
    assert not china.is_open(at(2026, 9, 30, 17, 30))


def test_the_last_open_moment_leaves_a_minute_to_act(china):
    assert china.last_open(at(2026, 9, 30, 12)) == at(2026, 9, 30, 12)
    assert china.last_open(at(2026, 10, 5, 12)) == at(2026, 9, 30, 17, 29)
    assert china.last_open(at(2026, 9, 30, 17, 30)) == at(2026, 9, 30, 17, 29)
    assert (
        WorkCalendar(SHANGHAI, {}, workdays={date(2026, 3, 7): [(time(9), time(10))]}).last_open(
            at(2026, 3, 7)
        )
        is None
    )


def test_the_next_opening(china):
    assert china.next_open(at(2026, 9, 30, 12)) == at(2026, 9, 30, 12)
    assert china.next_open(at(2026, 10, 5, 12)) == at(2026, 10, 8, 8, 30)


def test_the_days_nobody_works_are_listed(china):
    closed = china.closed_days(at(2026, 9, 30, 15), at(2026, 10, 12, 9))

    assert closed == [*(date(2026, 10, n) for n in range(1, 8)), date(2026, 10, 11)]


def test_days_are_listed_up_to_the_last_one_and_over_twenty_years_at_most(china):
    friday, twenty_years = at(2026, 11, 27, 9), timedelta(days=7305)

    assert china.closed_days(friday, friday) == []
    assert china.closed_days(friday - timedelta(days=6), friday) == [date(2026, 11, 21), date(2026, 11, 22)]
    assert len(china.closed_days(friday - twenty_years, friday)) > 2000
    with pytest.raises(ValueError, match=r"^Days are not listed over more than twenty years"):
        china.closed_days(friday - twenty_years - timedelta(days=1), friday)


def test_hours_that_meet_are_one_step():
    meeting = WorkCalendar(SHANGHAI, {0: [(time(9), time(12)), (time(12), time(18))]})

    (step,) = meeting.explain(at(2026, 11, 30, 9), 5 * HOUR)
    assert (step.start, step.end, step.spent) == (at(2026, 11, 30, 9), at(2026, 11, 30, 14), 5 * HOUR)


def test_steps_are_told_in_the_zone_of_their_start(china):
    start = at(2026, 11, 30, 9).astimezone(BERLIN)

    for steps in (china.explain(start, HOUR), china.explain_days(start, 1)):
        assert {(step.start.tzinfo, step.end.tzinfo) for step in steps} == {(BERLIN, BERLIN)}


# Time between


def test_the_working_time_between_two_moments(china):
    assert china.between(at(2026, 9, 30, 15), at(2026, 10, 8, 9)) == 3 * HOUR
    assert china.between(at(2026, 10, 1), at(2026, 10, 7)) == timedelta(0)
    assert china.between(at(2026, 10, 8, 9), at(2026, 9, 30, 15)) == timedelta(0)
    assert china.between(at(2025, 6, 1), at(2026, 10, 8, 9)) > 300 * 9 * HOUR


# Refusals


@pytest.mark.parametrize(
    ("weekly", "off", "worked"),
    [({}, [], []), ({0: []}, [], []), ({}, [], [date(2026, 3, 7)]),
     ({}, [date(2026, 3, 7)], {date(2026, 3, 7): [(time(9), time(10))]})],
)  # fmt: skip
def test_a_calendar_without_working_time_is_refused(weekly, off, worked):
    with pytest.raises(NoWorkingTimeError):
        WorkCalendar(SHANGHAI, weekly, off, worked)


def test_every_search_has_a_horizon(china):
    once = WorkCalendar(SHANGHAI, {}, workdays={date(2026, 3, 7): [(time(9), time(10))]})

    with pytest.raises(NoWorkingTimeError):
        once.add(at(2026, 3, 8), MINUTE)
    with pytest.raises(NoWorkingTimeError):
        once.add_days(at(2026, 3, 8), 0)
    with pytest.raises(NoWorkingTimeError):
        china.add(at(2026, 3, 8), timedelta(days=100_000))
    with pytest.raises(NoWorkingTimeError):
        china.add_days(at(2026, 3, 8), 10**9)
    with pytest.raises(ValueError, match="twenty years"):
        china.between(at(1900, 1, 1), at(2026, 1, 1))
    with pytest.raises(ValueError, match="twenty years"):
        china.closed_days(at(1900, 1, 1), at(2026, 1, 1))


def test_the_ends_of_the_calendar_are_survived(china):
    with pytest.raises(NoWorkingTimeError):
        china.add(datetime.max.replace(tzinfo=UTC), HOUR)
    assert china.last_open(datetime.min.replace(tzinfo=UTC)) is None


def test_bad_hours_are_refused():
    with pytest.raises(ValueError, match="Weekdays"):
        WorkCalendar(SHANGHAI, {7: [(time(9), time(10))]})
    with pytest.raises(ValueError, match="wall clock"):
        WorkCalendar(SHANGHAI, {0: [(time(9, tzinfo=UTC), time(10, tzinfo=UTC))]})


def test_the_arithmetic_needs_no_framework():
    for module in (worktime, hours, zones, texts, editions):
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not any("django" in ast.unparse(node) for node in imported)


# Explanations


def test_an_explanation_shows_what_each_day_gave(china):
    steps = china.explain(at(2026, 9, 30, 15), 9 * HOUR)

    assert steps[0] == Step(
        date(2026, 9, 30), "open", at(2026, 9, 30, 15), at(2026, 9, 30, 17, 30), 2.5 * HOUR
    )
    assert [(step.date.day, step.kind) for step in steps[1:-1]] == [(n, "holiday") for n in range(1, 8)]
    assert steps[-1] == Step(
        date(2026, 10, 8), "open", at(2026, 10, 8, 8, 30), at(2026, 10, 8, 15), 6.5 * HOUR
    )


def test_an_explanation_in_days_shows_which_days_count(china):
    steps = china.explain_days(at(2026, 9, 30, 15), 3)

    assert [(s.date.day, s.kind) for s in steps if s.start] == [(8, "open"), (9, "open"), (10, "make-up")]
    assert [s.date.day for s in steps if s.kind == "holiday"] == list(range(1, 8))
    assert steps[-1].end == china.add_days(at(2026, 9, 30, 15), 3)


def test_moving_into_open_time_is_explained_too(china):
    steps = china.explain(at(2026, 10, 3, 15), timedelta(0))

    assert [step.date.day for step in steps] == [3, 4, 5, 6, 7, 8]
    assert steps[-1].end == at(2026, 10, 8, 8, 30)
