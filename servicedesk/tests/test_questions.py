"""What is not yet configured: the questions of Appendix E, judged from the data or decided on record."""

import re
from datetime import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from servicedesk.calendars.testing import make_calendar
from servicedesk.clock.models import Ladder
from servicedesk.clock.testing import make_ladder
from servicedesk.regulations.deciding import decide, reopen
from servicedesk.regulations.models import Decision
from servicedesk.regulations.questions import not_asked_yet, open_questions, standings
from servicedesk.staff.models import Department, Post
from servicedesk.staff.testing import make_department, make_organisation, make_post, make_user
from tickets.testing import make_category

pytestmark = pytest.mark.django_db
PAGE = "/admin/regulations/decision/"
NOW = datetime.fromisoformat("2026-05-11T10:00:00+08:00")


@pytest.fixture
def people():
    return make_organisation()


@pytest.fixture
def admin(client, people):
    client.force_login(people.administrator)
    return client


def gaps(code, at=NOW):
    found = {one.question.code: one for one in standings(at)}[code]
    assert found.answered == (not found.gaps)
    return [gap.words for gap in found.gaps]


def test_posts_want_holders_and_stand_ins(people):
    assert gaps("posts") == [
        "General manager: nobody stands in", "The Office: nobody stands in", "Supervision: nobody stands in"
    ]  # fmt: skip
    for post in Post.objects.all():
        make_post(post.code, post.holder, people.manager)
    assert gaps("posts") == []
    make_post("general_manager", None, people.manager)
    assert gaps("posts") == ["General manager: nobody holds it"]


def test_departments_want_a_manager_and_a_stand_in(people):
    assert gaps("leaders") == ["Company: no manager", "Technical Service: nobody stands in for the manager"]
    people.technical.deputy_manager = people.technicians[0]
    people.technical.save()
    people.company.manager, people.company.deputy_manager = people.executive, people.office
    people.company.save()
    make_department(name="Empty")  # without people it needs nobody
    assert gaps("leaders") == []


def test_every_department_wants_an_executive_above_it(people):
    assert gaps("executives") == ["Company: nobody stands in for the executive"]
    Department.objects.filter(pk=people.company.pk).update(executive=None)
    assert gaps("executives") == ["Company: no executive in charge"]
    Department.objects.filter(pk__in=[people.service.pk, people.technical.pk]).update(
        executive=people.executive, deputy_executive=people.office
    )
    assert gaps("executives") == ["Company: no executive in charge"]
    Department.objects.filter(pk=people.company.pk).update(
        executive=people.executive, deputy_executive=people.office
    )
    assert gaps("executives") == []


def test_employees_want_a_department(people):
    assert gaps("homes") == []
    make_user()
    assert gaps("homes") == ["1 employee has no department"]


@pytest.mark.clause("R5.1b")
def test_who_accepts_complaints_does_not_supervise_them(people):
    assert gaps("two-lines") == ["No category is offered for complaints"]
    make_category(kind="complaint")
    category = make_category(department=people.technical)
    assert gaps("two-lines") == ["1 category has no responsible department"]
    category.__class__.objects.filter(department=None).update(active=False)
    assert gaps("two-lines") == []
    make_post("supervision", people.technical_manager)
    assert gaps("two-lines") == [
        "Manager Tang supervises, and belongs to “Technical Service”, which accepts complaints"
    ]
    make_post("supervision")
    assert gaps("two-lines") == ["Nobody holds the post of supervision"]


def test_ladders_want_steps_and_holders(people, triggers_lifted):
    assert gaps("ladders") == []
    make_post("general_manager")
    assert len(gaps("ladders")) == 1 and "general manager" in gaps("ladders")[0]
    make_post("general_manager", people.general_manager)
    with triggers_lifted():
        make_ladder("quiet")
    assert gaps("ladders") == ["quiet: no steps"]
    assert Ladder.objects.active("quiet")


def test_the_list_of_next_year_is_asked_for_from_its_day_on(people):
    assert gaps("holidays") == []
    december = datetime.fromisoformat("2026-12-01T10:00:00+08:00")
    assert gaps("holidays", december) == ["CN 2027: no published list"]
    make_calendar(region="DE-BY")
    assert "DE-BY 2026: no published list" in gaps("holidays")


