import pytest
from django.urls import reverse

from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.testing.people import make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_every_employee_can_read_the_rules(client, language, django_assert_max_num_queries):
    client.force_login(make_user(language=language))
    with django_assert_max_num_queries(8):
        text = client.get(
            reverse("regulations:settings"), headers={"accept-language": language}
        ).content.decode()
    assert all(f">{code}<" in text for code in DEFINITIONS)
    assert "R1.1e" in text
    assert "/admin/regulations" not in text


def test_strangers_cannot(client, settings):
    settings.LOGIN_URL = "/log-in/"
    assert client.get(reverse("regulations:settings")).url.startswith("/log-in/")
    client.force_login(make_user())
    assert client.post(reverse("regulations:settings")).status_code == 405
