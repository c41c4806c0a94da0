"""A real Chromium for tests marked `browser`: fixtures `browser`, `page`, `sign_in`, `console_errors` and `breaches`.

`page` fails its test if the console reported an error, or the page a breach of the content security policy;
a test that provokes one empties `console_errors` and `breaches` before it ends.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

CHROMIUM = Path(os.environ.get("PLAYWRIGHT_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium per test module; its event loop makes Django careful, so that check rests meanwhile."""
    if not CHROMIUM.exists() and not os.environ.get("CI"):
        pytest.skip(f"no Chromium at {CHROMIUM}; PLAYWRIGHT_CHROMIUM names another place")
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def console_errors() -> list[str]:
    """What the console complained about so far."""
    return []


@pytest.fixture
def breaches() -> list[str]:
    """What pages wanted against the content security policy so far, as `securitypolicyviolation` tells it."""
    return []


TELL_BREACHES = """document.addEventListener("securitypolicyviolation", (event) =>
  tellBreach(`${event.documentURI}: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


@pytest.fixture
def page(browser: Browser, live_server, console_errors: list[str], breaches: list[str]) -> Iterator[Page]:
    """A page of its own, in English, 1440 by 900; addresses may be given as paths."""
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": 1440, "height": 900},
        locale="en-GB",
        color_scheme="light",
    )
    context.set_default_timeout(10_000)  # milliseconds
    context.expose_function("tellBreach", lambda breach: breaches.append(breach))
    context.add_init_script(TELL_BREACHES)
    page = context.new_page()
    page.on("console", lambda message: note_error(message, console_errors))
    page.on("pageerror", lambda error: console_errors.append(str(error)))
    yield page
    context.close()
    assert console_errors == [], "the browser's console must stay silent"
    assert breaches == [], "no page wants what the content security policy forbids"


def note_error(message: ConsoleMessage, console_errors: list[str]) -> None:
    if message.type == "error":
        console_errors.append(f"{message.text} ({message.location.get('url')})")


@pytest.fixture
def sign_in(page: Page, live_server) -> Callable[..., None]:
    """`sign_in(user)` gives the page that person's session."""

    def sign_in(user) -> None:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )

    return sign_in
