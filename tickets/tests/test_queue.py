"""The queue: which tickets it shows to whom, in which order, page by page; and where a search leads."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from servicedesk.clock.testing import make_unit
from servicedesk.customers.testing import make_customer
from servicedesk.outbox.posting import post
from servicedesk.search import common
from servicedesk.search.common import share_of
from servicedesk.staff.models import Department
from servicedesk.staff.testing import make_absence, make_department, make_user
from tickets.contacts import hear_from_customer, update_customer
from tickets.intake import Answer, open_tickets
from tickets.marks import set_mark
from tickets.models import Ticket
from tickets.notes import add_note
from tickets.ownership import take_over
from tickets.queue import WALKED, page_of
from tickets.replies import Reply, reply_to_customer
from tickets.testing import HOUR, MONDAY, make_agent, make_category, make_intake, make_ticket, make_word

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OVERSEER = ("supervision",)


@pytest.fixture
def overseer():
    return make_user(roles=OVERSEER)


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


def queue(client, **params):
    return client.get(reverse("tickets:queue"), params)


def numbers(response):
    return [ticket.number for ticket in response.context["page"].tickets]


def solve(ticket, at=MONDAY + HOUR):
    reply_to_customer(
        ticket, Reply(words="Done.", mode="spoken", channel="phone", solved=True), by=ticket.owner, at=at
    )
    ticket.refresh_from_db()
    return ticket


def due_in(hours, **fields):
    return make_ticket(promise=make_word(MONDAY + hours * HOUR), **fields)


def listed(user, *, at=MONDAY + HOUR, **wanted):
    wanted = {"state": "open", "sort": "due"} | wanted
    return [ticket.pk for ticket in page_of(wanted, user=user, at=at).tickets]


# What is due when


def test_a_ticket_bears_the_due_time_of_what_is_owed_on_it_until_nothing_is():
    ticket = make_ticket()
    ticket.refresh_from_db()
    assert ticket.due_at == ticket.live_deadline.due_at == MONDAY + 4 * HOUR
    solve(ticket)
    assert ticket.due_at == ticket.open_check.due_at
    closed = make_ticket(answer=Answer("It is done."))
    closed.refresh_from_db()
    assert closed.due_at is None


def test_nobody_can_write_another_due_time_on_a_ticket():
    ticket = make_ticket()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_ticket SET due_at = NULL")
    ticket.refresh_from_db()
    assert ticket.due_at == MONDAY + 4 * HOUR


def test_tickets_still_refuse_the_deadline_of_another():
    first, second = make_ticket(), make_ticket()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tickets_ticket SET live_deadline_id = %s WHERE id = %s",
            [second.live_deadline_id, first.pk],
        )


def test_the_soonest_due_comes_first_and_what_owes_nothing_last(overseer):
    later, sooner = due_in(6), due_in(2)
    inquiry = make_ticket(kind="inquiry", wanted="", read_back="not_asked")
    reply_to_customer(
        inquiry, Reply(words="At nine.", mode="written", channel="email", solved=True), by=inquiry.owner, at=MONDAY + HOUR
    )  # fmt: skip
    closed = make_ticket(answer=Answer("It is done."))
    assert listed(overseer) == [sooner.pk, later.pk, inquiry.pk]
    assert listed(overseer, state="all")[-1] in (inquiry.pk, closed.pk)
    assert listed(overseer, state="closed", sort="due") == [closed.pk]


# Pages


@pytest.mark.parametrize("sort", ["due", "newest", "oldest", "touched"])
def test_pages_lead_forwards_and_back_without_losing_or_repeating_a_ticket(overseer, sort):
    agent = make_agent()
    for hour in (3, 2, 2, 2, 5):
        due_in(hour, first_responder=agent)
    for ticket in Ticket.objects.filter(due_at=MONDAY + 2 * HOUR)[:1]:
        solve(ticket)
    make_ticket(answer=Answer("Done."), first_responder=agent)
    make_ticket(answer=Answer("Done."), first_responder=agent)
    wanted = {"state": "all", "sort": sort}

    whole = [t.pk for t in page_of(wanted, user=overseer, at=MONDAY).tickets]
    assert len(whole) == Ticket.objects.count() == 7
    forwards, pages, after = [], [], ""
    while True:
        page = page_of(wanted, user=overseer, at=MONDAY, after=after, size=2)
        pages.append([t.pk for t in page.tickets])
        forwards += pages[-1]
        if not page.after:
            break
        after = page.after
    assert forwards == whole

    backwards = [pages[-1]]
    while page.before:
        page = page_of(wanted, user=overseer, at=MONDAY, before=page.before, size=2)
        backwards.insert(0, [t.pk for t in page.tickets])
    assert backwards == pages


def test_the_first_page_has_nothing_before_it_and_the_last_nothing_behind(overseer):
    due_in(2), due_in(3)
    first = page_of({"state": "open", "sort": "due"}, user=overseer, at=MONDAY, size=1)
    last = page_of({"state": "open", "sort": "due"}, user=overseer, at=MONDAY, size=1, after=first.after)
    assert (first.before, bool(first.after)) == ("", True)
    assert (bool(last.before), last.after) == (True, "")


def test_a_place_of_another_order_and_any_nonsense_give_the_first_page(overseer):
    ticket = due_in(2)
    for after in (
        "newest.20260511T020000.000000Z-1",
        "owed.yesterday",
        "owed.",
        "' OR 1=1",
        "owed.20260511T020000.000000Z-x",
    ):
        page = page_of({"state": "open", "sort": "due"}, user=overseer, at=MONDAY, after=after, before=after)
        assert [t.pk for t in page.tickets] == [ticket.pk]


def test_a_place_behind_which_nothing_is_left_gives_the_first_page(overseer):
    ticket = due_in(2)
    page = page_of(
        {"state": "open", "sort": "due"}, user=overseer, at=MONDAY, after="owed.21000101T000000.000000Z-1"
    )
    assert [t.pk for t in page.tickets] == [ticket.pk]
    assert not page.before


# Who sees what


def seen(user):
    through_doors = {
        pk
        for door in Ticket.objects.doors(user)
        for pk in Ticket.objects.filter(door).values_list("pk", flat=True)
    }
    visible = set(Ticket.objects.visible_to(user).values_list("pk", flat=True))
    assert through_doors == visible == set(listed(user, state="all", sort="newest"))
    return visible


def test_the_queue_shows_exactly_what_a_person_may_see_through_every_door():
    unit, other = make_unit(), make_unit()
    agent, stranger = (
        make_agent(department=unit, roles=["agent"]),
        make_agent(department=other, roles=["agent"]),
    )
    own, theirs = make_ticket(first_responder=agent), make_ticket(first_responder=stranger)
    assert seen(agent) == {own.pk}
    assert seen(stranger) == {theirs.pk}
    assert seen(unit.manager) == {own.pk}
    assert seen(make_user()) == set()
    assert seen(make_user(roles=OVERSEER)) == {own.pk, theirs.pk}
    add_note(theirs, words=f"Have a look @{agent.username}", by=stranger, at=MONDAY + HOUR)
    assert seen(agent) == {own.pk, theirs.pk}


def test_who_stands_in_for_an_absent_colleague_sees_what_they_own():
    away, deputy, second = make_agent(), make_agent(), make_agent()
    ticket = make_ticket(first_responder=away)
    assert seen(deputy) == set()
    make_absence(away, starts_at=timezone.now() - DAY, deputy=deputy)
    assert seen(deputy) == {ticket.pk}
    make_absence(deputy, starts_at=timezone.now() - DAY, ends_at=timezone.now() + DAY, deputy=second)
    assert seen(second) == {ticket.pk}


def test_a_deputy_sees_nothing_more_once_the_absence_is_over():
    away, deputy = make_agent(), make_agent()
    make_ticket(first_responder=away)
    make_absence(away, starts_at=timezone.now() - 2 * DAY, ends_at=timezone.now() - DAY, deputy=deputy)
    assert seen(deputy) == set()


def test_whoever_has_a_part_in_many_tickets_sees_all_of_them(monkeypatch):
    monkeypatch.setattr("tickets.models.ticket.FEW", 2)
    agent = make_agent()
    many = [make_ticket(first_responder=agent).pk for _ in range(3)]
    make_ticket()
    assert seen(agent) == set(many)


def test_who_has_left_sees_nothing(overseer):
    make_ticket()
    overseer.is_active = False
    assert listed(overseer) == []


def test_strangers_are_sent_to_the_log_in():
    assert queue(Client()).status_code == 302


# Filters


def test_every_state_shows_its_own(overseer):
    at = MONDAY + 3 * HOUR
    overdue, today, later = due_in(2), due_in(5), due_in(50)
    resolved, closed = solve(due_in(8)), make_ticket(answer=Answer("Done."))
    found = {state: set(listed(overseer, at=at, state=state)) for state in
             ("open", "unresolved", "overdue", "today", "resolved", "closed", "all")}  # fmt: skip
    assert found["overdue"] == {overdue.pk}
    assert found["today"] == {today.pk}
    assert found["unresolved"] == {overdue.pk, today.pk, later.pk}
    assert found["resolved"] == {resolved.pk}
    assert found["open"] == found["unresolved"] | found["resolved"]
    assert found["closed"] == {closed.pk}
    assert found["all"] == found["open"] | found["closed"]


def test_at_the_very_moment_it_is_due_a_ticket_is_not_overdue(overseer):
    ticket = due_in(2)
    assert listed(overseer, at=ticket.live_deadline.due_at, state="overdue") == []
    assert listed(overseer, at=ticket.live_deadline.due_at, state="today") == [ticket.pk]


def test_each_filter_keeps_what_it_names(overseer):
    customer, category, agent = make_customer(), make_category(), make_agent()
    one = make_ticket(
        customer=customer, category=category, first_responder=agent, kind="fault", severity="severe", channel="email"
    )  # fmt: skip
    make_ticket(MONDAY - 3 * DAY, promise=make_word(MONDAY + HOUR), kind="request")
    day = timezone.localtime(MONDAY).date()
    for name, value in {
        "kind": "fault", "category": category.pk, "owner": agent.pk, "department": agent.department_id,
        "severity": "severe", "channel": "email", "customer": customer.number, "received_from": day, "received_to": day,
    }.items():  # fmt: skip
        wanted = {name: value} | ({"received_from": day} if name == "received_to" else {})
        assert listed(overseer, **wanted) == [one.pk], name


def test_mine_and_my_unit(overseer):
    unit = make_unit()
    agent, colleague = (make_agent(department=unit, roles=["agent"]) for _ in range(2))
    own, theirs = make_ticket(first_responder=agent), make_ticket(first_responder=colleague)
    make_ticket()
    assert listed(agent, scope="mine") == [own.pk]
    assert set(listed(agent, scope="unit")) == {own.pk, theirs.pk}
    assert set(listed(unit.manager, scope="unit")) == {own.pk, theirs.pk}
    assert listed(overseer, scope="unit") == []


def test_marks_stand_until_they_are_lifted(overseer):
    marked = make_ticket()
    set_mark(marked, "serious_event", reason="Somebody was hurt.", by=marked.owner, at=MONDAY + HOUR)
    make_ticket()
    assert listed(overseer, mark="any") == listed(overseer, mark="serious_event") == [marked.pk]
    assert listed(overseer, mark="major_fault") == []


@pytest.mark.clause("R1.4b")
def test_silent_and_chased_tickets_are_found(overseer):
    silent, told = make_ticket(), make_ticket()
    update_customer(
        told, words="We are at it.", mode="spoken", channel="phone", by=told.owner, at=MONDAY + HOUR
    )
    assert listed(overseer, flag="silent") == [silent.pk]
    hear_from_customer(
        told, words="Any news?", channel="phone", asked=True, by=told.owner, at=MONDAY + 2 * HOUR
    )
    assert listed(overseer, flag="chased") == [told.pk]


@pytest.mark.clause("R1.4b")
def test_a_ticket_that_changed_hands_more_often_than_s34_allows_counts_as_passed_around(overseer):
    category, takers = make_category(), [make_agent() for _ in range(3)]
    category.deputies.set(takers)
    ticket = make_ticket(category=category)
    for number, taker in enumerate(takers, start=1):
        assert listed(overseer, flag="passed") == []
        take_over(ticket, by=taker, at=MONDAY + number * HOUR)
        ticket.refresh_from_db()
    assert listed(overseer, flag="passed") == [ticket.pk]


@pytest.mark.clause("R3.2.2")
def test_a_ticket_untouched_for_more_than_s6_is_found(overseer):
    ticket = make_ticket(promise=make_word(MONDAY + 50 * HOUR))
    tuesday_evening = MONDAY + timedelta(
        days=1, hours=7, minutes=30
    )  # 17:30: the working day after Monday ends
    assert listed(overseer, flag="untouched", at=tuesday_evening) == []
    assert listed(overseer, flag="untouched", at=tuesday_evening + HOUR) == [ticket.pk]


def test_tickets_about_which_somebody_has_unread_notices(overseer):
    ticket = make_ticket()
    make_ticket()
    for number, params in enumerate(
        ({"path": ticket.path}, {"items": [{"path": ticket.path}]}, {"path": "/nowhere/"})
    ):
        post(
            "named_first_responder",
            key=f"n{number}",
            channel="in_app",
            recipient=overseer,
            params=params,
            at=MONDAY,
        )
    assert listed(overseer, flag="news") == [ticket.pk]
    assert listed(ticket.owner, flag="news") == []


# The page


def test_the_page_shows_what_an_agent_needs_of_a_ticket(overseer):
    ticket = make_ticket(customer=make_customer("Wang Fang"), words="The lift is stuck " * 30)
    page = queue(logged_in(overseer)).content.decode()
    for shown in (
        ticket.number,
        "Wang Fang",
        "The lift is stuck",
        str(ticket.owner),
        str(ticket.category),
        "promised reply",
    ):
        assert shown in page
    assert "The lift is stuck " * 20 not in page
    assert reverse("clock:deadline", args=[ticket.live_deadline_id]) in page


def test_words_that_were_forgotten_leave_a_row_without_words(overseer, triggers_lifted):
    make_ticket(anonymous=True)
    with triggers_lifted(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_words SET text = NULL, salt = NULL, erased_at = %s", [MONDAY])
    page = queue(logged_in(overseer)).content.decode()
    assert "(words erased)" in page
    assert "anonymous" in page


def test_a_page_takes_as_many_queries_for_sixty_tickets_as_for_five():
    unit = make_unit()
    agent, category, customer = make_agent(department=unit, roles=["agent"]), make_category(), make_customer()
    client = logged_in(agent)

    def fill(count):
        open_tickets(
            [make_intake(first_responder=agent, category=category, customer=customer) for _ in range(count)],
            by=agent, at=MONDAY,
        )  # fmt: skip

    def count(**params):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert queue(client, **params).status_code == 200
        return len(captured)

    fill(5)
    views = [{}, {"state": "all", "sort": "newest"}, {"q": "heating", "kind": "complaint"}]
    few = [count(**view) for view in views]
    fill(55)
    many = [count(**view) for view in views]  # a full page needs no look at what owes nothing
    assert all(more <= less <= 20 for more, less in zip(many, few, strict=True))


@pytest.mark.parametrize(
    "params",
    [
        {"state": "nonsense"}, {"sort": "-tokens"}, {"kind": "complaint'--"}, {"owner": "99999999999999999999"},
        {"category": "x"}, {"department": "-1"}, {"customer": "' OR 1=1"}, {"received_from": "yesterday"},
        {"received_to": "9999-12-31"}, {"received_from": "0001-01-01"}, {"q": "\x00"}, {"q": "x" * 5000}, {"flag": "tokens__contains"},
        {"state__in": "closed"}, {"owner__password": "x"}, {"after": "1' OR '1'='1"}, {"before": "\x00"}, {"mark": "\ud800".encode("utf-8", "replace")},
        {"kind": ["complaint", "fault"]}, {"q": '" OR * NEAR('}, {"q": "%"}, {"customer": "C-999999999999"},
    ],
)  # fmt: skip
def test_whatever_the_address_asks_the_answer_is_a_page(overseer, params):
    ticket = make_ticket()
    response = queue(logged_in(overseer), **params)
    assert response.status_code == 200
    if not {"q", "customer", "kind"} & params.keys():
        assert numbers(response) == [ticket.number]


def test_what_the_address_names_wrongly_is_said_and_left_out(overseer):
    make_ticket()
    page = queue(logged_in(overseer), state="nonsense", kind="complaint", unknown="1").content.decode()
    assert "does not exist here (State)" in page


def test_filters_in_force_are_chips_each_removed_by_its_link(overseer):
    client = logged_in(overseer)
    response = queue(client, kind="fault", severity="severe", sort="newest")
    chips = response.context["wanted"].chips()
    assert [(chip.label, chip.value) for chip in chips] == [("Kind", "Fault"), ("Severity", "Severe")]
    assert parse_qs(urlsplit(chips[0].without).query) == {"severity": ["severe"], "sort": ["newest"]}
    assert chips[0].without in response.content.decode().replace("&amp;", "&")


def test_the_form_without_a_script_leads_to_the_short_address(overseer):
    response = queue(
        logged_in(overseer), q="", state="open", kind="fault", category="", sort="due", received_from=""
    )
    assert response.status_code == 302
    assert response.url == reverse("tickets:queue") + "?kind=fault"


def test_htmx_gets_the_list_alone_and_the_short_address(overseer):
    ticket = make_ticket()
    client = logged_in(overseer)
    headers = {"HX-Request": "true"}
    response = client.get(
        reverse("tickets:queue"), {"q": "", "kind": "complaint", "state": "open"}, headers=headers
    )
    page = response.content.decode()
    assert response["HX-Push-Url"] == reverse("tickets:queue") + "?kind=complaint"
    assert "HX-Request" in response["Vary"]
    assert ticket.number in page
    assert "<html" not in page
    assert "queue-filters" not in page
    restored = client.get(reverse("tickets:queue"), headers=headers | {"HX-History-Restore-Request": "true"})
    assert "<html" in restored.content.decode()


def test_an_empty_queue_tells_how_to_see_more(overseer):
    client = logged_in(overseer)
    assert "Nothing is open" in queue(client).content.decode()
    page = queue(client, kind="fault").content.decode()
    assert "No ticket fits" in page
    assert "?kind=fault&amp;state=all" in page


# Searching


def test_a_search_looks_in_closed_tickets_too_newest_first(overseer):
    old = make_ticket(MONDAY - 2 * DAY, answer=Answer("Done."), words="电梯停了")
    new = make_ticket(words="小区电梯又停了")
    make_ticket(words="暖气不热")
    response = queue(logged_in(overseer), q="电梯")
    assert numbers(response) == [new.number, old.number]
    assert numbers(queue(logged_in(overseer), q="电梯", state="closed")) == [old.number]


def test_an_empty_search_filters_nothing(overseer):
    ticket = make_ticket()
    assert numbers(logged_in(overseer).get(reverse("tickets:queue") + "?q=", follow=True)) == [ticket.number]
    assert numbers(queue(logged_in(overseer), q="?!")) == [ticket.number]


def test_customers_that_match_stand_above_at_most_five(overseer):
    for number in range(6):
        make_customer(f"Harbour {number}")
    response = queue(logged_in(overseer), q="harbour")
    assert len(response.context["customers"]) == 5


@pytest.mark.parametrize(
    "write",
    [lambda n: n, lambda n: f"  {n} ", lambda n: n.translate({ord(str(d)): 0xFF10 + d for d in range(10)})],
)
def test_a_ticket_number_leads_straight_to_the_ticket(overseer, write):
    ticket = make_ticket()
    response = queue(logged_in(overseer), q=write(ticket.number))
    assert (response.status_code, response.url) == (302, ticket.path)


def test_the_number_a_ticket_bears_elsewhere_leads_to_it_unless_two_bear_it(overseer):
    client = logged_in(overseer)
    ticket = make_ticket(source="cfpb", external_number="8841-A")
    assert queue(client, q="8841-A").url == ticket.path
    make_ticket(source="nyc311", external_number="8841-A")
    assert len(numbers(queue(client, q="8841-A"))) == 2


def test_a_telephone_or_customer_number_leads_straight_to_the_customer(overseer):
    customer = make_customer("Wang Fang", phones=["138 0013 8000"])
    client = logged_in(overseer)
    assert queue(client, q="13800138000").url == customer.get_absolute_url()
    assert queue(client, q="+86 138 0013 8000").url == customer.get_absolute_url()
    assert queue(client, q=customer.number.lower()).url == customer.get_absolute_url()
    make_customer("Wang Li", phones=["13800138000"])
    assert len(queue(client, q="13800138000").context["customers"]) == 2


def test_somebody_elses_ticket_number_leads_nowhere_and_finds_nothing():
    ticket = make_ticket()
    response = queue(logged_in(make_user(department=make_department())), q=ticket.number)
    assert response.status_code == 200
    assert numbers(response) == []


def test_a_number_among_other_filters_is_a_search(overseer):
    ticket = make_ticket()
    assert numbers(queue(logged_in(overseer), q=ticket.number, state="all")) == [ticket.number]
    assert Department.objects.exists()


@pytest.mark.postgresql
@pytest.mark.parametrize("walked", [1, 1000])
def test_common_words_are_found_among_the_newest_first_and_by_the_index_where_these_have_none(
    overseer, monkeypatch, walked
):
    """By whatever way, the same tickets in the same order; both words are common here, together they are not."""
    monkeypatch.setattr("tickets.queue.share_of", lambda model, text: WALKED / walked)
    cold = [make_ticket(MONDAY - n * HOUR, words="Cold heating") for n in range(4)]
    warm = [make_ticket(MONDAY - n * HOUR, words="Warm water") for n in range(4, 6)]
    for person in (overseer, cold[2].owner):
        client = logged_in(person)
        mine = [one.number for one in cold if person in (overseer, one.owner)]
        assert numbers(queue(client, q="heating")) == mine
        assert numbers(queue(client, q="heating", category=warm[0].category_id)) == []
        assert numbers(queue(client, q="cold water")) == []


@pytest.mark.postgresql
def test_how_common_a_word_is_follows_what_the_database_has_counted():
    for number in range(20):
        make_ticket(words="The heating is cold" if number % 2 else "The heating makes noise")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tickets_ticket")
    common._shares.cache_clear()
    assert share_of(Ticket, "heat") == 1
    assert share_of(Ticket, "noise heating") == 0.5
    assert share_of(Ticket, "heating gasworks") == 0
    common._shares.cache_clear()
