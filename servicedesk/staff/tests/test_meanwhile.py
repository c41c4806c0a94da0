"""What an absence means, said before it is entered: who is asked instead, and what reaches nobody (CASES y)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from servicedesk.staff.away.meanwhile import foresee
from servicedesk.staff.models import Absence, Department, User
from servicedesk.staff.periods import period
from servicedesk.staff.testing import make_absence, make_organisation

pytestmark = pytest.mark.django_db

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
AT = datetime(2026, 3, 4, 10, tzinfo=ZONE)


def day(number: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 3, number, hour, minute, tzinfo=ZONE)


@pytest.fixture
def one():
    return make_organisation()


def planned(person, first=10, last=12, **fields) -> Absence:
    """An absence of these days of March that nobody has entered yet."""
    return Absence(person=person, **{"starts_at": day(first), "ends_at": day(last) + DAY, **fields})


def asked(absence) -> list[tuple[str, str]]:
    return [(one.what, one.name) for one in foresee(absence, at=AT).asked]


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "said"),
    [
        (day(3), day(6), "3 to 5 Mar"),
        (day(3), day(4), "3 Mar"),
        (day(3, 9), day(3, 12, 30), "3 Mar 09:00 to 12:30"),
        (day(3, 9), day(4), "3 Mar from 09:00"),
        (day(3, 9), day(5), "3 Mar 09:00 to 4 Mar"),
        (day(3), day(5, 8, 30), "3 Mar to 5 Mar 08:30"),
        (day(3), None, "from 3 Mar until further notice"),
        (day(3), day(3).replace(year=2027), "3 Mar 2026 to 2 Mar 2027"),
    ],
)
def test_a_period_is_said_as_people_say_it(starts_at, ends_at, said):
    with translation.override("en"):
        assert period(starts_at, ends_at) == said


def test_a_named_deputy_is_asked_and_while_that_one_is_away_the_next(one):
    make_absence(one.agents[2], starts_at=day(11), ends_at=day(12))
    absence = planned(one.agents[1], deputy=one.agents[2])

    assert asked(absence) == [
        ("10 Mar", str(one.agents[2])), ("11 Mar", str(one.manager)), ("12 Mar", str(one.agents[2])),
    ]  # fmt: skip
    assert Absence.objects.count() == 1


def test_without_a_deputy_it_is_the_manager_and_it_is_said_why(one):
    (line,) = foresee(planned(one.agents[1]), at=AT).asked
    assert (line.what, line.name) == ("10 to 12 Mar", str(one.manager))
    assert "on leave until 12 Mar" in line.reason


def test_where_nobody_is_left_it_goes_to_nobody(one):
    User.objects.exclude(pk=one.agents[1].pk).update(blocked_at=AT, blocked_why="meanwhile")
    foreseen = foresee(planned(one.agents[1]), at=AT)
    assert [line.name for line in foreseen.asked] == [""]
    assert foreseen.nobody


def test_for_each_position_it_is_said_who_answers(one):
    Department.objects.filter(pk=one.technical.pk).update(manager=one.manager)
    make_absence(one.agents[2], starts_at=day(11), ends_at=day(20), deputy=one.manager)

    lines = foresee(planned(one.manager), at=AT).positions
    assert [(line.what, line.name) for line in lines] == [
        ("Manager of Customer Service", str(one.second)),
        ("Manager of Technical Service", str(one.executive)),
        (f"Deputy for {one.agents[2]}", str(one.second)),
    ]


def test_a_changed_absence_is_foreseen_as_it_would_be(one):
    absence = make_absence(one.agents[1], starts_at=day(10), ends_at=day(13), deputy=one.agents[2])
    absence.deputy = one.technicians[0]
    assert asked(absence) == [("10 to 12 Mar", str(one.technicians[0]))]


def test_what_is_past_of_it_is_not_foreseen_and_without_an_end_thirteen_weeks(one):
    absence = planned(one.agents[1], starts_at=day(2), ends_at=None)
    foreseen = foresee(absence, at=AT)
    assert foreseen.cut == date(2026, 6, 3)
    assert foreseen.asked[0].what.startswith("4 Mar 10:00 to 3 Jun")


def test_one_that_ends_far_away_is_foreseen_for_a_year_and_says_so(one):
    far = foresee(planned(one.agents[1], starts_at=day(2), ends_at=datetime(2199, 12, 31, tzinfo=UTC)), at=AT)
    assert far.cut == date(2027, 3, 10)
    assert far.asked[-1].what.endswith("10 Mar 2027 10:00")
    near = foresee(planned(one.agents[1], starts_at=day(2), ends_at=day(2) + timedelta(weeks=50)), at=AT)
    assert near.cut is None


def test_its_queries_do_not_grow_with_days_or_absences(one):
    def looked(absence) -> int:
        with CaptureQueriesContext(connection) as seen:
            foresee(absence, at=AT)
        return len(seen)

    few = looked(planned(one.agents[1], 10, 10))
    for number in range(5):
        make_absence(
            one.agents[2], starts_at=day(5 + 3 * number), ends_at=day(6 + 3 * number), deputy=one.agents[1]
        )
    assert looked(planned(one.agents[1], ends_at=None, deputy=one.agents[2])) == few


def test_looking_enters_nothing(one, client):
    client.force_login(one.agents[1])
    form = {"first_day": "2190-05-03", "last_day": "2190-05-04", "reason": "leave", "deputy": one.second.pk}

    page = client.post("/people/absences/", {**form, "look": "1"})

    assert page.status_code == 200
    assert [line.name for line in page.context["foreseen"].asked] == [str(one.second)]
    assert "Nothing changes hands" in page.content.decode()
    assert not Absence.objects.exists()
    assert client.post("/people/absences/", form).status_code == 302


def test_looking_at_a_change_changes_nothing(one, client):
    absence = make_absence(one.agents[1], starts_at=day(10).replace(year=2190), deputy=one.second)
    client.force_login(one.agents[1])
    form = {"first_day": "2190-05-03", "reason": "sick", "deputy": one.agents[2].pk, "look": "1"}

    page = client.post(f"/people/absences/{absence.pk}/", form)

    assert page.context["foreseen"].asked[0].name == str(one.agents[2])
    assert page.context["absence"].deputy == one.second
    absence.refresh_from_db()
    assert (absence.deputy, absence.reason) == (one.second, "leave")


def test_looking_at_days_that_are_over_says_so(one, client):
    now = timezone.now()
    running = make_absence(one.agents[1], starts_at=now - DAY, ends_at=now + DAY)
    client.force_login(one.agents[1])
    form = {"first_day": "2020-05-03", "last_day": "2020-05-04", "reason": "sick", "look": "1"}

    for address in ("/people/absences/", f"/people/absences/{running.pk}/"):
        page = client.post(address, form)
        assert page.status_code == 422
        assert "This absence is over already" in page.content.decode()
