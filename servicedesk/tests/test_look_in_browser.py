"""The look in a real browser: the policy holds, keys work, nothing is lost or sent twice."""

import re

import pytest
from playwright.sync_api import expect

from servicedesk.staff.testing import make_user

pytestmark = [pytest.mark.browser, pytest.mark.urls("servicedesk.tests.places")]

LANGUAGES = ["en", "zh-hans", "zh-hant"]

# What is read on what: every pair reaches 4.5:1, and 3:1 where only an edge or a ring must be seen (WCAG 2.2 AA).
TEXT_PAIRS = [
    *[(text, ground) for text in ("text", "text-strong", "text-quiet", "ink") for ground in ("paper", "surface", "surface-sunken", "surface-raised", "ink-tint")],
    ("overdue", "overdue-tint"), ("overdue", "surface"), ("soon", "soon-tint"), ("soon", "surface"),
    ("kept", "kept-tint"), ("kept", "surface"), ("text", "overdue-tint"), ("text", "soon-tint"), ("text", "kept-tint"),
    ("on-fill", "ink-fill"), ("on-fill", "ink-fill-hover"), ("on-fill", "overdue-fill"),
]  # fmt: skip
EDGE_PAIRS = [
    (edge, ground) for edge in ("line-strong", "focus") for ground in ("paper", "surface", "surface-sunken")
]

