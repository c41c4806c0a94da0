import pytest
from django.test import RequestFactory

from servicedesk.navigation import places
from servicedesk.staff.testing import make_user


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/", ["My desk"]),
        ("/tickets/", ["Queue"]),
        ("/tickets/2026-000123/", ["Queue"]),
        ("/tickets/new/", []),
        ("/nowhere/", []),
    ],
)
@pytest.mark.django_db
def test_the_navigation_shows_where_one_is(path, here):
    request = RequestFactory().get(path)
    request.user = make_user()
    assert [place.label for place in places(request) if place.current] == here
