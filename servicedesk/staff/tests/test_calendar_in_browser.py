"""The calendar of absences in a real browser: by keys, on a phone, and without scripts."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from servicedesk.staff.models import Absence
from servicedesk.staff.testing import make_absence, make_organisation
from servicedesk.timewords import midnight

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DAY = timedelta(days=1)
ADDRESS = "/people/absences/calendar/"


@pytest.fixture
def one():
    """An organisation in which the first technician is away on the 10th to the 12th of next month."""
    one = make_organisation()
    first = (timezone.localdate().replace(day=1) + DAY * 31).replace(day=1)
    one.month = first
    starts_at = midnight(first.replace(day=10))
    make_absence(
        one.technicians[0], starts_at=starts_at, ends_at=starts_at + 3 * DAY, deputy=one.technicians[1]
    )
    return one


def test_a_manager_walks_to_a_day_by_arrow_keys_and_enters_an_absence(one, page, sign_in):
    sign_in(one.technical_manager)
    page.goto(f"{ADDRESS}?day={one.month.isoformat()}")
    person = one.technicians[1]
    page.get_by_role("link", name=str(person), exact=True).focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_have_attribute(
        "href", f"/people/absences/?person={person.pk}&first_day={one.month.replace(day=5).isoformat()}"
    )
    page.keyboard.press("Enter")
    expect(page.get_by_label("First day away")).to_have_value(one.month.replace(day=5).isoformat())
    expect(page.get_by_label("Employee")).to_have_value(str(person.pk))
    page.get_by_label("Last day away").fill(one.month.replace(day=6).isoformat())
    page.get_by_role("button", name="What passes to whom?").click()
    expect(page.get_by_role("region", name="What passes to whom")).to_contain_text(str(one.technical_manager))
    assert Absence.objects.count() == 1
    page.get_by_role("button", name="Enter", exact=True).click()
    expect(page.get_by_text("The absence is entered.")).to_be_visible()
    assert Absence.objects.filter(person=person).count() == 1


def test_up_and_down_keep_the_day_also_across_a_bar(one, page, sign_in):
    sign_in(one.technical_manager)
    page.goto(f"{ADDRESS}?day={one.month.isoformat()}")
    people = [one.technical_manager, *one.technicians]
    focus = page.locator(":focus")
    page.get_by_role("link", name=f"{people[2]}, ").nth(10).focus()  # the 11th
    page.keyboard.press("ArrowUp")
    expect(focus).to_have_attribute("href", f"/people/absences/{Absence.objects.get().pk}/")
    page.keyboard.press("ArrowDown")
    expect(focus).to_have_attribute("href", f"/people/absences/?person={people[2].pk}&first_day={one.month.replace(day=11).isoformat()}")  # fmt: skip


def test_two_keys_sign_out_for_today(one, page, sign_in):
    sign_in(one.agents[1])
    page.goto(ADDRESS)
    page.keyboard.press("e")
    expect(page.get_by_role("heading", name="Away today")).to_be_visible()
    page.keyboard.press("s")
    expect(page.get_by_text("You are signed out for today.")).to_be_visible()
    assert Absence.objects.get(person=one.agents[1]).reason == "sick"


def test_on_a_phone_it_is_a_list_by_day_that_fits(one, page, sign_in):
    sign_in(one.technical_manager)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{ADDRESS}?day={one.month.isoformat()}")
    expect(page.get_by_role("table")).to_have_count(0)
    expect(page.get_by_role("region", name="Day by day")).to_contain_text(f"{one.technicians[1]} stands in")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_every_way_is_a_link(one, browser, live_server, sign_in, page):
    sign_in(one.technical_manager)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies(page.context.cookies())
    plain = context.new_page()
    plain.goto(f"{ADDRESS}?day={one.month.isoformat()}&span=weeks")
    plain.get_by_role("link", name="Leave", exact=False).first.click()
    assert plain.url.endswith(f"/people/absences/{Absence.objects.get().pk}/")
    plain.get_by_role("button", name="Withdraw").click()
    assert not Absence.objects.exists()
    context.close()
