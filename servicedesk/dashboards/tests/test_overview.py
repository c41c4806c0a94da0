"""The dashboard: each figure opens as many rows as it says, within what its reader may see; any address is answered."""

import csv
import re
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from servicedesk.clock.models import Deadline
from servicedesk.reports.measures import MEASURES
from servicedesk.reports.reach import reach_of
from servicedesk.staff.testing import make_department, make_organisation, make_user
from tickets.models import Ticket
from tickets.replies import Reply, reply_to_customer
from tickets.testing import HOUR, MONDAY, make_ticket, make_word

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOW = MONDAY + 2 * DAY + 2 * HOUR  # Wednesday noon
OVERVIEW = "dashboards:overview"
QUERIES = 17  # session, person, rights and departments; then twelve for the figures, and the names of people


@pytest.fixture
def house():
    """An organisation with matters of every kind: two agents of Customer Service, a technician, a manager's own."""
    house = make_organisation()
    ann, bob, technician = house.agents[0], house.agents[1], house.technicians[0]
    for days in (0, 4, 12, 50, 120):
        make_ticket(NOW - days * DAY - HOUR, first_responder=ann)  # only the youngest is not overdue
    _answer(make_ticket(MONDAY, first_responder=bob), MONDAY + 3 * HOUR)  # kept
    _answer(make_ticket(MONDAY, first_responder=bob), MONDAY + 5 * HOUR, chased=True)  # late, asked first
    tried = make_ticket(MONDAY + DAY, first_responder=bob)
    _answer(tried, MONDAY + DAY + HOUR, mode="tried", solved=False)
    _answer(tried, MONDAY + DAY + 2 * HOUR, mode="tried", solved=False, next_word=make_word(NOW + HOUR))
    _answer(make_ticket(MONDAY - 6 * DAY, first_responder=bob), MONDAY - 6 * DAY + HOUR)  # the week before
    make_ticket(MONDAY, first_responder=technician)  # overdue
    make_ticket(NOW - HOUR, first_responder=technician, kind="task", promise=make_word(NOW + 2 * DAY))
    make_ticket(NOW - HOUR, first_responder=house.manager)
    with time_machine.travel(NOW, tick=False):
        yield house


def _answer(ticket, at, mode="spoken", **fields):
    fields.setdefault("solved", True)
    ticket.refresh_from_db()
    words = Reply(words="News", mode=mode, channel="phone", odd_hours="It was urgent.", **fields)
    reply_to_customer(ticket, words, by=ticket.owner, at=at)


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


def page(user, **params):
    return logged_in(user).get(reverse(OVERVIEW), params)


def figures_on(response):
    """Every number on the page that is a link, as (number, address)."""
    found = re.findall(
        r'<a class="(?:dash-number|figure-value)[^"]*"\s+href="([^"]+)">([0-9]+)<', response.content.decode()
    )
    return [(int(number), address.replace("&amp;", "&")) for address, number in found]


# Figures and rows


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"period": "month", "against": "year"},
        {"period": "quarter", "against": "nothing"},
        {"period": "custom", "start": "2026-05-04", "end": "2026-05-12"},
        {"day": "2026-05-05"},
    ],
)
def test_every_figure_opens_as_many_rows_as_it_says(house, params):
    client = logged_in(house.general_manager)
    response = client.get(reverse(OVERVIEW), params)
    figures = figures_on(response)
    assert len(figures) > 20
    for number, address in figures:
        rows = client.get(address).context["page"]
        assert (number, address) == (rows.total, address)
        assert len(rows.deadlines) + len(rows.tickets) == rows.total


