"""What would be due: tried for any moment, by what stands and by what is entered and not saved; changes nothing."""

from datetime import datetime, time, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from servicedesk.calendars.models import Calendar, CalendarVersion
from servicedesk.calendars.testing import make_calendar
from servicedesk.clock.models import Ladder
from servicedesk.regulations.models import SettingChange
from servicedesk.staff.models import Post
from servicedesk.staff.testing import make_organisation, make_user

pytestmark = pytest.mark.django_db
TRY = "/admin/clock/ladder/try/"
BEFORE_GOLDEN_WEEK = "2026-09-30T16:00"
S2A = {"value_0": "2", "value_1": "working_days", "seen": '{"amount": 1, "unit": "working_days"}'}


@pytest.fixture
def people():
    return make_organisation()


@pytest.fixture
def admin(client, people):
    client.force_login(people.administrator)
    return client


def tried(client, about="", **given):
    """The answer of a POST; keys that begin with an underscore stand in the page's own form."""
    data = {"about": about, "try-start": BEFORE_GOLDEN_WEEK, "try-people": "today"}
    data |= {name[1:] if name[0] == "_" else f"try-{name}": value for name, value in given.items()}
    answer = client.post(TRY, data)
    assert answer.status_code == 200
    return answer.context["answer"]


def shanghai(text):
    return datetime.fromisoformat(f"{text}+08:00")


def ladder_form(ladder, *steps, **fields):
    data = {"_name": ladder.name, "_rungs-TOTAL_FORMS": len(steps), "_rungs-INITIAL_FORMS": 0, **fields}
    for number, step in enumerate(steps):
        data |= {
            f"_rungs-{number}-{name}": value for name, value in {"number": 1, "rounds": 0, **step}.items()
        }
    return data


def test_the_page_says_when_it_is_due_and_which_holidays_are_skipped(admin, people):
    answer = tried(admin, rule="S2a", department=people.service.pk)
    assert answer.stands.due_at == shanghai("2026-10-08T17:30")
    assert answer.stands.reasons == [
        "1 working day (S2a) from 30 Sep 2026 16:00",
        "1 to 7 Oct: National Day",
    ]
    page = admin.get(TRY).content.decode()
    assert "What would be due" in page and "ladder-steps" in page


@pytest.mark.parametrize(
    ("rule", "due", "reason"),
    [
        ("S3", "2026-10-08T17:30", "moved on from 7 Oct, on which nobody works"),
        ("S15", "2026-10-08T17:30", "moved on from 3 Oct, on which nobody works"),
        ("S36", "2026-10-07T16:00", ""),
        ("S7", "2026-09-30T16:15", ""),
    ],
)
def test_every_rule_is_tried_as_it_is_owed(admin, people, rule, due, reason):
    stands = tried(admin, rule=rule, department=people.service.pk).stands
    assert stands.due_at == shanghai(due)
    assert not reason or reason in stands.reasons


def test_a_setting_is_compared_before_it_is_saved(admin, people):
    given = {f"_{name}": value for name, value in S2A.items()}
    answer = tried(admin, "setting:S2a", department=people.service.pk, **given)
    assert (answer.stands.due_at, answer.entered.due_at) == (
        shanghai("2026-10-08T17:30"),
        shanghai("2026-10-09T17:30"),
    )
    assert answer.differs
    assert not SettingChange.objects.exists()
    same = tried(admin, "setting:S2a", **(given | {"_value_0": "1"}))
    assert not same.differs


def test_what_a_setting_refuses_is_said_and_what_stands_is_shown(admin):
    given = {f"_{name}": value for name, value in S2A.items()} | {"_value_0": "400"}
    answer = tried(admin, "setting:S2a", **given)
    assert answer.entered is None and answer.stands.due_at
    assert "From 1 hour to 30 days" in answer.refusals[0]


def test_a_value_that_contradicts_another_setting_is_refused_in_the_trial_too(admin):
    given = {"_value_0": "4", "_value_1": "working_days", "_seen": S2A["seen"]}
    answer = tried(admin, "setting:S2a", **given)
    assert answer.entered is None
    assert "cannot be longer than the longest one (S2, 3 working days)" in answer.refusals[0]


def test_a_ladder_is_compared_before_it_is_saved(admin, people):
    ladder = Ladder.objects.active("promise")
    step = {"when": "after", "amount": 0, "unit": "hours", "position": "general_manager"}
    answer = tried(
        admin, f"ladder:{ladder.pk}", rule="S2a", department=people.service.pk, **ladder_form(ladder, step)
    )
    assert answer.refusals == []
    reached = [m.reached.person for m in answer.entered.moments if m.reached]
    assert reached == ["General Manager Gao"]
    assert len(answer.stands.moments) == 6
    assert Ladder.objects.active("promise") == ladder


