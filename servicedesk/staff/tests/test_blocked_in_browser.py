"""A log-in that is blocked while its page stands open: the next poll leads to the log-in page."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from servicedesk.staff.leaving import block
from servicedesk.staff.testing import make_organisation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_open_page_is_left_at_its_next_poll(page, sign_in):
    one = make_organisation()
    sign_in(one.agents[1])
    page.goto("/people/")
    expect(page.get_by_role("heading", name="People")).to_be_visible()

    block(one.agents[1], by=one.administrator, at=timezone.now())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(page.get_by_label("Log-in name")).to_be_visible()
    assert "/login/" in page.url
