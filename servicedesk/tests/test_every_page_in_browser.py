"""Every page that somebody can reach, in a real browser: no fault that axe-core knows, light and dark (WCAG 2.2 AA), and nothing
against the content security policy, as for every test in the browser (SECURITY)."""

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page

from servicedesk.appearance import COOKIE
from servicedesk.tests.test_doors import addresses, world  # noqa: F401  a fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

AXE = settings.NODE_MODULES / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LEADS_AWAY = {"staff:logout", "outbox:open"}
# Without `preload`, which puts imported style sheets into style elements of its own, against the policy.
FAULTS = """async (rules) => {
  const found = await axe.run(document, { runOnly: { type: "tag", values: rules }, preload: false });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}`));
}"""
IS_AT_REST = '() => !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling")'


@pytest.fixture
def keeper(world, sign_in):  # noqa: F811
    """Somebody with a part in the ticket and every right, so that no page is shut."""
    world.owner.is_superuser = world.owner.is_staff = True
    world.owner.save(update_fields=["is_superuser", "is_staff"])
    sign_in(world.owner)
    return world


@pytest.fixture(params=["light", "dark"])
def look(request, page, live_server) -> str:
    """Pages are drawn in this scheme, chosen as a person chooses it."""
    page.context.add_cookies([{"name": COOKIE, "value": request.param, "url": live_server.url}])
    return request.param


def faults_of(page: Page, address: str) -> list[str]:
    """What axe-core finds on that page; nothing where the address gives no page of its own."""
    answer = page.request.get(address)
    if not answer.ok or b"<html" not in answer.body():
        return []
    page.goto(address)
    page.wait_for_function(IS_AT_REST)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return [f"{address} {fault}" for fault in page.evaluate(FAULTS, RULES)]


def test_no_page_of_the_desk_has_a_fault(page, keeper, look):
    names = [name for name in addresses() if name not in LEADS_AWAY]
    faults = [fault for name in names for fault in faults_of(page, keeper.address(name))]
    assert faults == [], "\n".join(faults)


def test_what_a_page_wants_against_the_policy_is_noticed(page, keeper, console_errors, breaches):
    """Else the silence of all other tests in the browser would prove nothing."""
    page.goto(reverse("home"))
    page.evaluate("""() => { const script = document.createElement("script"); script.textContent = "window.ran = 1";
        document.body.append(script); const image = new Image(); image.src = "https://evil.example/x.png"; }""")
    page.wait_for_function("() => true")
    assert page.evaluate("() => window.ran") is None
    assert {breach.split()[1] for breach in breaches} == {"script-src-elem", "img-src"}
    console_errors.clear()
    breaches.clear()


def test_no_page_of_the_log_in_has_a_fault(page, live_server, look):
    assert faults_of(page, reverse("staff:login")) == []


def test_no_page_of_the_administration_has_a_fault(page, keeper, look):
    page.goto(reverse("admin:index"))
    faults = faults_of(page, reverse("admin:index"))
    for address in sorted(set(links(page, "#content-main a"))):
        faults += faults_of(page, address)
        for one in links(page, "#result_list tbody th a")[:1]:
            faults += faults_of(page, one)
    assert faults == [], "\n".join(faults)


def links(page: Page, selector: str) -> list[str]:
    """The addresses that the page leads to from there."""
    return page.eval_on_selector_all(selector, "all => all.map((link) => new URL(link.href).pathname)")