def test_the_four_figures_as_worked_out_by_hand(house):
    """On Wednesday noon. Overdue promises: Ann's of 4, 12, 50 and 120 days ago, the technician's. Bob's two solved
    matters of this week wait for their checks, due Thursday; the one of last week broke its check on Friday.
    Before midnight fall due: Ann's youngest, Bob's next word, the manager's.

    This week's promises: Bob's kept, late and unreached, the technician's, and none of Ann's but what is not yet
    due: 4 due, 2 kept. Open: Ann 5, Bob 4, technician 2, manager 1.
    """
    found = page(house.general_manager).context["found"]
    assert (found.broken.value, found.broken_by) == (6, 3)
    assert found.today.value == 3
    assert (found.words.due.value, found.words.kept.value, found.words.missed.value) == (4, 2, 2)
    assert (found.unreached.value, found.chased.value) == (1, 1)
    assert found.open.value == 12
    assert [age.open.value for age in found.ages] == [7, 1, 2, 1, 1]
    assert found.words.said == "50.0 %"
    assert "against week 19 of 2026" in found.words_change


def test_rows_are_paged_without_losing_any(house, monkeypatch):
    monkeypatch.setattr("servicedesk.dashboards.rows.PAGE", 3)
    client = logged_in(house.supervisor)
    for code in MEASURES:
        address, seen = reverse("dashboards:rows", args=[code]), []
        while address:
            response = client.get(address)
            seen += [row.pk for row, _about in response.context["page"].deadlines]
            seen += [ticket.pk for ticket in response.context["page"].tickets]
            address = response.context["next_url"]
        assert len(seen) == len(set(seen)) == response.context["page"].total


def test_no_comparison_says_nothing_about_before(house):
    found = page(house.general_manager, against="nothing").context["found"]
    assert (found.broken_change, found.words_change, found.open_change) == ("", "", "")


# Who sees what


def test_each_role_sees_the_figures_of_its_own_units(house):
    """Managers their department, the executive those in charge of, who supervises or rules all; agents and
    administrators find no such page."""
    names = {
        line: {one.name for one in page(getattr(house, line)).context["found"].departments}
        for line in (
            "manager",
            "technical_manager",
            "executive",
            "supervisor",
            "office",
            "general_manager",
            "second",
        )
    }
    both = {"Customer Service", "Technical Service"}
    assert names == {
        "manager": {"Customer Service"}, "second": {"Customer Service"}, "technical_manager": {"Technical Service"},
        "executive": both, "supervisor": both, "office": both, "general_manager": both,
    }  # fmt: skip
    for stranger in (house.agents[1], house.technicians[0], house.administrator):
        assert page(stranger).status_code == 404
        assert logged_in(stranger).get(reverse("dashboards:rows", args=["broken"])).status_code == 404
        assert logged_in(stranger).get(reverse("dashboards:table", args=["people", "csv"])).status_code == 404
        assert b"/dashboard/" not in logged_in(stranger).get(reverse("home")).content
    assert b"/dashboard/" in logged_in(house.manager).get(reverse("home")).content


def test_every_row_counted_is_one_that_its_reader_may_open(house):
    for reader in (house.manager, house.technical_manager, house.executive, house.office):
        reach = reach_of(reader)
        assert set(reach.limit(Deadline.objects.all())) <= set(Deadline.objects.visible_to(reader))
        assert set(reach.limit(Ticket.objects.all())) <= set(Ticket.objects.visible_to(reader))


def test_nobody_reaches_a_foreign_department_by_its_number(house):
    response = page(house.manager, department=house.technical.pk)
    assert response.context["found"].open.value == page(house.manager).context["found"].open.value
    assert response.context["asked"].left_out == ["department"]
    rows = logged_in(house.manager).get(
        reverse("dashboards:rows", args=["open"]), {"unit": house.technical.pk}
    )
    assert {ticket.department_id for ticket in rows.context["page"].tickets} == {house.service.pk}


def test_a_department_is_chosen_with_all_below_it(house):
    below = make_department(name="Night shift", parent=house.service)
    make_ticket(NOW - HOUR, first_responder=make_user(department=below))
    found = page(house.general_manager, department=house.service.pk).context["found"]
    assert {line.name for line in found.departments} == {"Customer Service", "Night shift"}
    assert found.open.value == 11


def test_who_leads_nothing_is_told_why_nothing_is_shown():
    response = page(make_user(roles=["department_manager"]))
    assert "No unit is yours yet" in response.content.decode()


def test_strangers_log_in_first():
    assert Client().get(reverse(OVERVIEW)).status_code == 302


# Addresses