CONTRAST = """([text, ground]) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const probe = document.body.appendChild(document.createElement("i"));
  const light = (role) => {
    probe.className = "";
    probe.style.color = `var(--${role})`;
    canvas.fillStyle = getComputedStyle(probe).color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [a, b] = [light(text), light(ground)];
  probe.remove();
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""


@pytest.fixture
def agent(page, sign_in):
    agent = make_user(display_name="Li Na", is_staff=True)
    sign_in(agent)
    return agent


def dress(page, live_server, *, theme="light", language="en"):
    for name, value in (("theme", theme), ("django_language", language)):
        page.context.add_cookies([{"name": name, "value": value, "url": live_server.url}])


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "zh-hans"), ("auto", "zh-hant")])
def test_every_component_obeys_the_policy_and_fits_a_narrow_phone(page, agent, live_server, theme, language):
    dress(page, live_server, theme=theme, language=language)
    for address in ("/look/", "/look/?wrong=1&toast=1", "/sorry/"):
        page.set_viewport_size({"width": 360, "height": 780})
        page.goto(address)
        expect(page.locator("h1").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_edges_stand_out_enough(page, agent, live_server, theme):
    dress(page, live_server, theme=theme)
    page.goto("/look/")

    weak = [(pair, ratio) for pair in TEXT_PAIRS if (ratio := page.evaluate(CONTRAST, pair)) < 4.5]
    faint = [(pair, ratio) for pair in EDGE_PAIRS if (ratio := page.evaluate(CONTRAST, pair)) < 3]

    assert weak == []
    assert faint == []


def test_the_first_tab_offers_to_skip_to_the_content(page, agent):
    page.goto("/look/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_keys_lead_through_the_desk(page, agent):
    page.goto("/look/")
    rows = page.locator("[data-keys=list] .row-title")

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#row-2026-000418$"))

    page.keyboard.press("/")
    expect(page.locator(".search-input")).to_be_focused()
    page.keyboard.type("gdn?")
    expect(page.locator(".search-input")).to_have_value("gdn?")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".search-input")).not_to_be_focused()

    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/customers/list/", wait_until="load")
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile("/tickets/new/$"))


def test_the_keys_of_a_page_are_listed_and_can_be_switched_off(page, agent):
    page.goto("/look/")
    page.keyboard.press("?")
    dialogue = page.locator("#keys")
    expect(dialogue).to_be_visible()
    expect(dialogue).to_contain_text("My desk")
    page.keyboard.press("n")  # a dialogue is open: no key leads away
    expect(page).to_have_url(re.compile("/look/$"))

    page.get_by_label("Single keys work on this device").uncheck()
    page.keyboard.press("Escape")
    expect(dialogue).to_be_hidden()
    page.keyboard.press("n")
    page.keyboard.press("?")
    expect(page).to_have_url(re.compile("/look/$"))
    expect(dialogue).to_be_hidden()


def test_a_due_time_ticks_and_turns_overdue_without_a_reload(page, agent):
    page.clock.install()
    page.goto("/look/")
    badge = page.locator("time[data-due]").nth(1)
    expect(badge).to_have_class(re.compile("is-soon"))
    page.clock.fast_forward("01:25")
    expect(badge).to_have_text(re.compile("s overdue$"))
    expect(badge).to_have_class(re.compile("is-overdue"))


def test_the_browser_says_time_left_as_the_server_does(page, agent, live_server):
    for language in LANGUAGES:
        dress(page, live_server, language=language)
        server = page.request.get("/look/").text()
        said_by_server = re.findall(r"<time class=\"time-left.*?>(.*?)</time>", server)
        page.goto("/look/")
        said_by_browser = page.locator("time[data-due]").all_text_contents()
        # Of the badge in its last two minutes only the seconds differ.
        assert said_by_browser[2:5] == said_by_server[2:5]
        assert re.sub(r"\d+", "#", said_by_browser[1]) == re.sub(r"\d+", "#", said_by_server[1])


def test_the_bell_is_fetched_into_the_page(page, agent):
    page.goto("/look/")

    expect(page.locator("#bell .bell-count")).to_contain_text("3 unread")


def test_a_theme_is_chosen_without_losing_what_was_typed(page, agent):
    page.goto("/look/")
    page.locator("#id_words").fill("The lift stops.")
    page.get_by_role("button", name="Your menu").click()
    page.locator("#me").get_by_role("button", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.locator("#id_words")).to_have_value("The lift stops.")
    page.wait_for_load_state("networkidle")
    asked = []
    page.on("dialog", lambda dialogue: (asked.append(dialogue.type), dialogue.accept()))
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert asked == ["beforeunload"]  # and what was typed is not thrown away unasked


def test_a_form_is_sent_once_however_often_one_clicks(page, agent):
    page.goto("/look/")
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.locator("#id_phone").fill("021 5555")
    page.locator("form[data-dirty] .btn-primary").dblclick()

    expect(page.locator(".error-summary")).to_be_focused()
    expect(page.locator("#id_phone")).to_have_value("021 5555")
    assert len(sent) == 1


def test_a_grave_act_is_asked_about_first(page, agent):
    page.goto("/look/")
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    void = page.get_by_role("button", name="Void")

    void.click()
    expect(page.locator("#confirm")).to_contain_text("Void ticket 2026-000418?")
    page.locator("#confirm").get_by_role("button", name="Cancel").click()
    expect(page.locator("#confirm")).to_be_hidden()
    assert sent == []

    void.click()
    page.locator("#confirm").get_by_role("button", name="Ask for it").click()
    expect(page.locator(".error-summary")).to_be_visible()
    assert len(sent) == 1


def test_what_is_typed_is_asked_about_once_and_sent_even_if_the_button_goes_meanwhile(page, agent):
    page.goto("/look/")
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.evaluate("document.querySelector('form[data-dirty]').dataset.confirm = 'As it is written?'")
    page.evaluate(
        "document.addEventListener('submit', (event) => event.submitter.remove(), { capture: true, once: true })"
    )
    page.locator("#id_phone").fill("021 5555")
    page.locator("form[data-dirty] .btn-primary").click()
    page.locator("#confirm [data-yes]").click()

    expect(page.locator(".error-summary")).to_be_focused()
    assert len(sent) == 1


def test_a_failed_request_is_said_once_and_stays_until_closed(page, agent, console_errors):
    page.goto("/look/")
    for _turn in range(2):
        page.evaluate(
            "htmx.ajax('POST', '/nowhere/', {target: '#owed-title', source: '#form form', event: new Event('click')})"
        )
    toast = page.locator("#toasts [data-toast]")

    expect(toast).to_have_count(1)
    expect(toast).to_contain_text("nothing was changed")
    expect(page.locator("#owed-title")).to_contain_text("Owed by me")
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)
    console_errors.clear()


def test_a_hidden_page_polls_nothing(page, agent):
    page.goto("/look/")
    expect(page.locator("#bell .bell-count")).to_contain_text("3 unread")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(200)
    assert asked == []
    page.evaluate("Object.defineProperty(document, 'hidden', {value: false, configurable: true})")
    with page.expect_request("**/outbox/bell/**"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_phone_has_its_places_at_the_thumb(page, agent):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/look/")

    expect(page.locator(".side")).to_be_hidden()
    page.locator(".tabbar").get_by_role("button", name="More").click()
    expect(page.locator("#more").get_by_role("link", name="People")).to_be_visible()
    page.locator("#more").get_by_role("link", name="People").click()
    expect(page).to_have_url(re.compile("/staff/people/$"))


@pytest.mark.urls("servicedesk.urls")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_admin_obeys_the_policy_in_the_look_of_the_desk(page, sign_in, live_server, theme):
    sign_in(make_user(is_staff=True, is_superuser=True))
    dress(page, live_server, theme=theme)
    for address in ("/admin/", "/admin/staff/rolegroup/", "/admin/staff/rolegroup/add/"):
        page.goto(address)
        expect(page.locator("#site-name")).to_contain_text("Administration")
        page.wait_for_load_state("networkidle")
    dark = page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert dark == (theme == "dark")


def test_on_a_narrow_screen_the_signs_of_the_navigation_still_have_names(page, agent):
    page.set_viewport_size({"width": 1000, "height": 800})
    page.goto("/look/")
    places = page.get_by_role("navigation", name="Main navigation", exact=True)

    expect(places.get_by_role("link", name="Customers")).to_be_visible()
    expect(places.get_by_role("link", name="Customers")).to_have_attribute("title", "Customers")
