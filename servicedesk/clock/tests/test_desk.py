"""My desk: what is owed, soonest first, and what changes on it without anybody touching the page."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from servicedesk.clock.acknowledging import acknowledge
from servicedesk.clock.describing import Description, describe_by
from servicedesk.clock.desk import desk_continued, desk_of, with_words
from servicedesk.clock.models import Ring
from servicedesk.clock.owing import settle
from servicedesk.clock.sweep import sweep
from servicedesk.clock.testing import MONDAY, make_deadline, make_ladder, make_matter, make_unit
from servicedesk.keyset import Place
from servicedesk.staff.testing import make_absence, make_user

pytestmark = pytest.mark.django_db
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def owed(owner, hours, *, at=MONDAY, unit=None, **fields):
    matter = make_matter(unit or make_unit(), owner=owner, **fields)
    return make_deadline(matter, due_at=at + hours * HOUR, at=at)


def pks(rows):
    return [row.deadline.pk for row in rows]


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def asking_ladder():
    return make_ladder(
        "promise",
        {
            "when": "after",
            "amount": 0,
            "unit": "hours",
            "position": "department_manager",
            "acknowledge": True,
        },
    )


def test_what_i_owe_lies_there_soonest_first_in_its_groups():
    me = make_user()
    later, today, overdue = owed(me, 40), owed(me, 6), owed(me, 1)
    owed(make_user(), 2)
    settle(owed(me, 3), by=me, at=MONDAY + HOUR)
    desk = desk_of(me, at=MONDAY + 2 * HOUR)
    assert [(name, count, pks(rows)) for name, count, rows in desk.mine.groups] == [
        ("overdue", 1, [overdue.pk]), ("today", 1, [today.pk]), ("later", 1, [later.pk]),
    ]  # fmt: skip
    assert desk.mine.count == 3


def test_at_the_due_moment_nothing_is_overdue_and_a_moment_later_it_is():
    me = make_user()
    deadline = owed(me, 2)
    assert desk_of(me, at=deadline.due_at).mine.groups[0][0] == "today"
    assert desk_of(me, at=deadline.due_at + SECOND).mine.groups[0][0] == "overdue"


def test_the_version_changes_by_time_alone_and_stands_while_nothing_happens():
    me = make_user()
    deadline = owed(me, 2)
    before = desk_of(me, at=MONDAY).version
    assert desk_of(me, at=deadline.due_at).version == before
    assert desk_of(me, at=deadline.due_at + SECOND).version != before


def test_the_version_changes_at_midnight_when_tomorrow_becomes_today():
    me = make_user()
    owed(me, 20)  # Tuesday 6:00
    before = desk_of(me, at=MONDAY).version
    with timezone.override("Asia/Shanghai"):
        assert desk_of(me, at=MONDAY + 13 * HOUR).version == before
        assert desk_of(me, at=MONDAY + 14 * HOUR).version != before


def test_the_version_changes_when_a_breach_is_told_and_when_it_is_acknowledged(asking_ladder):
    unit = make_unit()
    owed(make_user(), 1, unit=unit)
    quiet = desk_of(unit.manager, at=MONDAY).version
    sweep(MONDAY + 2 * HOUR)
    told = desk_of(unit.manager, at=MONDAY + 2 * HOUR).version
    acknowledge(Ring.objects.get(), by=unit.manager, at=MONDAY + 3 * HOUR)
    assert len({quiet, told, desk_of(unit.manager, at=MONDAY + 3 * HOUR).version}) == 3


def test_whoever_stands_in_sees_the_absent_ones_desk_beside_their_own():
    away, deputy = make_user(), make_user()
    theirs, own = owed(away, 2), owed(deputy, 3)
    assert not desk_of(deputy, at=MONDAY).covered.rows
    absence = make_absence(away, deputy=deputy, ends_at=MONDAY + DAY)
    desk = desk_of(deputy, at=MONDAY)
    assert (pks(desk.mine.rows), pks(desk.covered.rows)) == ([own.pk], [theirs.pk])
    assert desk.absences == [absence]
    assert not desk_of(deputy, at=MONDAY + DAY).covered.rows
    assert pks(desk_of(away, at=MONDAY).mine.rows) == [theirs.pk]


def test_the_deputy_of_an_absent_deputy_minds_both_desks_and_a_ring_of_deputies_ends():
    first, second, third = make_user(), make_user(), make_user()
    make_absence(first, deputy=second)
    make_absence(second, deputy=third)
    make_absence(third, deputy=first)
    deadlines = [owed(first, 2), owed(second, 3)]
    assert pks(desk_of(third, at=MONDAY).covered.rows) == [one.pk for one in deadlines]


def test_a_full_desk_goes_on_behind_its_last_row(monkeypatch):
    monkeypatch.setattr("servicedesk.clock.desk.SHOWN", 2)
    me = make_user()
    deadlines = [owed(me, hours) for hours in (1, 2, 2, 2, 30)]
    desk = desk_of(me, at=MONDAY + 90 * timedelta(minutes=1))
    assert desk.mine.total == {"overdue": 1, "today": 3, "later": 1}
    seen, after = pks(desk.mine.rows), desk.mine.after
    while after:
        desk = desk_continued(me, at=MONDAY, after=Place.read(after), part="mine")
        seen, after = seen + pks(desk.mine.rows), desk.mine.after
    assert seen == [one.pk for one in deadlines]


def test_a_manager_is_told_of_the_breaches_of_others_once_a_matter(asking_ladder):
    unit = make_unit()
    deadline = owed(make_user(), 1, unit=unit)
    own = owed(unit.manager, 1, unit=unit)
    sweep(MONDAY + 2 * HOUR)
    desk = desk_of(unit.manager, at=MONDAY + 2 * HOUR)
    assert [told.ring.deadline_id for told in desk.told.rows] == [deadline.pk]
    assert desk.told.rows[0].asks
    assert pks(desk.mine.rows) == [own.pk]
    settle(deadline, by=deadline.owner, at=MONDAY + 3 * HOUR)
    assert desk_of(unit.manager, at=MONDAY + 3 * HOUR).told.rows == []


def test_after_acknowledging_a_repeated_ring_nothing_is_asked_any_more():
    make_ladder(
        "promise",
        {"when": "after", "amount": 0, "unit": "hours", "position": "department_manager", "acknowledge": True,
         "repeat_every": 10, "rounds": 3},
    )  # fmt: skip
    unit = make_unit()
    owed(make_user(), 1, unit=unit)
    for minutes in (61, 75, 90):
        sweep(MONDAY + timedelta(minutes=minutes))
    (told,) = desk_of(unit.manager, at=MONDAY + 2 * HOUR).told.rows
    assert told.asks.round == 3
    acknowledge(told.asks, by=unit.manager, at=MONDAY + 2 * HOUR)
    (told,) = desk_of(unit.manager, at=MONDAY + 2 * HOUR).told.rows
    assert told.asks is None
    assert told.ring.acknowledged_at


def test_what_one_was_told_of_goes_on_behind_its_last_row_and_is_counted_whole(asking_ladder, monkeypatch):
    monkeypatch.setattr("servicedesk.clock.desk.SHOWN", 2)
    unit = make_unit()
    deadlines = [owed(make_user(), hours, unit=unit) for hours in (1, 1, 1, 2, 3, 4, 5)]
    for hours in range(1, 6):
        sweep(MONDAY + hours * HOUR + SECOND)
    known = deadlines[3], deadlines[5]
    for ring in Ring.objects.filter(deadline__in=known):
        acknowledge(ring, by=unit.manager, at=MONDAY + 6 * HOUR)
    client, seen, counts, address = logged_in(unit.manager), [], set(), reverse("home")
    while address:
        page = client.get(address)
        told = page.context["desk"].told
        seen += [(one.ring.deadline_id, one.asks is not None) for one in told.rows]
        counts.add(told.total)
        following = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        address = following and following[1].replace("&amp;", "&")
    asking = [one for one in reversed(deadlines) if one not in known]
    assert seen == [(one.pk, True) for one in asking] + [(one.pk, False) for one in reversed(known)]
    assert counts == {7}


def test_a_further_page_of_what_one_was_told_keeps_its_address_when_polled(asking_ladder, monkeypatch):
    monkeypatch.setattr("servicedesk.clock.desk.SHOWN", 1)
    unit = make_unit()
    for _ in range(3):
        owed(make_user(), 1, unit=unit)
    sweep(MONDAY + 2 * HOUR)
    told = desk_of(unit.manager, at=MONDAY + 2 * HOUR).told
    page = logged_in(unit.manager).get(reverse("home"), {"list": told.goes_on, "after": told.after})
    assert f'hx-get="/?list=asked&amp;after={told.after}"' in page.content.decode()
    assert len(page.context["desk"].told.rows) == 1


def test_acknowledging_on_a_further_page_stays_on_that_page(asking_ladder, monkeypatch):
    monkeypatch.setattr("servicedesk.clock.desk.SHOWN", 2)
    unit = make_unit()
    for hours in (1, 2, 3, 4):
        owed(make_user(), hours, unit=unit)
    sweep(MONDAY + 6 * HOUR)
    told = desk_of(unit.manager, at=MONDAY + 6 * HOUR).told
    further = f"{reverse('home')}?list={told.goes_on}&after={told.after}"
    next_rows = desk_continued(
        unit.manager, at=MONDAY + 6 * HOUR, after=Place.read(told.after), part=told.goes_on
    ).told.rows
    first, second = (row.ring for row in next_rows)

    answer = logged_in(unit.manager).post(
        reverse("clock:acknowledge", args=[first.pk]),
        headers={"hx-request": "true", "hx-current-url": f"http://testserver{further}"},
    )
    shown = answer.content.decode()
    assert f'id="told-{second.pk}"' in shown
    assert not any(f'id="told-{row.ring.pk}"' in shown for row in told.rows)


def test_the_reason_why_a_deputy_was_told_is_said():
    unit = make_unit()
    unit.manager.display_name = "Manager Li"
    unit.manager.save()
    deputy = make_user()
    make_absence(unit.manager, deputy=deputy)
    owed(make_user(), 1, unit=unit)
    sweep(MONDAY + 2 * HOUR)
    desk = with_words(desk_of(deputy, at=MONDAY + 2 * HOUR), deputy)
    assert desk.told.rows[0].reason.startswith("deputy for Manager Li")


def test_the_app_that_knows_the_matter_says_what_it_is_about_for_all_rows_at_once():
    me, asked = make_user(), []

    def describe(subjects, user):
        asked.append((subjects, user))
        return {"described:1": Description("Wang Fang", "A warm flat")}

    describe_by("described", describe)
    owed(me, 1, key="described:1", label="Number one")
    owed(me, 2, key="described:2", label="Number two")
    page = logged_in(me).get(reverse("home")).content.decode()
    assert asked == [({"described:1", "described:2"}, me)]
    for shown in ("Wang Fang", "A warm flat", "Number one", "Number two"):
        assert shown in page


# The page


def test_the_poll_is_answered_with_nothing_while_nothing_changed_and_keeps_its_address():
    me = make_user()
    owed(me, 3, at=timezone.now())
    client = logged_in(me)
    page = client.get(reverse("home"))
    version = page.context["desk"].version
    headers = {"HX-Request": "true"}
    assert client.get(reverse("home"), {"version": version}, headers=headers).status_code == 204
    fresh = client.get(reverse("home"), {"version": "old"}, headers=headers)
    assert 'hx-get="/"' in fresh.content.decode()
    assert "<form" not in fresh.content.decode()
    assert "<html" not in fresh.content.decode()


def test_the_row_leads_to_the_matter_to_its_act_and_to_the_reason():
    me = make_user()
    deadline = owed(me, 3, at=timezone.now(), path="/somewhere/7/")
    page = logged_in(me).get(reverse("home")).content.decode()
    for address in ("/somewhere/7/", "/somewhere/7/#reply", reverse("clock:deadline", args=[deadline.pk])):
        assert f'href="{address}"' in page
    assert 'data-key="r"' in page


def test_an_empty_desk_says_so_kindly():
    assert "Nothing is owed" in logged_in(make_user()).get(reverse("home")).content.decode()


@pytest.mark.parametrize(
    "after", ["", "x", "20260511T020000.000000Z-1'", "\x00", "99991231T000000.000000Z-1"]
)
def test_nonsense_in_the_address_gives_the_first_page(after):
    me = make_user()
    owed(me, 3, at=timezone.now())
    page = logged_in(me).get(reverse("home"), {"after": after, "list": after, "version": after})
    assert page.context["desk"].mine.count == 1


def test_acknowledging_on_the_desk_draws_the_desk_anew(asking_ladder):
    unit = make_unit()
    owed(make_user(), 1, unit=unit)
    sweep(MONDAY + 2 * HOUR)
    ring = Ring.objects.get()
    response = logged_in(unit.manager).post(
        reverse("clock:acknowledge", args=[ring.pk]), headers={"HX-Request": "true"}
    )
    page = response.content.decode()
    assert 'id="desk"' in page
    assert 'hx-get="/"' in page
    assert "acknowledged" in page
    ring.refresh_from_db()
    assert ring.acknowledged_by == unit.manager


def test_a_desk_takes_as_many_queries_for_forty_matters_as_for_four():
    away, me, unit = make_user(), make_user(), make_unit()
    unit.manager = me
    unit.save(update_fields=["manager"])
    make_absence(away, deputy=me)
    client = logged_in(me)

    def fill(count):
        for _ in range(count):
            owed(me, 2, unit=unit), owed(away, 3, unit=unit), owed(make_user(), 1, unit=unit)
        sweep(MONDAY + 4 * HOUR)

    def count():
        with CaptureQueriesContext(connection) as captured:
            page = client.get(reverse("home"))
        assert page.context["desk"].told.rows
        return len(captured)

    fill(4)
    few = count()
    fill(36)
    assert count() <= few <= 16
