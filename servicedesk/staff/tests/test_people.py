import pytest

from servicedesk.staff.testing import make_user

pytestmark = pytest.mark.django_db


def test_a_person_is_called_by_the_name_customers_see():
    assert str(make_user(display_name="Li Na")) == "Li Na"
