"""The dashboard in a real Chromium: charts under the content security policy, in both themes, with their tables."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from servicedesk.staff.testing import make_organisation
from tickets.testing import HOUR, make_ticket

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAY = timedelta(days=1)


@pytest.fixture
def dashboard(page, sign_in):
    """The page of a general manager; one ticket is three days old and overdue, one waits."""
    people, now = make_organisation(), timezone.now()
    for age in (3 * DAY, HOUR):
        make_ticket(now - age, first_responder=people.agents[1])
    sign_in(people.general_manager)
    page.goto("/dashboard/")
    return page


def bars(page):
    return page.locator("[data-chart=ages] svg path[fill^='rgb']")


def test_charts_are_drawn_beside_their_tables_and_follow_the_theme_at_once(dashboard):
    expect(dashboard.locator("[data-chart] svg")).to_have_count(2)
    light = bars(dashboard).first.get_attribute("fill")
    dashboard.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    expect(bars(dashboard).first).not_to_have_attribute("fill", light)
    dashboard.locator("[data-chart=weeks]").hover()  # a tooltip in the console's eyes, too


def test_a_choice_holds_at_once_and_stands_in_the_address(dashboard):
    dashboard.get_by_label("Compared").select_option("year")
    dashboard.wait_for_url("**/dashboard/?against=year*")
    expect(dashboard.locator("[data-chart] svg")).to_have_count(2)


def test_a_figure_leads_to_its_rows_and_back_on_a_phone(dashboard):
    dashboard.set_viewport_size({"width": 390, "height": 844})
    assert dashboard.evaluate("document.documentElement.scrollWidth") <= 390
    dashboard.get_by_role("link", name="1 Broken now").click()
    expect(dashboard.locator(".row-item")).to_have_count(1)
    assert dashboard.evaluate("document.documentElement.scrollWidth") <= 390
    dashboard.get_by_role("link", name="Dashboard", exact=True).first.click()
    expect(dashboard.get_by_role("heading", name="Who has it")).to_be_visible()
