"""Who is found for a position (DESIGN 4; CASES f, u, y)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from servicedesk.staff.directory import Directory
from servicedesk.staff.holdings import Holding, holding_from, names_of, reason_text
from servicedesk.staff.models import Absence, Department, Post, User
from servicedesk.staff.testing import (
    make_absence,
    make_department,
    make_organisation,
    make_post,
    make_user,
)

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Shanghai
DAY = timedelta(days=1)


@pytest.fixture
def one():
    return make_organisation()


def manager_of(department, **more) -> Holding:
    return Directory.at(AT).holder("department_manager", department_id=department.pk, **more)


def whys(holding: Holding) -> list[tuple[str, str]]:
    return [(step.position, step.why) for step in holding.passed_over]


def test_every_position_is_held_by_the_person_named(one):
    agent = one.agents[1]
    found = {
        position: Directory.at(AT)
        .holder(
            position,
            department_id=one.service.pk,
            owner_id=agent.pk,
            first_responder_id=one.agents[2].pk,
        )
        .person_id
        for position in (
            "owner",
            "first_responder",
            "department_manager",
            "executive",
            "general_manager",
            "office",
            "supervision",
        )
    }

    assert found == {
        "owner": agent.pk,
        "first_responder": one.agents[2].pk,
        "department_manager": one.manager.pk,
        "executive": one.executive.pk,
        "general_manager": one.general_manager.pk,
        "office": one.office.pk,
        "supervision": one.supervisor.pk,
    }


def test_a_position_nobody_knows_is_an_error(one):
    with pytest.raises(ValueError, match="no position"):
        Directory.at(AT).holder("caretaker", department_id=one.service.pk)


def test_an_absent_manager_is_replaced_by_the_deputy_the_absence_names(one):
    until = datetime(2026, 5, 3, 10, 0, tzinfo=UTC)
    make_absence(one.manager, deputy=one.agents[2], ends_at=until)

    found = manager_of(one.service)

    assert (found.person_id, found.reason) == (one.agents[2].pk, "deputy")
    assert (found.on_behalf_of_id, found.why, found.absence_until) == (one.manager.pk, "on_leave", until)


def test_without_a_named_deputy_the_stand_in_of_the_position_is_asked(one):
    make_absence(one.manager)

    assert manager_of(one.service).person_id == one.second.pk


def test_without_any_deputy_the_unit_above_is_asked(one):
    make_absence(one.technical_manager)

    found = manager_of(one.technical)

    assert (found.person_id, found.position, found.reason) == (one.executive.pk, "executive", "next_up")
    assert whys(found) == [("department_manager", "on_leave"), ("department_manager", "nobody")]


def test_deputies_of_deputies_are_followed(one):
    make_absence(one.manager, deputy=one.agents[1])
    make_absence(one.agents[1], deputy=one.agents[2])

    found = manager_of(one.service)

    assert (found.person_id, found.on_behalf_of_id) == (one.agents[2].pk, one.manager.pk)


def test_deputies_who_name_each_other_end_with_the_stand_in(one):
    make_absence(one.manager, deputy=one.agents[1])
    make_absence(one.agents[1], deputy=one.agents[2])
    make_absence(one.agents[2], deputy=one.manager)

    assert manager_of(one.service).person_id == one.second.pk


def test_deputies_who_name_each_other_without_a_stand_in_end_one_level_up(one):
    make_absence(one.technical_manager, deputy=one.technicians[0])
    make_absence(one.technicians[0], deputy=one.technical_manager)

    assert manager_of(one.technical).person_id == one.executive.pk


def test_a_deputy_whose_log_in_is_blocked_is_passed_over(one):
    make_absence(one.manager, deputy=one.agents[2])
    User.objects.filter(pk=one.agents[2].pk).update(blocked_at=AT, blocked_why="meanwhile")

    assert manager_of(one.service).person_id == one.second.pk


@pytest.mark.parametrize(
    ("offset", "absent"), [(-timedelta(microseconds=1), False), (timedelta(0), True), (DAY, False)]
)
def test_an_absence_counts_from_its_first_instant_to_before_its_end(one, offset, absent):
    make_absence(
        one.manager, starts_at=AT - offset if offset < DAY else AT - DAY, ends_at=AT + (DAY - offset)
    )
    directory = Directory.at(AT)

    assert (directory.absent(one.manager.pk) is not None) is absent


def test_the_longest_of_several_absences_tells_until_when(one):
    make_absence(one.manager, ends_at=AT + DAY, reason="early")
    make_absence(one.manager, ends_at=AT + 3 * DAY, reason="travel")

    found = manager_of(one.service)

    assert (found.why, found.absence_until) == ("away", AT + 3 * DAY)


def test_an_absent_owner_without_a_deputy_gives_way_to_the_own_manager(one):
    make_absence(one.technicians[0])

    found = Directory.at(AT).holder("owner", department_id=one.service.pk, owner_id=one.technicians[0].pk)

    assert found.person_id == one.technical_manager.pk


def test_rungs_for_a_leaver_go_to_that_persons_manager(one):
    User.objects.filter(pk=one.technicians[0].pk).update(is_active=False, left_at=AT)

    found = Directory.at(AT).holder(
        "first_responder", department_id=one.service.pk, first_responder_id=one.technicians[0].pk
    )

    assert (found.person_id, found.reason) == (one.technical_manager.pk, "next_up")
    assert whys(found) == [("first_responder", "left")]


def test_a_leaver_without_a_department_falls_to_the_manager_of_the_matter(one):
    leaver = make_user(is_active=False)

    found = Directory.at(AT).holder("owner", department_id=one.service.pk, owner_id=leaver.pk)

    assert found.person_id == one.manager.pk


def test_without_a_department_the_owners_counts(one):
    found = Directory.at(AT).holder("department_manager", owner_id=one.technicians[0].pk)

    assert found.person_id == one.technical_manager.pk


def test_a_position_nobody_holds_goes_up_through_every_level(one):
    Department.objects.update(manager=None, deputy_manager=None, executive=None)

    found = manager_of(one.service)

    assert (found.person_id, found.position) == (one.general_manager.pk, "general_manager")
    assert whys(found) == [("department_manager", "nobody")]


def test_the_manager_of_the_department_above_comes_before_the_executive(one):
    above = make_user(department=one.company)
    Department.objects.filter(pk=one.company.pk).update(manager=above)
    Department.objects.filter(pk=one.technical.pk).update(manager=None)

    assert manager_of(one.technical).person_id == above.pk


def test_an_appointed_stand_in_acts_while_the_position_is_vacant(one):
    Department.objects.filter(pk=one.service.pk).update(manager=None)

    found = manager_of(one.service)

    assert (found.person_id, found.on_behalf_of_id) == (one.second.pk, None)


def test_a_department_has_the_executive_of_the_unit_above_unless_it_has_one_of_its_own(one):
    own = make_user()
    Department.objects.filter(pk=one.technical.pk).update(executive=own)
    directory = Directory.at(AT)

    assert directory.holder("executive", department_id=one.service.pk).person_id == one.executive.pk
    assert directory.holder("executive", department_id=one.technical.pk).person_id == own.pk


def test_a_holder_who_has_left_counts_as_nobody(one):
    User.objects.filter(pk=one.executive.pk).update(is_active=False)

    found = Directory.at(AT).holder("executive", department_id=one.service.pk)

    assert (found.person_id, whys(found)) == (one.general_manager.pk, [("executive", "left")])


def test_without_a_general_manager_supervision_is_told(one):
    make_post("general_manager")

    assert Directory.at(AT).holder("general_manager").person_id == one.supervisor.pk


def test_without_any_post_an_administrator_is_told(one):
    Post.objects.update(holder=None)

    found = Directory.at(AT).holder("general_manager")

    assert (found.person_id, found.reason) == (one.administrator.pk, "last_resort")


def test_an_installation_without_posts_still_finds_somebody():
    Post.objects.all().delete()
    only = make_user()

    assert Directory.at(AT).holder("general_manager").person_id == only.pk


def test_when_everybody_is_away_the_position_itself_is_told(one):
    for person in one.people:
        make_absence(person)

    found = manager_of(one.service)

    assert (found.person_id, found.reason) == (one.manager.pk, "last_resort")


def test_nobody_is_found_only_if_nobody_is_active(one):
    User.objects.exclude(pk=one.agents[1].pk).update(is_active=False)
    User.objects.filter(pk=one.agents[1].pk).update(blocked_at=AT, blocked_why="meanwhile")
    assert manager_of(one.service).person_id == one.agents[1].pk

    User.objects.update(is_active=False)
    assert manager_of(one.service).person_id is None


def test_who_holds_two_positions_on_a_ladder_is_skipped_upward(one):
    Department.objects.filter(pk=one.company.pk).update(executive=one.manager)

    first = manager_of(one.service)
    second = Directory.at(AT).holder("executive", department_id=one.service.pk, exclude={first.person_id})

    assert (first.person_id, second.person_id) == (one.manager.pk, one.general_manager.pk)
    assert whys(second) == [("executive", "excluded")]


def test_nobody_is_the_only_one_told_of_their_own_breach(one):
    found = manager_of(one.service, owner_id=one.manager.pk, exclude={one.manager.pk})
    assert found.person_id == one.executive.pk

    top = Directory.at(AT).holder("general_manager", exclude={one.general_manager.pk})
    assert top.person_id == one.supervisor.pk


def test_a_deputy_whose_own_breach_it_is_gives_way_to_the_next_deputy(one):
    make_absence(one.manager, deputy=one.agents[2])

    assert manager_of(one.service, exclude={one.agents[2].pk}).person_id == one.second.pk


def test_somebody_is_told_even_if_all_were_told_before(one):
    everybody = {person.pk for person in one.people}

    assert manager_of(one.service, exclude=everybody).person_id == one.manager.pk


def test_who_stays_silent_gives_way_to_the_stand_in(one):
    found = manager_of(one.service, silent={one.manager.pk})

    assert (found.person_id, found.on_behalf_of_id, found.why) == (one.second.pk, one.manager.pk, "silent")


def test_a_loop_forced_into_the_table_does_not_hang(one, triggers_lifted):
    with triggers_lifted():
        Department.objects.filter(pk=one.company.pk).update(parent=one.service)
    Department.objects.update(manager=None, deputy_manager=None, executive=None)

    assert manager_of(one.service).person_id == one.general_manager.pk


def test_the_blocked_count_as_absent_without_a_deputy_of_their_own(one):
    User.objects.filter(pk=one.manager.pk).update(blocked_at=AT, blocked_why="meanwhile")
    directory = Directory.at(AT)

    assert directory.absent(one.manager.pk).starts_at == AT
    assert directory.absent(one.manager.pk).pk is None
    assert directory.deputy_of(one.manager.pk) is None
    assert manager_of(one.service).person_id == one.second.pk


def test_a_deputy_is_told_only_for_who_is_away(one):
    make_absence(one.manager, deputy=one.agents[1], starts_at=AT + DAY)
    make_absence(one.agents[2], deputy=one.agents[1])
    directory = Directory.at(AT)

    assert directory.deputy_of(one.manager.pk) is None
    assert directory.deputy_of(one.agents[2].pk) == one.agents[1].pk


def test_the_number_of_queries_does_not_depend_on_the_size(one, django_assert_num_queries):
    def ask():
        directory = Directory.at(AT)
        for department in (one.service, one.technical):
            directory.holder("department_manager", department_id=department.pk)
            directory.absent(one.manager.pk)
            directory.reachable(one.manager.pk, AT)

    ask()
    with django_assert_num_queries(6):
        ask()
    for _ in range(20):
        make_absence(make_user(department=make_department(parent=one.service)), deputy=one.second)
    with django_assert_num_queries(6):
        ask()


# In words


def test_the_reason_names_who_is_stood_in_for_and_until_when(one):
    make_absence(one.manager, deputy=one.agents[2], ends_at=datetime(2026, 5, 3, 10, 30, tzinfo=UTC))
    found = manager_of(one.service)

    with timezone.override("Asia/Shanghai"):
        assert reason_text(found) == "deputy for Manager Li, on leave until 3 May 18:30"


def test_an_absence_to_midnight_names_its_last_day(one):
    make_absence(one.manager, deputy=one.agents[2], ends_at=datetime(2026, 5, 3, 16, 0, tzinfo=UTC))

    with timezone.override("Asia/Shanghai"):
        assert reason_text(manager_of(one.service)) == "deputy for Manager Li, on leave until 3 May"
        with translation.override("zh-hans"):
            assert reason_text(manager_of(one.service)) == "代理Manager Li（休假至5月3日）"


def test_illness_is_nobodys_business(one):
    make_absence(one.manager, deputy=one.agents[2], reason="sick")

    assert reason_text(manager_of(one.service)) == "deputy for Manager Li, away"


def test_the_reason_tells_the_steps_on_the_way_up(one):
    make_absence(one.technical_manager)

    assert reason_text(manager_of(one.technical)) == (
        "executive in charge (department manager: Manager Tang, on leave; department manager: nobody)"
    )


def test_a_holding_comes_back_from_storage_as_it_was(one):
    make_absence(one.manager, deputy=one.agents[2], ends_at=AT + DAY)
    make_absence(one.technical_manager, ends_at=AT + DAY)

    for found in (manager_of(one.service), manager_of(one.technical)):
        assert holding_from(found.as_json()) == found


def test_the_names_of_many_reasons_are_read_at_once(one, django_assert_num_queries):
    make_absence(one.manager)
    found = [manager_of(one.service)] * 5

    with django_assert_num_queries(1):
        names = names_of(found)
        assert {reason_text(each, names) for each in found} == {"deputy for Manager Li, on leave"}


def test_absences_are_half_open(one):
    make_absence(one.manager, starts_at=AT, ends_at=AT + DAY)

    assert Absence.objects.at(AT).exists()
    assert not Absence.objects.at(AT + DAY).exists()
    assert not Absence.objects.at(AT - timedelta(microseconds=1)).exists()
