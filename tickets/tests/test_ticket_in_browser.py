"""The ticket page in a real browser: on the keyboard, kept up to date by itself, losing nothing that was typed."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from servicedesk.clock.sweep import sweep
from servicedesk.customers.models import Customer
from servicedesk.customers.testing import make_contact_person, make_customer
from servicedesk.staff.testing import make_user
from tickets.models import Ticket
from tickets.replies import Reply, reply_to_customer
from tickets.testing import HOUR, make_agent, make_ticket, make_word

pytestmark = pytest.mark.browser
AT_ONCE = 15_000  # milliseconds: a poll comes every ten seconds


@pytest.fixture
def agent(page, sign_in):
    agent = make_agent(display_name="Li Na")
    sign_in(agent)
    return agent


def open_ticket(agent, **fields):
    """A ticket whose customer may be called at any hour."""
    now = timezone.now()
    customer = make_customer("Harbour Hotel", kind="organisation", phones=["021 5555 0100"])
    Customer.objects.filter(pk=customer.pk).update(hours_from="00:00", hours_to="23:59:59")
    customer.refresh_from_db()
    fields.setdefault("promise", make_word(now + 4 * HOUR))
    return make_ticket(
        now - HOUR,
        first_responder=agent,
        customer=customer,
        contact_person=make_contact_person(customer, "Chen"),
        **fields,
    )


def choose(page, name, value):
    page.locator(f"[name={name}][value={value}]").check(force=True)


def test_a_reply_and_its_next_promise_are_written_on_the_keyboard(page, agent):
    ticket = open_ticket(agent)
    page.goto(ticket.path)
    expect(page.locator(".next-promise")).to_be_hidden()
    page.keyboard.press("r")
    expect(page.locator("[name=words]")).to_be_focused()
    page.keyboard.type("We found the leak.")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # "not yet"
    expect(page.locator(".next-promise")).to_be_visible()
    expect(page.locator("[name=due_at]")).not_to_have_value("")
    page.locator("[name=will_tell]").fill("what the plumber says")
    page.locator("[name=will_tell]").press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Reply on record. You will be reminded before")
    expect(page.locator("#history li").first).to_contain_text("We found the leak.")
    assert ticket.promises.count() == 2


def test_picks_propose_other_times_and_say_why(page, agent):
    page.goto(open_ticket(agent).path)
    choose(page, "solved", "no")
    expect(page.locator(".next-why")).to_contain_text("1 working day (S2a) from")
    before = page.locator("[name=due_at]").input_value()
    page.get_by_role("button", name="3 working days").click()
    expect(page.locator(".next-why")).to_contain_text("3 working days (S3) from")
    assert page.locator("[name=due_at]").input_value() != before


def test_the_page_says_by_itself_that_the_promise_is_broken_and_keeps_what_is_typed(page, agent):
    ticket = open_ticket(agent, promise=make_word(timezone.now() + timedelta(seconds=3)))
    page.goto(ticket.path)
    page.locator("[name=words]").fill("Half a sent")
    expect(page.locator("#standing .time-left").first).to_have_class("time-left is-overdue", timeout=6_000)
    sweep(timezone.now() + timedelta(seconds=1))
    expect(page.locator("#standing .news")).to_contain_text("Promise 1 broken: no reply by", timeout=AT_ONCE)
    expect(page.locator("[name=words]")).to_have_value("Half a sent")
    page.get_by_role("link", name="Show below").click()
    expect(page.locator("#history")).to_contain_text("Told:")
    expect(page.locator("[name=words]")).to_have_value("Half a sent")


def test_what_a_colleague_did_meanwhile_is_shown_and_a_stale_reply_keeps_its_words(
    page, agent, console_errors
):
    ticket = open_ticket(agent)
    page.goto(ticket.path)
    page.locator("[name=words]").fill("My own words")
    choose(page, "solved", "yes")
    colleague = make_user(department=agent.department, display_name="Wang Fang", roles=["agent"])
    now = timezone.now()
    reply_to_customer(
        ticket,
        Reply(words="Already told", mode="written", channel="email", next_word=make_word(now + 8 * HOUR)),
        by=colleague,
        at=now,
    )
    page.get_by_role("button", name="Save the reply").click()
    expect(page.locator(".error-summary")).to_contain_text("Somebody has replied meanwhile")
    expect(page.locator(".news")).to_contain_text("Wang Fang")
    expect(page.locator("[name=words]")).to_have_value("My own words")
    console_errors.clear()  # the browser reports the 422
    page.get_by_role("button", name="Save the reply").click()
    expect(page.locator("#next")).to_contain_text("How did the customer find it?")
    assert Ticket.objects.get().state == "resolved"


def test_other_acts_open_by_a_key_refuse_in_place_and_hold_what_was_typed(page, agent, console_errors):
    make_user(username="wang.fang", display_name="Wang Fang", department=agent.department)
    page.goto(open_ticket(agent).path)
    page.keyboard.press("i")
    note = page.locator("dialog [name=words]")
    expect(note).to_be_focused()
    page.keyboard.type("Ask @nobody.here")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("dialog .error-summary")).to_contain_text("No colleague is called @nobody.here.")
    console_errors.clear()
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    expect(note).to_have_value("Ask @nobody.here")
    note.fill("Ask @wang.fang")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#toasts")).to_contain_text("Note kept; Wang Fang told.")
    expect(page.locator("#history li.is-internal")).to_contain_text("Ask @wang.fang")


def test_the_right_customer_is_found_while_typing(page, agent):
    make_contact_person(make_customer("Blue Lagoon Baths", kind="organisation"), "Ms Blau")
    page.goto(open_ticket(agent).path)
    page.get_by_role("link", name="Correct the customer").click()
    expect(page.locator("dialog [name=q]")).to_be_focused()
    page.keyboard.type("lagoon")
    page.locator("dialog label.choice").filter(has_text="Ms Blau").click()
    page.get_by_role("button", name="Put on the ticket").click()
    expect(page.locator(".ticket-who")).to_contain_text("Blue Lagoon Baths")


def test_two_keys_save_what_is_being_written(page, agent, console_errors):
    ticket = open_ticket(agent)
    page.goto(ticket.path)
    page.keyboard.press("i")
    expect(page.locator("dialog textarea")).to_be_focused()
    page.keyboard.type("Ask the plumber again.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#history")).to_contain_text("Ask the plumber again.")

    page.keyboard.press("r")
    page.keyboard.type("The plumber comes tomorrow.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#next [role=alert]").first).to_be_visible()
    expect(page.locator("#next [name=words]")).to_have_value("The plumber comes tomorrow.")
    console_errors.clear()  # the browser notes that the form came back with its faults


@pytest.mark.parametrize("width", [390, 1440])
def test_what_matters_stands_on_the_first_screen_and_nothing_overflows(page, agent, width):
    ticket = open_ticket(agent, words="Donaudampfschifffahrtsgesellschaft" * 9, wanted="W" * 300)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(ticket.path)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    seen = [".ticket-number", ".ticket-tags", ".strip-due", ".strip-wanted", ".strip-owner"]
    if width == 1440:
        seen += [".heed", ".who-name", ".ways", "#next [name=words]", "#next [name=solved] >> nth=0"]
    for part in seen:
        box = page.locator(part).first.bounding_box()
        assert box and box["y"] + box["height"] <= 900, part


def reply_typed(page, agent):
    """A ticket whose reply is written and not yet sent."""
    ticket = open_ticket(agent)
    page.goto(ticket.path)
    page.locator("[name=words]").fill("We found the leak.")
    choose(page, "solved", "yes")
    return ticket


def send(page):
    page.get_by_role("button", name="Save the reply").click()


def test_words_outlive_the_session_and_are_sent_after_the_next_log_in(page, agent, sign_in):
    ticket = reply_typed(page, agent)
    page.context.clear_cookies(name="sessionid")
    send(page)
    expect(page.locator("#toasts")).to_contain_text("no longer logged in")
    expect(page.locator("[name=words]")).to_have_value("We found the leak.")
    page.context.clear_cookies(name="csrftoken")  # a log-in in another tab brings a new one
    sign_in(agent)
    page.context.new_page().goto("/")
    send(page)
    expect(page.get_by_text("Ask how it was handled").first).to_be_visible()
    assert ticket.contacts.get(purpose="reply").by == agent


def test_words_are_not_sent_under_the_name_of_somebody_else(page, agent, sign_in):
    ticket = reply_typed(page, agent)
    sign_in(make_agent(department=agent.department))
    send(page)
    expect(page.locator("#toasts")).to_contain_text("Somebody else is logged in")
    expect(page.locator("[name=words]")).to_have_value("We found the leak.")
    assert not ticket.contacts.filter(purpose="reply").exists()


def test_words_outlive_a_dead_line(page, agent, console_errors):
    ticket = reply_typed(page, agent)
    page.context.set_offline(True)
    send(page)
    expect(page.locator("#toasts")).to_contain_text("cannot be reached")
    page.context.set_offline(False)
    send(page)
    expect(page.get_by_text("Ask how it was handled").first).to_be_visible()
    assert ticket.contacts.filter(purpose="reply").count() == 1
    console_errors.clear()  # the browser notes that it was offline


def test_a_dialogue_outlives_the_session(page, agent, sign_in):
    ticket = open_ticket(agent)
    page.goto(f"{ticket.path}")
    page.get_by_role("button", name="Internal note").or_(
        page.get_by_role("link", name="Internal note")
    ).first.click()
    words = page.locator("#act [name=words]")
    words.fill("Ask the plumber.")
    page.context.clear_cookies(name="sessionid")
    page.locator("#act form button.btn-primary").click()
    expect(page.locator("#toasts")).to_contain_text("no longer logged in")
    expect(words).to_have_value("Ask the plumber.")
    page.context.clear_cookies(name="csrftoken")
    sign_in(agent)
    page.context.new_page().goto("/")
    page.locator("#act form button.btn-primary").click()
    expect(page.locator("#act dialog")).to_have_count(0)
    assert ticket.notes.count() == 1


def test_what_is_pasted_is_never_cut_in_silence(page, agent, console_errors):
    ticket = reply_typed(page, agent)
    page.locator("[name=words]").fill("漏" * 30_000)
    send(page)
    expect(page.locator(".form-errors, .error-summary").first).to_contain_text("20000")
    assert len(page.locator("[name=words]").input_value()) == 30_000
    assert not ticket.contacts.filter(purpose="reply").exists()
    console_errors.clear()  # the browser notes the 422
