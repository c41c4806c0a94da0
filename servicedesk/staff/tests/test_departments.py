"""The tree of departments has no loops, whoever writes the row."""

from threading import Barrier, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from servicedesk.audit.triggers import compare
from servicedesk.staff.models import Department
from servicedesk.staff.rules import departments_form_a_tree, holders_are_active
from servicedesk.staff.testing import make_department, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def line():
    """Four departments, each part of the one before."""
    found = [make_department()]
    for _ in range(3):
        found.append(make_department(parent=found[-1]))
    return found


def test_a_subtree_holds_everything_below(line):
    beside = make_department(parent=line[0])

    assert set(Department.objects.subtree([line[1].pk])) == set(line[1:])
    assert set(Department.objects.subtree([line[2].pk, beside.pk])) == {*line[2:], beside}
    assert not Department.objects.subtree([]).exists()
    assert not Department.objects.subtree([0]).exists()


def test_an_ancestry_holds_everything_above(line):
    assert set(Department.objects.ancestry([line[2].pk])) == set(line[:3])


def test_a_person_leads_what_lies_below_a_position(line):
    manager, stand_in, executive = make_user(), make_user(), make_user()
    Department.objects.filter(pk=line[2].pk).update(manager=manager, deputy_manager=stand_in)
    Department.objects.filter(pk=line[1].pk).update(executive=executive)

    assert set(Department.objects.led_by(manager)) == set(line[2:])
    assert set(Department.objects.led_by(stand_in)) == set(line[2:])
    assert set(Department.objects.led_by(executive)) == set(line[1:])
    assert not Department.objects.led_by(make_user()).exists()


@pytest.mark.parametrize("below", [1, 3])
def test_a_form_refuses_a_loop_and_says_why(line, below):
    line[0].parent = line[below]

    with pytest.raises(ValidationError, match="Choose a unit outside it"):
        line[0].full_clean()


def test_a_department_is_not_part_of_itself(line):
    line[0].parent = line[0]
    with pytest.raises(ValidationError):
        line[0].full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        Department.objects.filter(pk=line[0].pk).update(parent=line[0])


@pytest.mark.parametrize("below", [1, 2, 3])
def test_the_database_refuses_a_loop(line, below):
    with (
        pytest.raises(IntegrityError, match="departments form a tree"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE staff_department SET parent_id = %s WHERE id = %s", [line[below].pk, line[0].pk]
        )


def test_moving_a_department_elsewhere_is_allowed(line):
    elsewhere = make_department()
    line[2].parent = elsewhere
    line[2].full_clean()
    line[2].save()

    assert set(Department.objects.subtree([elsewhere.pk])) == {elsewhere, *line[2:]}


def test_the_triggers_stand():
    assert compare(connection) == []


def test_the_audit_finds_a_loop_that_was_forced_in(line, triggers_lifted):
    assert list(departments_form_a_tree()) == []
    with triggers_lifted():
        Department.objects.filter(pk=line[1].pk).update(parent=line[3])

    assert {found.subject for found in departments_form_a_tree()} == {
        f"department:{department.pk}" for department in line[1:]
    }


def test_the_audit_finds_positions_of_people_who_have_left(line):
    gone = make_user(is_active=False)
    assert list(holders_are_active()) == []
    Department.objects.filter(pk=line[0].pk).update(deputy_executive=gone)

    assert [found.subject for found in holders_are_active()] == [f"department:{line[0].pk}"]


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_cannot_close_a_loop_together():
    one, two = make_department(), make_department()
    start, refused = Barrier(2), []

    def move(department, under):
        start.wait()
        try:
            with transaction.atomic():
                Department.objects.filter(pk=department.pk).update(parent=under)
        except IntegrityError:
            refused.append(department)
        finally:
            connection.close()

    threads = [Thread(target=move, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert list(departments_form_a_tree()) == []


def test_a_change_of_manager_is_on_record():
    department, manager = make_department(), make_user()
    department.manager = manager
    department.save()

    assert [entry.manager for entry in department.history.all()] == [manager, None]
