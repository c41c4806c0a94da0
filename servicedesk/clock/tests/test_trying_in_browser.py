"""A ladder follows on its time line what is typed, before anything is saved."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from servicedesk.calendars.testing import default_calendar
from servicedesk.clock.models import Ladder
from servicedesk.clock.models.ladder import A_WEEK, FURTHEST
from servicedesk.clock.testing import make_ladder
from servicedesk.staff.testing import make_organisation

CUT_OFF = """() => [...document.querySelectorAll("[name^=rungs-0-][type=number]")]
  .filter((input) => input.scrollWidth > input.clientWidth).map((input) => input.name)"""
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_time_line_follows_what_is_typed_and_nothing_is_saved(page, sign_in):
    default_calendar()
    people = make_organisation()
    people.administrator.is_superuser = True
    people.administrator.save(update_fields=["is_superuser"])
    ladder = make_ladder("typed", {"when": "after", "amount": 0, "unit": "hours", "position": "executive"})
    sign_in(people.administrator)
    page.goto(reverse("admin:clock_ladder_change", args=[ladder.pk]))
    result = page.locator("#trial-result")
    expect(result).to_contain_text("Executive Zhou")
    expect(result.locator("svg .dot")).to_have_count(1)

    page.select_option("[name=rungs-0-position]", "general_manager")
    expect(result).to_contain_text("As entered, not saved yet")
    expect(result.locator(".is-entered")).to_contain_text("General Manager Gao")
    expect(result.locator(".is-stands")).to_contain_text("Executive Zhou")

    page.fill("[name=rungs-0-amount]", str(FURTHEST["seconds"]))
    for place in ("silent_after", "repeat_every"):
        page.fill(f"[name=rungs-0-{place}]", str(A_WEEK))
    assert page.evaluate(CUT_OFF) == []

    page.fill("[name=rungs-0-amount]", "")
    expect(result).to_contain_text("What is entered cannot be saved")
    assert Ladder.objects.filter(kind="typed").count() == 1
    page.evaluate("document.querySelectorAll('form').forEach((form) => form.reset())")
