"""The page of one ticket: who, what they want, whose it is, what is promised, what to do next, all that happened."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.utils import translation

from servicedesk.clock.sweep import sweep
from servicedesk.customers.models import Customer
from servicedesk.customers.testing import make_contact_person, make_customer
from servicedesk.staff.testing import make_absence, make_user
from tickets.checks import Opinion, record_check
from tickets.contacts import hear_from_customer, update_customer
from tickets.intake import Answer
from tickets.marks import set_mark
from tickets.models import Kind, Ticket
from tickets.notes import add_note
from tickets.replies import Reply, finish_task, reply_to_customer
from tickets.testing import HOUR, MONDAY, make_agent, make_category, make_ticket, make_word
from tickets.voiding import ask_to_void

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
NOW = MONDAY + HOUR
QUERIES = 55  # of the page, however long its timeline


@pytest.fixture(autouse=True)
def eleven_o_clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def see(client, ticket, user=None, **query):
    client.force_login(user or ticket.owner)
    return client.get(ticket.path, query)


def text(response):
    return response.content.decode()


def spoken(**fields):
    return Reply(words=fields.pop("words", "We found the leak."), mode="spoken", channel="phone", **fields)


def solve(ticket, at=MONDAY + HOUR / 2, **fields):
    how = {"mode": "written", "channel": "email"} if ticket.kind == Kind.INQUIRY else {}
    reply_to_customer(ticket, replace(spoken(solved=True, **fields), **how), by=ticket.owner, at=at)
    ticket.refresh_from_db()
    return ticket


def test_the_page_says_who_what_whose_until_when_and_what_next(client):
    customer = make_customer("Harbour Hotel", kind="organisation", phones=["021 5555 0100"])
    person = make_contact_person(
        customer, "Chen Xiaoming", phones=["138 0013 8000"], emails=["chen@example.org"]
    )
    ticket = make_ticket(customer=customer, contact_person=person, wanted="Warm rooms by Friday")
    page = text(see(client, ticket))
    for words in (
        ticket.number, "Harbour Hotel", "Chen Xiaoming", "Warm rooms by Friday", str(ticket.owner),
        str(ticket.department), "what we found", "3 h 0 min left", 'name="solved"', "The heating has been cold",
    ):  # fmt: skip
        assert words in page, words
    assert 'href="tel:+8613800138000"' in page
    assert 'href="mailto:chen@example.org"' in page


@pytest.mark.clause("R5.2.1")
def test_first_responder_and_owner_are_both_named_where_they_differ(client):
    named = make_agent(display_name="Owner Ou")
    ticket = make_ticket(
        owner=named, source="cfpb", external_number="1", first_responder=make_agent(display_name="First Fan")
    )
    page = text(see(client, ticket, named))
    assert "Owner Ou" in page
    assert "first asked: First Fan" in page


@pytest.mark.parametrize(
    ("now", "badge"),
    [(MONDAY + 4 * HOUR, "is-soon"), (MONDAY + 4 * HOUR + MINUTE, "is-overdue"), (MONDAY + HOUR, "is-calm")],
)
def test_overdue_is_derived_at_display_stamped_or_not(client, eleven_o_clock, now, badge):
    eleven_o_clock.move_to(now)
    page = text(see(client, make_ticket()))
    assert f'class="time-left {badge}"' in page
    assert ("overdue since" in page) == (badge == "is-overdue")


def test_to_a_stranger_there_is_no_ticket(client, settings):
    settings.LOGIN_URL = "/log-in/"
    ticket = make_ticket()
    client.force_login(make_agent())
    for path in ("", "standing/", "history/", "next-time/", "note/", "reopen/"):
        assert client.get(ticket.path + path).status_code == 404, path
    client.logout()
    assert client.get(ticket.path).status_code == 302


@pytest.mark.parametrize(
    "path",
    ["x" * 300, "2026-000001/nothing", "%00", "2026-000001/lift", "2026-000001/lift/99999999999999999999"],
)
def test_an_address_that_leads_nowhere_is_not_found(client, path):
    make_ticket()
    client.force_login(make_agent())
    assert client.get(f"/tickets/{path}/").status_code == 404


@pytest.mark.parametrize("act", ["reply", "task", "check"])
def test_the_address_of_a_refused_form_shows_the_ticket_when_it_is_looked_at_anew(client, act):
    ticket = make_ticket()
    client.force_login(ticket.owner)
    page = client.get(f"{ticket.path}{act}/")
    assert page.status_code == 200
    assert ticket.number in page.content.decode()


@pytest.mark.clause("R5.10.3a")
def test_what_to_heed_stands_before_the_name(client, eleven_o_clock):
    customer = make_customer(
        "Mr Volkov", address_as="Director Volkov", language="zh-hans", notes="Short answers"
    )
    Customer.objects.filter(pk=customer.pk).update(safety_mark=True, safety_note="Dog in the yard")
    ticket = make_ticket(customer=customer)
    page = text(see(client, ticket))
    heeded = [
        page.index(words)
        for words in (
            "Visits only by two people",
            "Good time to call",
            "Addressed as Director Volkov",
            'class="who-name"',
        )
    ]
    assert heeded == sorted(heeded)
    assert "Dog in the yard" in page
    assert 'name="odd_hours"' not in page
    eleven_o_clock.move_to(MONDAY + 13 * HOUR)  # 23:00
    night = text(see(client, ticket))
    assert "Not a good time: 23:00 there; hours are 08:00 to 21:00" in night
    assert 'name="odd_hours"' in night


def test_where_no_contact_is_wished_no_number_is_shown_and_the_reply_goes_onto_the_file(client):
    customer = make_customer(phones=["138 0013 8000"])
    Customer.objects.filter(pk=customer.pk).update(
        do_not_contact="no_contact", wish="Leave me alone", wish_by=make_agent(), wish_at=MONDAY
    )
    page = text(see(client, make_ticket(customer=customer)))
    assert "No contact at all" in page
    assert "Leave me alone" in page
    assert "tel:" not in page
    assert '<input type="hidden" name="mode" value="on_file">' in page
    assert "Update the customer" not in page


def states(owner):
    """A ticket in each state, and what its page offers as the obvious act."""
    other = make_user(department=owner.department, roles=["agent"])
    confirmed = make_ticket(anonymous=True, first_responder=owner)
    reply_to_customer(
        confirmed,
        Reply(words="Done", mode="on_file", channel="web", solved=True),
        by=owner,
        at=MONDAY + MINUTE,
    )
    mine = make_ticket(anonymous=True, first_responder=owner)
    reply_to_customer(
        mine, Reply(words="Done", mode="on_file", channel="web", solved=True), by=other, at=MONDAY + MINUTE
    )
    done = make_ticket(kind=Kind.TASK, first_responder=owner, requester=owner)
    finish_task(done, words="Ran for two hours", by=owner, at=MONDAY + MINUTE)
    waiting = make_ticket(kind=Kind.TASK, first_responder=owner, requester=other)
    finish_task(waiting, words="Ran for two hours", by=owner, at=MONDAY + MINUTE)
    checked = solve(make_ticket(first_responder=owner))
    record_check(
        checked, Opinion(outcome="satisfied", words="Fine", channel="phone"), by=owner, at=MONDAY + HOUR / 2
    )
    return [
        (make_ticket(first_responder=owner), "Save the reply"),
        (make_ticket(first_responder=owner, kind=Kind.TASK), "Is the task done?"),
        (solve(make_ticket(first_responder=owner)), "How did the customer find it?"),
        (confirmed, "A second person has to confirm"),
        (mine, "It is solved: close it"),
        (done, "It is done: close it"),
        (waiting, f"Waits for {other}"),
        (solve(make_ticket(first_responder=owner, kind=Kind.INQUIRY)), "Waits for an objection"),
        (checked, "What became of it"),
        (
            make_ticket(first_responder=owner, answer=Answer("At nine"), kind=Kind.INQUIRY),
            "What became of it",
        ),
    ]


def test_each_state_offers_its_one_obvious_act(client):
    owner = make_agent()
    for ticket, offered in states(owner):
        page = text(see(client, Ticket.objects.get(pk=ticket.pk), owner))
        assert offered in page, (ticket.state, ticket.kind, offered)
        assert page.count('<section class="panel" id="next"') == 1


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_every_state_can_be_shown_in_chinese(client, language):
    owner = make_agent(language=language)
    for ticket, _offered in states(owner):
        with translation.override(language):
            assert see(client, Ticket.objects.get(pk=ticket.pk), owner).status_code == 200


def busy_ticket(notes):
    """A ticket with a breach, its escalation, marks, corrections and many notes."""
    customer = make_customer(kind="organisation")
    ticket = make_ticket(
        MONDAY - 3 * DAY,
        customer=customer,
        contact_person=make_contact_person(customer),
        promise=make_word(MONDAY - 2 * DAY),
    )
    make_absence(ticket.department.manager, reason="leave", deputy=make_user())
    sweep(MONDAY - 2 * DAY + MINUTE)
    sweep(MONDAY)
    reply_to_customer(ticket, spoken(next_word=make_word(MONDAY + DAY)), by=ticket.owner, at=MONDAY)
    hear_from_customer(
        ticket, words="Any news?", channel="phone", asked=True, by=ticket.owner, at=MONDAY + MINUTE
    )
    set_mark(ticket, "serious_event", reason="Flood", by=ticket.owner, at=MONDAY + 2 * MINUTE)
    for number in range(notes):
        add_note(
            ticket,
            words=f"Note number {number}.",
            by=ticket.owner,
            at=MONDAY + 3 * MINUTE + number * timedelta(seconds=1),
        )
    for _ in range(3):
        make_ticket(customer=customer, first_responder=ticket.owner)
    return Ticket.objects.get(pk=ticket.pk)


@pytest.mark.parametrize("notes", [1, 200])
def test_the_page_takes_as_many_queries_for_a_long_timeline_as_for_a_short_one(
    client, django_assert_max_num_queries, notes
):
    ticket = busy_ticket(notes)
    client.force_login(ticket.owner)
    with django_assert_max_num_queries(QUERIES):
        assert client.get(ticket.path).status_code == 200


def test_an_unchanged_ticket_answers_the_poll_with_204_and_few_queries(client, django_assert_max_num_queries):
    ticket = busy_ticket(5)
    version = see(client, ticket).context["version"]
    with django_assert_max_num_queries(9):
        assert client.get(f"{ticket.path}standing/", {"version": version}).status_code == 204


def test_the_poll_tells_what_happened_meanwhile_and_holds_no_form(client):
    ticket = make_ticket()
    shown = see(client, ticket).context
    colleague = make_user(department=ticket.department, roles=["agent"], display_name="Wang Fang")
    reply_to_customer(ticket, spoken(next_word=make_word(MONDAY + DAY)), by=colleague, at=NOW)
    answer = client.get(f"{ticket.path}standing/", {"version": shown["version"], "seen": shown["seen"]})
    assert answer.status_code == 200
    assert "Wang Fang" in text(answer)
    assert "replied, spoken (telephone)" in text(answer)
    assert "<form" not in text(answer)
    assert "csrf" not in text(answer)


def test_when_the_moment_passes_the_poll_says_so_before_and_after_the_stamp(client, eleven_o_clock):
    ticket = make_ticket()
    version = see(client, ticket).context["version"]
    eleven_o_clock.move_to(MONDAY + 4 * HOUR + timedelta(seconds=1))
    overdue = client.get(f"{ticket.path}standing/", {"version": version, "seen": "2"})
    assert "overdue since" in text(overdue)
    sweep(MONDAY + 4 * HOUR + timedelta(seconds=2))
    stamped = client.get(f"{ticket.path}standing/", {"version": overdue.context["version"], "seen": "2"})
    assert "Promise 1 broken: no reply by" in text(stamped)
    assert f"Told: {ticket.department.manager}, department manager" in text(see(client, ticket))


def test_the_timeline_tells_each_act_once_newest_first_with_who_was_told_and_why(client):
    ticket = busy_ticket(1)
    history = see(client, ticket).context["history"]
    titles = [one.title for one in history.happenings]
    assert titles[:4] == [
        "wrote an internal note",
        "set a mark: serious event",
        "heard from the customer (telephone)",
        "replied, spoken (telephone)",
    ]
    assert titles[-1] == "took the matter in (telephone)"
    assert len(titles) == len(set(titles))
    told = [part.label for one in history.happenings for part in one.parts if part.label.startswith("Told:")]
    assert any("deputy for" in label and "on leave" in label for label in told)
    reply = history.happenings[3]
    assert [part.tag for part in reply.parts if part.tag] == ["Promise 1 answered late", "live"]
    received = history.happenings[-1]
    assert [part.label for part in received.parts][:2] == ["First words", "Wanted most"]
    assert received.parts[-1].tag == "late"


def test_a_long_timeline_is_paged_by_its_numbers_without_a_gap(client):
    ticket = busy_ticket(130)
    client.force_login(ticket.owner)
    seen, before = [], None
    while before != 0:
        page = client.get(f"{ticket.path}history/", {"before": before} if before else {}).context["history"]
        seen += [one.number for one in page.happenings]
        before = page.older or 0
    assert seen == sorted(seen, reverse=True)
    assert seen[0] >= 130
    assert "First words" in text(client.get(f"{ticket.path}history/", {"before": seen[-2]}))
    assert len(seen) == len(set(seen))


def test_hostile_text_is_shown_as_text(client):
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    customer = make_customer(evil, notes=evil, address_as=evil[:70])
    person = make_contact_person(customer, evil)
    ticket = make_ticket(
        customer=customer,
        contact_person=person,
        words=evil,
        wanted=evil,
        category=make_category(name=evil),
        promise=make_word(MONDAY + 4 * HOUR, will_tell=evil),
        first_responder=make_agent(display_name=evil),
    )
    add_note(ticket, words=evil, by=ticket.owner, at=NOW)
    set_mark(ticket, "serious_event", reason=evil, by=ticket.owner, at=NOW)
    update_customer(ticket, words=evil, mode="spoken", channel="phone", by=ticket.owner, at=NOW)
    ask = make_ticket(anonymous=True, words=evil, first_responder=ticket.owner)
    ask_to_void(ask, reason=evil, by=ticket.owner, at=NOW)
    paths = [
        ticket.path,
        f"{ticket.path}standing/?seen=1",
        f"{ticket.path}history/",
        f"{ticket.path}customer/",
        ask.path,
        f"/tickets/customer/{customer.number}/",
    ]
    client.force_login(ticket.owner)
    for path in paths:
        page = text(client.get(path))
        assert "alert(1)</script>" not in page, path
        assert "<img src=x" not in page, path


def test_flags_say_what_stands_out_once_s6_has_passed(client, eleven_o_clock):
    ticket = make_ticket(MONDAY - 3 * DAY, promise=make_word(MONDAY + DAY))
    assert [flag.text for flag in see(client, ticket).context["flags"]] == ["silent", "untouched"]
    hear_from_customer(ticket, words="Well?", channel="phone", asked=True, by=ticket.owner, at=NOW)
    assert [flag.text for flag in see(client, ticket).context["flags"]] == ["chased once", "silent"]
    assert see(client, make_ticket()).context["flags"] == []


def test_other_matters_of_the_customer_are_named_and_linked_only_where_one_may_go(client):
    customer = make_customer()
    ticket = make_ticket(customer=customer)
    theirs = make_ticket(customer=customer, category=make_category(name="Invoices"))
    own = make_ticket(customer=customer, first_responder=ticket.owner, repeat_of=ticket)
    page = text(see(client, ticket))
    assert theirs.number in page
    assert f'href="{theirs.path}"' not in page
    assert f'href="{own.path}"' in page
    assert "The customer called again" in page
    assert "The customer called about this before" in text(see(client, own))


def test_the_customers_panel_shows_anybody_number_category_owner_and_promise_but_no_words(client):
    customer = make_customer()
    ticket = make_ticket(customer=customer, words="A secret of the customer", wanted="Something private")
    client.force_login(make_agent())
    panel = text(client.get(f"/tickets/customer/{customer.number}/"))
    for shown in (ticket.number, str(ticket.category), str(ticket.owner), "3 h 0 min left"):
        assert shown in panel
    assert "secret" not in panel
    assert "private" not in panel
    assert "what we found" not in panel
    assert f'href="{ticket.path}"' not in panel
    assert client.get("/tickets/customer/C-999999/").status_code == 404


def test_a_proposed_time_comes_with_its_reason_and_its_limit(client):
    ticket = make_ticket()
    client.force_login(ticket.owner)
    page = text(client.get(f"{ticket.path}next-time/"))
    assert 'value="2026-05-12T17:30"' in page
    assert "1 working day (S2a) from 11 May 2026 11:00" in page
    assert "At the latest" in page
    assert 'value="2026-05-14T17:30"' in text(client.get(f"{ticket.path}next-time/", {"pick": "days"}))
    assert 'id="act_due_at"' in text(client.get(f"{ticket.path}next-time/", {"pick": "what", "in": "act"}))
