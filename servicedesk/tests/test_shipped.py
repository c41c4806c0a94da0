"""What ships is called in the reader's language, until somebody gives it a name of their own."""

import pytest
from django.urls import reverse
from django.utils import translation

from servicedesk.calendars.models import Calendar
from servicedesk.clock.models import Ladder
from servicedesk.shipped import NAMES, name_in, name_what_ships
from servicedesk.staff.testing import make_user
from tickets.models import Category

pytestmark = pytest.mark.django_db


def shipped_rows():
    return [
        Calendar.objects.default(),
        *Ladder.objects.all(),
        *Category.objects.filter(code__in=codes("category")),
    ]


def codes(kind):
    return [code.partition(":")[2] for code in NAMES if code.startswith(kind)]


def test_every_row_that_ships_is_called_in_the_readers_language():
    for row in shipped_rows():
        with translation.override("zh-hans"):
            assert row.shown_name == name_in("zh-hans", row.shipped_code)
            assert not row.shown_name.isascii()
        with translation.override("en"):
            assert row.shown_name.isascii()
    assert sorted(row.shipped_code for row in shipped_rows()) == sorted(NAMES)


def test_a_name_of_ones_own_is_shown_to_everybody_as_it_was_written():
    Category.objects.filter(code="trial-run").update(
        name="Tasks"
    )  # the name of a ladder that ships, not of this
    mine = Category.objects.get(code="trial-run")
    with translation.override("zh-hant"):
        assert str(mine) == "Tasks"
        assert str(Category(code="tasks", name="Trial run of a machine")) == "Trial run of a machine"


def test_set_up_in_chinese_stores_chinese_names_that_an_english_reader_still_understands():
    name_what_ships(shipped_rows(), "zh-hans")
    row = Category.objects.get(code="card-top-up")
    assert not row.name.isascii()
    with translation.override("en"):
        assert str(row) == "Card top-up"


def test_opening_and_saving_a_shipped_row_keeps_it_in_every_readers_language(client):
    client.force_login(make_user(roles=["administrator"], is_staff=True, language="zh-hans"))
    row = Category.objects.get(code="trial-run")
    address = reverse("admin:tickets_category_change", args=[row.pk])
    page = client.get(address)
    shown = page.context["adminform"].form.initial["name"]
    assert shown == name_in("zh-hans", "category:trial-run")

    client.post(address, {"name": shown, "kind": "task", "active": "on"})
    row.refresh_from_db()
    assert row.name == "Trial run of a machine"

    client.post(address, {"name": "试用一台", "kind": "task", "active": "on"})
    row.refresh_from_db()
    assert str(row) == row.name == "试用一台"