def test_an_empty_ladder_is_refused_in_the_trial_too(admin):
    ladder = Ladder.objects.active("promise")
    answer = tried(admin, f"ladder:{ladder.pk}", **ladder_form(ladder))
    assert answer.refusals == ["A ladder needs at least one step."]


def test_a_position_that_nobody_holds_is_refused_with_the_page_that_fills_it(admin):
    Post.objects.filter(code="office").update(holder=None, stand_in=None)
    ladder = Ladder.objects.active("promise")
    step = {"when": "after", "amount": 0, "unit": "hours", "position": "office"}
    data = {name.removeprefix("_"): value for name, value in ladder_form(ladder, step).items()}
    data |= {"about": f"ladder:{ladder.pk}", "try-start": BEFORE_GOLDEN_WEEK, "try-people": "today"}
    page = admin.post(TRY, data).content.decode()
    assert "Whom: Nobody holds" in page
    assert "Fill it first</a></li>" in page


def test_what_a_form_refuses_is_no_markup(admin):
    ladder = Ladder.objects.active("promise")
    step = {"when": "after", "amount": 0, "unit": "hours", "position": "<b>office</b>"}
    answer = tried(admin, f"ladder:{ladder.pk}", **ladder_form(ladder, step))
    assert "<b>" not in " ".join(answer.refusals)


def test_a_step_that_is_to_be_deleted_is_not_judged(admin, people):
    ladder = Ladder.objects.active("promise")
    step = {"when": "after", "amount": 0, "unit": "hours", "position": "general_manager"}
    wrong = step | {"amount": "much", "DELETE": "on"}
    answer = tried(admin, f"ladder:{ladder.pk}", rule="S2a", **ladder_form(ladder, step, wrong))
    assert answer.refusals == []
    assert [moment.reached.person for moment in answer.entered.moments if moment.reached] == [
        "General Manager Gao"
    ]


def test_a_calendar_is_compared_before_it_is_saved(admin, people):
    calendar = Calendar.objects.default()
    rows = [(day, "08:30", "17:30") for day in (0, 1, 2, 3)]
    data = {"_name": calendar.name, "_timezone": calendar.timezone, "_region": "", "_hours-INITIAL_FORMS": 0}
    data["_hours-TOTAL_FORMS"] = len(rows)
    for number, row in enumerate(rows):
        data |= dict(
            zip([f"_hours-{number}-{name}" for name in ("weekday", "opens", "closes")], row, strict=True)
        )
    answer = tried(admin, f"calendar:{calendar.pk}", rule="S2a", start="2026-10-01T10:00", **data)
    assert answer.entered.due_at == shanghai("2026-10-05T17:30")  # without holidays, and Friday closed
    assert answer.stands.due_at == shanghai("2026-10-08T17:30")
    new = tried(admin, "calendar:", rule="S2a", **(data | {"_name": "New"}))
    assert new.stands is None and new.entered.due_at == shanghai("2026-10-01T17:30")
    wrong = {"_hours-3-opens": "early", "_hours-3-DELETE": "on"}
    fewer = tried(admin, f"calendar:{calendar.pk}", rule="S2a", start="2026-10-01T10:00", **(data | wrong))
    assert (fewer.refusals, fewer.entered.due_at) == ([], shanghai("2026-10-05T17:30"))
    never = tried(admin, f"calendar:{calendar.pk}", rule="S2a", **(data | {"_hours-TOTAL_FORMS": 0}))
    assert never.refusals == ["A calendar needs opening hours on at least one weekday."]
    assert CalendarVersion.objects.filter(calendar=calendar).count() == 1


def test_a_department_is_tried_by_the_calendar_it_inherits(admin, people):
    people.company.calendar = make_calendar({5: [(time(9), time(12))]})
    people.company.save(update_fields=["calendar"])
    stands = tried(admin, rule="S2a", department=people.service.pk).stands
    assert stands.due_at == shanghai("2026-10-03T12:00")


def test_a_time_that_somebody_chooses_is_tried_on_any_ladder(admin, people):
    answer = tried(admin, rule="", due_at="2026-10-01T02:00", ladder="serious", department=people.service.pk)
    assert answer.stands.due_at == shanghai("2026-10-01T02:00")
    assert answer.stands.moments[0].reached.person
    early = tried(admin, rule="", due_at="2026-09-01T02:00")
    assert early.stands.refusal == "The due time must lie after the beginning."