@pytest.mark.parametrize(
    "params",
    [
        {"period": "decade"},
        {"day": "yesterday"},
        {"day": "0001-01-01"},
        {"day": "9999-12-31"},
        {"against": "' OR 1=1"},
        {"department": "999999999999999999999999"},
        {"department": "-1"},
        {"period": "custom"},
        {"period": "custom", "start": "2026-05-12", "end": "2026-05-11"},
        {"period": "custom", "start": "2020-01-01", "end": "2026-01-01"},
        {"owner": "99999999999999999999", "band": "17", "unit": "x"},
        {"period": ["week", "month"], "day": "\x00"},
    ],
)
def test_an_address_that_asks_for_nonsense_is_answered_with_what_holds(house, params):
    client = logged_in(house.general_manager)
    for address in (reverse(OVERVIEW), reverse("dashboards:rows", args=["due"])):
        response = client.get(address, params)
        assert response.status_code == 200
        assert response.context["asked"].left_out or response.context["asked"].problem or "period" in params


def test_a_period_of_ones_own_needs_days_in_order(house):
    backwards = page(house.office, period="custom", start="2026-05-12", end="2026-05-11")
    assert "The first day lies after the last one" in backwards.content.decode()
    assert backwards.context["asked"].period.kind == "week"


def test_the_period_before_and_after_are_one_click_away(house):
    context = page(house.office).context
    assert context["next_url"] == ""  # the next week has not begun
    before = logged_in(house.office).get(reverse(OVERVIEW) + context["previous_url"]).context
    assert before["asked"].period.first.isoformat() == "2026-05-04"
    assert before["next_url"] == "?"


def test_a_measure_or_a_table_that_does_not_exist_is_not_found(house):
    client = logged_in(house.office)
    for name, args in (("rows", ["happiness"]), ("table", ["secrets", "csv"]), ("table", ["weeks", "exe"])):
        assert client.get(reverse(f"dashboards:{name}", args=args)).status_code == 404


def test_figures_are_read_and_never_written(house):
    assert logged_in(house.office).post(reverse(OVERVIEW)).status_code == 405


# Cost and files


def test_the_number_of_queries_does_not_grow_with_the_figures(house):
    client = logged_in(house.general_manager)
    client.get(reverse(OVERVIEW))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse(OVERVIEW))
    for number in range(6):
        make_ticket(NOW - 5 * DAY - number * HOUR, first_responder=make_user(department=house.technical))
    with CaptureQueriesContext(connection) as more:
        client.get(reverse(OVERVIEW))
    assert len(few) == len(more) == QUERIES


@pytest.mark.parametrize("table", ["weeks", "ages", "departments", "people"])
def test_each_table_can_be_taken_along(house, table):
    client = logged_in(house.general_manager)
    found = page(house.general_manager).context["found"]
    response = client.get(reverse("dashboards:table", args=[table, "csv"]))
    written = list(csv.reader(StringIO(response.content.decode("utf-8-sig"))))
    book = load_workbook(BytesIO(client.get(reverse("dashboards:table", args=[table, "xlsx"])).content))
    cells = [
        ["" if cell is None else str(cell) for cell in row] for row in book.active.iter_rows(values_only=True)
    ]
    assert len(written) == len(cells) == 1 + len(getattr(found, table))
    assert [row[0] for row in written] == [row[0] for row in cells]
    assert response["Content-Disposition"] == f'attachment; filename="{table}-20260511-20260517.csv"'


def test_a_name_is_no_formula(house):
    house.agents[0].display_name = '=HYPERLINK("http://evil.example")'
    house.agents[0].save()
    client = logged_in(house.general_manager)
    text = client.get(reverse("dashboards:table", args=["people", "csv"])).content.decode("utf-8-sig")
    assert "'=HYPERLINK" in text
    book = load_workbook(BytesIO(client.get(reverse("dashboards:table", args=["people", "xlsx"])).content))
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_the_page_speaks_the_readers_language(house, language):
    house.general_manager.language = language
    house.general_manager.save()
    text = page(house.general_manager).content.decode()
    assert {"zh-hans": "承诺兑现情况", "zh-hant": "承諾兌現情況"}[language] in text
