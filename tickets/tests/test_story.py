"""The main job in a real browser: a call is logged, a word is given, kept, broken, told, and the matter closed with proof."""

import re
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from servicedesk.audit.invariants import findings
from servicedesk.clock.sweep import sweep
from servicedesk.clock.testing import make_unit
from servicedesk.customers.testing import make_customer
from tickets.models import Ticket
from tickets.testing import make_agent, make_category, make_ticket, make_word

pytestmark = pytest.mark.browser
PICTURES = settings.VAR / "pictures"
ALL_DAY = {"hours_from": "00:00", "hours_to": "23:59"}


def choose(page, words):
    page.locator("label.choice").filter(has_text=re.compile(rf"^\s*{words}\s*$")).click()


def picture(page, name):
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(
        path=PICTURES / f"{name}.png", caret="initial"
    )  # hiding it would leave inline styles behind


@pytest.fixture
def unit(transactional_db):
    return make_unit()


def test_a_promise_is_given_kept_renewed_and_the_matter_closed_with_proof(page, sign_in, unit):
    agent = make_agent(department=unit, display_name="Li Na", roles=["agent"])
    make_customer("Wang Fang", phones=["138 1234 5678"], **ALL_DAY)
    make_category(name="Heating")
    sign_in(agent)
    page.goto("/")
    page.keyboard.press("n")
    page.locator("#id_who").press_sequentially("13812345678")
    page.keyboard.press("Enter")
    expect(page.locator("#known")).to_contain_text("Wang Fang")
    page.locator("#id_words").fill("The heating is cold again.")
    page.locator("#id_category").select_option(label="Heating")
    page.locator("#id_wanted").fill("A warm flat")
    choose(page, "Ordinary")
    choose(page, "Yes, and confirmed")
    picture(page, "1-intake")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/tickets/\d{4}-\d{6}/$"))
    ticket = Ticket.objects.get()
    assert ticket.live_deadline.due_at > timezone.now()
    picture(page, "2-promised")

    page.locator("#id_words").fill("The pump is worn; the part is ordered.")
    choose(page, "Not yet")
    page.locator("#id_will_tell").fill("when the part comes")
    page.get_by_role("button", name="Save the reply").click()
    expect(page.locator("#toasts")).to_contain_text("Reply on record")
    assert ticket.promises.count() == 2
    assert ticket.promises.first().deadline.outcome == "kept"

    page.locator("#id_words").fill("The new pump runs.")
    choose(page, "Solved")
    page.get_by_role("button", name="Save the reply").click()
    expect(page.get_by_text("Ask how it was handled").first).to_be_visible()
    picture(page, "3-solved")
    choose(page, "satisfied")
    page.locator("#id_words").fill("All warm.")
    page.get_by_role("button", name="Save the answer").click()
    expect(page.get_by_role("button", name="Save the answer")).to_have_count(0)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.ended) == ("closed", "checked")
    picture(page, "4-closed")
    assert [one for finding in findings() for one in finding.examples] == []


def test_a_promise_breaks_while_the_page_is_open_and_the_manager_hears(page, sign_in, unit):
    agent = make_agent(department=unit, roles=["agent"])
    now = timezone.now()
    ticket = make_ticket(now, first_responder=agent, promise=make_word(now + timedelta(seconds=6)))
    sign_in(agent)
    page.goto(ticket.path)
    time.sleep(max(0, (ticket.live_deadline.due_at - timezone.now()).total_seconds()) + 0.5)
    assert sweep(timezone.now()).broke == 1
    expect(page.locator("main")).to_contain_text(re.compile("overdue|broken"), timeout=20_000)
    picture(page, "5-broken")

    sign_in(unit.manager)
    page.goto("/")
    expect(page.locator("main")).to_contain_text(ticket.number)
    expect(page.locator("#bell")).to_contain_text("1")
    picture(page, "6-manager")