@pytest.mark.parametrize("told", ["today", "then"])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "9999-12-31T23:59", "2199-12-31T10:00"])
@pytest.mark.parametrize("name", ["start", "due_at"])
def test_a_moment_that_cannot_be_meant_is_answered_in_words(admin, name, moment, told):
    data = {"try-rule": "", "try-start": BEFORE_GOLDEN_WEEK, "try-people": told, f"try-{name}": moment}
    answer = admin.post(TRY, data, headers={"HX-Request": "true", "HX-Target": "trial-result"})
    assert answer.status_code == 200
    assert answer.context["answer"].stands is None
    assert "This date cannot be meant" in answer.content.decode()


@pytest.mark.parametrize(
    ("start", "due"), [("2000-01-03T10:00", "2000-01-04"), ("2099-12-31T10:00", "2100-01-01")]
)
def test_at_the_bounds_of_what_can_be_meant_the_calendar_still_answers(admin, start, due):
    stands = tried(admin, rule="S2a", start=start, people="then").stands
    assert (stands.due_at, stands.unpublished) == (shanghai(f"{due}T17:30"), int(due[:4]))


def test_nothing_is_written_and_the_queries_do_not_grow_with_the_people(admin, people):
    tried(admin, rule="S2a", department=people.service.pk)
    with CaptureQueriesContext(connection) as seen:
        tried(admin, rule="S2a", department=people.service.pk)
    for _ in range(20):
        make_user(department=people.service)
    with CaptureQueriesContext(connection) as more:
        tried(admin, rule="S2a", department=people.service.pk)
    assert len(more) == len(seen) <= 32
    assert not [
        query["sql"] for query in seen if query["sql"].lstrip().startswith(("INSERT", "UPDATE", "DELETE"))
    ]


@pytest.mark.parametrize(
    "about", ["setting:S99", "setting:S1", "ladder:0", "ladder:x", "calendar:99", "x:1", "²"]
)
def test_what_does_not_exist_is_not_found(admin, about):
    assert admin.post(TRY, {"about": about}).status_code == 404


def test_only_who_may_see_the_policies_may_try_them(client, people):
    client.force_login(people.agents[0])
    assert client.get(TRY).status_code in (302, 403)
    clerk = make_user(is_staff=True)
    client.force_login(clerk)
    assert client.get(TRY).status_code == 403
    clerk.user_permissions.set(Permission.objects.filter(codename="view_ladder"))
    assert client.get(TRY).status_code == 200
    assert client.post(TRY, {"about": "calendar:"}).status_code == 403


def test_htmx_gets_the_panel_or_its_result_alone(admin):
    panel = admin.post(TRY, {"about": "setting:S2a"}, headers={"HX-Request": "true", "HX-Target": "trial"})
    assert panel.content.decode().startswith("\n<section") or "<html" not in panel.content.decode()
    assert 'id="trial_form"' in panel.content.decode()
    result = admin.post(TRY, {}, headers={"HX-Request": "true", "HX-Target": "trial-result"}).content.decode()
    assert 'id="trial_form"' not in result and 'id="trial-result"' in result


def test_the_pages_of_policies_hold_the_trial(admin):
    ladder = Ladder.objects.active("promise")
    for address in (
        reverse("admin:clock_ladder_change", args=[ladder.pk]),
        reverse("admin:calendars_calendar_change", args=[Calendar.objects.default().pk]),
        reverse("admin:calendars_calendar_add"),
    ):
        assert f'hx-post="{TRY}"' in admin.get(address).content.decode(), address


def test_two_versions_of_one_ladder_are_not_both_saved_and_the_second_is_told(admin, people):
    ladder = Ladder.objects.active("promise")
    step = {"when": "after", "amount": 0, "unit": "hours", "position": "executive"}
    data = {name[1:]: value for name, value in ladder_form(ladder, step).items()}
    data |= {"rungs-MIN_NUM_FORMS": 0, "rungs-MAX_NUM_FORMS": 1000}
    address = reverse("admin:clock_ladder_change", args=[ladder.pk])
    assert admin.post(address, data).status_code == 302
    second = admin.post(address, data, follow=True)
    assert "Somebody else has changed this ladder meanwhile" in second.content.decode()
    assert Ladder.objects.filter(kind="promise").count() == 2
    assert timezone.now() - Ladder.objects.active("promise").made_at < timedelta(minutes=5)
