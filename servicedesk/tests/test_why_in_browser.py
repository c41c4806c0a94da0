"""Why am I asked this? One click, or F1 in the field, opens the clause; nothing typed is lost."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from servicedesk.staff.roles import Role
from servicedesk.staff.testing import make_department, make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def agent():
    return make_user(username="agent", department=make_department(), roles=[Role.AGENT])


def test_a_field_says_why_it_is_asked_and_keeps_what_was_typed(page, sign_in, agent):
    sign_in(agent)
    page.goto(reverse("tickets:new"))
    words = page.locator("#id_words")
    words.fill("The heating has been cold since Friday.")
    words.press("F1")
    why = page.locator("#why")
    expect(why).to_be_visible()
    expect(why).to_contain_text("Take notes while listening")
    page.keyboard.press("Escape")
    expect(why).to_be_hidden()
    expect(words).to_be_focused()
    expect(words).to_have_value("The heating has been cold since Friday.")

    page.get_by_role("link", name="Why? R1.1c: Read it back").click()
    expect(why).to_contain_text("R1.1c")
    whole = why.get_by_role("link", name="The whole clause")
    expect(whole).to_have_attribute("href", reverse("regulations:clause", args=["R1.1c"]))


def test_tab_goes_from_field_to_field(page, sign_in, agent):
    sign_in(agent)
    page.goto(reverse("tickets:new"))
    page.locator("#id_words").focus()
    page.keyboard.press("Tab")
    expect(page.locator("input[name=kind]:focus")).to_have_count(1)


def test_the_clauses_are_reached_from_ones_own_menu_searched_and_fit_a_phone(page, sign_in, agent):
    sign_in(agent)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(reverse("home"))
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("link", name="Our rules").click()
    expect(page.locator("main")).to_contain_text("210 clauses")
    page.get_by_role("searchbox", name="Search the clauses").fill("never avoid a dispute")
    page.get_by_role("searchbox", name="Search the clauses").press("Enter")
    expect(page.locator("main")).not_to_contain_text("R1.1a")
    page.goto(reverse("regulations:clause", args=["R5.10.1.1a"]))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
