import pytest

from servicedesk.staff.models import Department, User
from servicedesk.staff.testing import make_department, make_user

pytestmark = pytest.mark.django_db
BEYOND = [2**63, -(2**63) - 1, 10**30]


@pytest.mark.parametrize("number", BEYOND)
@pytest.mark.parametrize(
    "key", ["pk", "department", "department_id", "department__pk", "department__manager", "groups"]
)
def test_a_number_that_no_column_holds_is_in_no_row(key, number):
    person = make_user(department=make_department())
    assert not User.objects.filter(**{key: number}).exists()
    assert not User.objects.filter(**{f"{key}__in": [number]}).exists()
    assert person in User.objects.exclude(**{f"{key}__in": [number]})
    assert not Department.objects.filter(people=number).exists()


@pytest.mark.parametrize("number", BEYOND)
def test_a_list_without_it_is_a_list_of_the_others(number):
    person = make_user(department=make_department())
    assert list(User.objects.filter(pk__in=[number, person.pk])) == [person]
    assert list(User.objects.filter(department__in=[str(number), person.department_id])) == [person]
    assert list(User.objects.filter(department__in=Department.objects.all())) == [person]


@pytest.mark.parametrize(("number", "above"), [(10**30, False), (-(10**30), True)])
def test_every_key_lies_between_the_ends(number, above):
    make_user(department=make_department())
    for ending, expected in (("gt", above), ("gte", above), ("lt", not above), ("lte", not above)):
        assert User.objects.filter(**{f"department__{ending}": number}).exists() is expected


@pytest.mark.parametrize("word", ["", " ", "now", "1; --", "9" * 5000, "\u00b2"])
def test_a_word_is_in_no_row(word):
    person = make_user(department=make_department())
    assert list(User.objects.filter(pk__in=[word, str(person.pk)])) == [person]
    assert not User.objects.filter(department__in=[word]).exists()
