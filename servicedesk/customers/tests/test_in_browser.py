"""The customer's page in a real browser."""

import pytest
from playwright.sync_api import expect

from servicedesk.customers.testing import make_contact_person, make_customer, make_project
from servicedesk.staff.testing import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1440, 390])
def test_a_customer_is_changed_and_the_page_fits_the_screen(page, sign_in, width):
    customer = make_customer("上海明珠电梯有限公司" * 5, kind="organisation", phones=["021-65432109"])
    make_contact_person(
        customer, emails=["a.very.long.address.without.any.break@customer-service.example.org"]
    )
    make_project(customer, "W" * 120)
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(make_user())

    page.goto("/customers/")
    page.get_by_role("link", name=customer.name).click()
    expect(page.locator("#projects")).to_contain_text("in service")
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_role("main").get_by_role("link", name="Change").first.click()
    page.get_by_label("Manner of address").fill("Director Li")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#preferences")).to_contain_text("Director Li")
    expect(page.locator("#history")).to_contain_text("Profile changed")