def test_what_no_data_can_tell_is_decided_on_record(admin, people):
    before = open_questions(timezone.now())
    page = admin.get(PAGE).content.decode()
    assert "What makes an event serious" in page
    assert page.count("<textarea") == 3  # the others are judged from the data
    sent = {"question": "four-marks", "words": "Fire, injury, press: see rule 12.", "decide": "1"}
    assert admin.post(PAGE, sent).url == f"{PAGE}#four-marks"
    row = Decision.objects.get()
    assert (row.by, row.decided, row.words) == (
        people.administrator,
        True,
        "Fire, injury, press: see rule 12.",
    )
    assert open_questions(timezone.now()) == before - 1
    shown = admin.get(PAGE).content.decode()
    assert "Fire, injury, press: see rule 12." in shown and "Administrator An" in shown

    admin.post(PAGE, {"question": "four-marks", "words": "Rule 12 was withdrawn.", "reopen": "1"})
    assert open_questions(timezone.now()) == before
    assert "taken back: Rule 12 was withdrawn." in admin.get(PAGE).content.decode()
    assert Decision.objects.count() == 2


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"question": "four-marks", "words": "  "}, "Write down what was decided"),
        ({"question": "four-marks", "words": "x" * 2001}, "at most 2000"),
        ({"question": "four-marks", "words": "Rule\x1b 12."}, "cannot be kept"),
        ({"question": "posts", "words": "Yes."}, "This question is not answered here."),
        ({"question": "nonsense", "words": "Yes."}, "This question is not answered here."),
        ({"question": "four-marks", "words": "", "reopen": "1"}, "This question is open already."),
        ({"question": "four-marks", "words": "a\0b"}, "cannot be kept"),
        ({"question": "four-marks\0", "words": "Yes."}, "cannot be kept"),
        ({"question": "four\0", "words": "", "reopen": "1"}, "cannot be kept"),
        ({"question": "posts", "words": "", "reopen": "1"}, "This question is not answered here."),
    ],
)
def test_a_decision_that_says_nothing_is_refused_and_nothing_is_written(admin, sent, why):
    answer = admin.post(PAGE, sent)
    assert answer.status_code == 200
    (told,) = re.findall(r'role="alert">([^<]+)<', answer.content.decode())
    assert why in told
    assert not Decision.objects.exists()


def test_records_of_decisions_are_never_rewritten(people):
    row = decide("four-marks", words="Rule 12.", by=people.administrator, at=NOW)
    for statement in (
        lambda: Decision.objects.filter(pk=row.pk).update(words="Rule 13."),
        lambda: Decision.objects.filter(pk=row.pk).delete(),
        lambda: Decision.objects.create(
            question="x", decided=True, words="", by=people.administrator, at=NOW
        ),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            statement()
    with pytest.raises(ValidationError):
        reopen("second-person", words="", by=people.administrator, at=NOW)


def test_the_front_page_counts_the_open_questions_for_whoever_answers_them(admin, client, people):
    number = open_questions(timezone.now())
    page = admin.get(reverse("admin:index"))
    assert f"{number} questions are not answered yet" in page.content.decode()
    client.force_login(make_user(is_staff=True))
    assert "not answered yet" not in client.get(reverse("admin:index")).content.decode()


def test_only_whoever_may_see_and_decide_does(client, people):
    client.force_login(make_user(is_staff=True))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"question": "four-marks", "words": "Yes."}).status_code == 403
    client.force_login(people.manager)
    assert client.get(PAGE).status_code in (302, 403)
    assert not Decision.objects.exists()


def test_the_questions_left_out_are_named(people):
    assert not_asked_yet() == [3, 5, 6, 7, 9]


def test_the_page_asks_few_questions_of_the_database(people):
    with CaptureQueriesContext(connection) as seen:
        list(standings(NOW))
    for _ in range(20):
        make_user(department=make_department(parent=people.service))
    with CaptureQueriesContext(connection) as more:
        list(standings(NOW))
    assert len(more) == len(seen) <= 25
