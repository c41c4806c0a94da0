"""The intake page: who is calling, what is asked of each kind, how it ends, and that one form makes one ticket."""

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from servicedesk.calendars.models import Calendar
from servicedesk.customers.models import Customer
from servicedesk.customers.testing import make_contact_person, make_customer, make_project
from servicedesk.outbox.models import Message
from servicedesk.staff.models import User
from servicedesk.staff.testing import make_user
from tickets.calls import log_call
from tickets.models import Promise, Submission, Ticket
from tickets.offers import first_offer
from tickets.replies import Reply, reply_to_customer
from tickets.testing import HOUR, MONDAY, make_agent, make_category, make_intake, make_ticket, make_word
from tickets.views import intake

pytestmark = pytest.mark.django_db
NEW = "/tickets/new/"
PHONE = "138 1234 5678"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def monday():
    """Ten o'clock on an ordinary Monday in Shanghai."""
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def agent():
    return make_agent()


@pytest.fixture
def desk(agent):
    client = Client()
    client.force_login(agent)
    return client


def filled(**fields):
    """What the form sends for a complaint that is promised for four hours ahead."""
    values = {
        "form_key": "0123456789abcdef",
        "who": "",
        "words": "The heating has been cold since Friday.",
        "kind": "complaint",
        "channel": "phone",
        "wanted": "A warm flat",
        "severity": "ordinary",
        "read_back": "yes",
        "outcome": "promise",
        "due": (MONDAY + 4 * HOUR).isoformat(),
        "will_tell": "what we found",
    }
    if "category" not in fields:
        values["category"] = make_category(kind="").pk
    values |= fields
    return {name: value for name, value in values.items() if value is not None}


def send(desk, **fields):
    return desk.post(NEW, filled(**fields))


def wrong(answer):
    """Which fields the page complains about."""
    assert answer.status_code == 422
    assert not Ticket.objects.exists()
    return {field for form in answer.context["sheet"].forms for field in form.errors}


def logged(answer):
    assert answer.status_code == 302, [form.errors for form in answer.context["sheet"].forms]
    return Ticket.objects.get(number=answer.url.strip("/").rsplit("/", 1)[-1])


def toast(answer):
    return str(list(answer.wsgi_request._messages)[-1])


# Who may


@pytest.mark.clause("R5.2.7b", "R7.1.2a")
def test_any_employee_may_log_a_call_whatever_the_role(client):
    client.force_login(make_user())
    assert client.get(NEW).status_code == 200


@pytest.mark.clause("R1.1a", "R3.5.4a", "R4.1b")
def test_a_card_beside_the_form_says_how_to_listen(desk):
    page = desk.get(NEW).content.decode()
    card = page[page.index('id="listening"') :].partition("</details>")[0]
    for advice in ("Let them finish. Do not interrupt", "Say that you understand what it means for them"):
        assert advice in card


def test_a_stranger_is_sent_to_the_log_in(client, settings):
    settings.LOGIN_URL = "/log-in/"
    for name in ("new", "new_caller", "new_categories", "new_due"):
        assert client.get(reverse(f"tickets:{name}")).status_code == 302


def test_somebody_in_no_department_is_told_so(client):
    client.force_login(make_user())
    answer = client.post(NEW, filled(who=PHONE, new_name="Wang Fang"))
    assert "first_responder" in wrong(answer)
    assert "The heating has been cold" in answer.content.decode()


# Who is calling


def look(desk, **parameters):
    answer = desk.get("/tickets/new/caller/", parameters)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.clause("R3.2.2")
def test_a_known_number_shows_the_customer_with_wishes_and_open_matters(desk):
    customer = make_customer("Wang Fang", phones=[PHONE], address_as="Ms Wang", language="zh-hans")
    Customer.objects.filter(pk=customer.pk).update(safety_mark=True, safety_note="A large dog.")
    ticket = make_ticket(MONDAY - HOUR, customer=customer, category=make_category(name="Lifts"))
    shown = look(desk, who="+86 13812345678", typed="1")
    for expected in ("Wang Fang", "Ms Wang", "Simplified Chinese", "A large dog.", ticket.number, "Lifts"):
        assert expected in shown
    assert str(ticket.owner) in shown
    assert "data-due" in shown


def test_open_matters_of_strangers_show_four_facts_and_no_way_in(desk, agent):
    customer = make_customer(phones=[PHONE])
    foreign = make_ticket(
        MONDAY - HOUR, customer=customer, words="A secret of another unit", wanted="Silence"
    )
    own = make_ticket(MONDAY - HOUR, customer=customer, first_responder=agent)
    shown = look(desk, who=PHONE)
    assert foreign.number in shown
    assert foreign.path not in shown
    assert own.path in shown
    assert "secret" not in shown and "Silence" not in shown


def test_how_the_last_promises_went_is_shown(desk):
    customer = make_customer(phones=[PHONE])
    ticket = make_ticket(MONDAY - 5 * HOUR, customer=customer)
    reply = Reply(
        words="Not yet.",
        mode="spoken",
        channel="phone",
        next_word=make_word(MONDAY + HOUR),
        odd_hours="agreed",
    )
    reply_to_customer(ticket, reply, by=ticket.owner, at=MONDAY - 2 * HOUR)
    assert "1 of the last 1 promise kept" in look(desk, who=PHONE)


@pytest.mark.parametrize("typed", ["C-{key:06}", "c-{key:06}", "info@mueller.example", "0532 8888 1111"])
def test_number_address_and_phone_lead_straight_to_the_customer(desk, typed):
    customer = make_customer("Müller", emails=["info@mueller.example"], phones=["0532-88881111"])
    shown = look(desk, who=typed.format(key=customer.pk))
    assert re.search(rf'value="{customer.number}" checked', shown)


def test_a_name_offers_those_who_bear_it_and_somebody_new_but_chooses_nobody(desk):
    one, two = make_customer("Wang Fang"), make_customer("Wang Lei")
    shown = look(desk, who="wang")
    assert one.number in shown and two.number in shown
    assert "checked" not in shown
    assert "Somebody new" in shown


def test_a_number_of_several_customers_lets_one_choose(desk):
    one, two = make_customer(phones=[PHONE]), make_customer(phones=[PHONE])
    assert "checked" not in look(desk, who=PHONE)
    assert f'value="{two.number}" checked' in look(desk, who=PHONE, customer=two.number)
    assert f'value="{one.number}" checked' not in look(desk, who=PHONE, customer=two.number, typed="1")


def test_who_types_another_number_and_saves_at_once_logs_for_its_owner(desk):
    """The caller who is still shown was looked up for the number before."""
    former, meant = make_customer(phones=[PHONE]), make_customer(phones=["139 1234 5678"])
    repeated = make_ticket(MONDAY - HOUR, customer=former)
    stale = {"looked_up": PHONE, "customer": former.number, "repeat_of": repeated.number}
    assert logged(send(desk, who="139 1234 5678", **stale)).customer == meant


def test_nobody_is_taken_for_the_caller_who_was_shown_for_other_words(desk):
    former = make_customer(phones=[PHONE])
    stale = {"looked_up": PHONE, "customer": former.number}
    assert wrong(send(desk, who="Wang", **stale)) == {"new_name"}
    make_customer("Wang Fang")
    assert wrong(send(desk, who="Wang", **stale)) == {"customer"}
    logged(send(desk, who=f" {PHONE} ", **stale))


def test_a_newcomer_gets_the_number_that_was_typed_last(desk):
    stale = {"looked_up": PHONE, "new_reach": PHONE, "new_name": "Li Lei", "new_from": ""}
    customer = logged(send(desk, who="139 1234 5678", **stale)).customer
    assert [phone.number for phone in customer.phones.all()] == ["+8613912345678"]


def test_an_unknown_number_is_kept_for_the_newcomer_and_a_name_typed_stays(desk):
    shown = look(desk, who="13900001111")
    assert "Not known yet" in shown
    assert 'value="13900001111"' in shown
    assert 'value="Li Lei"' in look(desk, who="139000011112", new_name="Li Lei", new_from="", typed="1")


def test_a_proposed_name_follows_what_is_typed_until_it_is_changed(desk):
    assert 'name="new_name" value="Li Lei"' in look(desk, who="Li Lei", new_name="Li", new_from="Li")
    assert 'name="new_name" value="Li Wei"' in look(desk, who="Li Lei", new_name="Li Wei", new_from="Li")


def test_the_contact_person_whose_number_it_is_stands_chosen(desk):
    organisation = make_customer("Pump Works", kind="organisation")
    make_contact_person(organisation, "Zhang Wei", phones=["13900002222"])
    anna = make_contact_person(organisation, "Anna Schmidt", phones=["13900003333"])
    assert re.search(rf'<option value="{anna.pk}" selected>\s*Anna', look(desk, who="139 0000 3333"))


def test_text_no_database_can_keep_finds_nobody_and_breaks_nothing(desk):
    for text in ("\0", "%00", "C-\0", "' OR 1=1 --", "😀" * 300, "1" * 500):
        assert desk.get("/tickets/new/caller/", {"who": text, "customer": text}).status_code == 200


def test_a_look_up_takes_a_bounded_number_of_queries(desk, django_assert_max_num_queries):
    organisation = make_customer(phones=[PHONE], kind="organisation")
    for _ in range(5):
        make_contact_person(organisation)
        make_ticket(MONDAY - HOUR, customer=organisation)
    make_project(organisation)
    with django_assert_max_num_queries(16):
        look(desk, who=PHONE, typed="1")


# The page


def test_the_address_may_name_the_caller(desk):
    customer = make_customer("Wang Fang", phones=[PHONE])
    for address in (f"?phone={PHONE}", f"?customer={customer.number}"):
        page = desk.get(NEW + address).content.decode()
        assert f'value="{customer.number}" checked' in page


def test_the_page_takes_a_bounded_number_of_queries(desk, django_assert_max_num_queries):
    make_category()
    with django_assert_max_num_queries(11):
        desk.get(NEW)


def test_saving_takes_a_bounded_number_of_queries(desk, django_assert_max_num_queries):
    customer, category = make_customer(phones=[PHONE]), make_category()
    with django_assert_max_num_queries(54):
        logged(send(desk, who=PHONE, customer=customer.number, category=category.pk))


def test_categories_follow_the_kind(desk):
    everywhere, fault, complaint = (
        make_category(),
        make_category(kind="fault"),
        make_category(kind="complaint"),
    )
    shown = desk.get("/tickets/new/categories/", {"kind": "fault", "category": fault.pk}).content.decode()
    assert everywhere.name in shown and fault.name in shown
    assert complaint.name not in shown
    assert re.search(rf'<option value="{fault.pk}" selected>', shown)
    for nonsense in ("", "x\0", "9" * 400):
        assert (
            desk.get("/tickets/new/categories/", {"kind": nonsense, "category": nonsense}).status_code == 200
        )


def test_without_a_script_find_looks_the_caller_up_and_keeps_everything(desk):
    customer = make_customer("Wang Fang", phones=[PHONE])
    answer = desk.post(
        NEW, {"find": "1", "who": PHONE, "words": "Cold again", "kind": "fault", "due_at": "rubbish"}
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'value="{customer.number}" checked' in page
    assert "Cold again" in page
    assert "Please check" not in page
    assert 'value="fault"' in page and not Ticket.objects.exists()


# Saving


@pytest.mark.clause("R1.1b")
@pytest.mark.clause("R1.1e")
def test_a_complaint_of_a_known_customer_is_logged_with_its_promise(desk, agent):
    customer = make_customer(phones=[PHONE])
    answer = send(desk, who=PHONE, customer=customer.number, cause="A pump")
    ticket = logged(answer)
    assert (ticket.customer, ticket.first_responder, ticket.owner) == (customer, agent, agent)
    assert ticket.first_words.text == "The heating has been cold since Friday."
    assert (ticket.wanted.text, ticket.cause.text, ticket.read_back) == ("A warm flat", "A pump", "yes")
    assert ticket.live_deadline.due_at == MONDAY + 4 * HOUR
    assert ticket.number in toast(answer)
    assert "today 14:00" in toast(answer)


def test_a_customer_found_by_the_number_alone_needs_no_choice(desk):
    customer = make_customer(phones=[PHONE])
    assert logged(send(desk, who=PHONE)).customer == customer


def test_a_newcomer_is_added_together_with_the_ticket(desk, agent):
    ticket = logged(send(desk, who=PHONE, new_name="Wang Fang", new_kind="household", new_reach=PHONE))
    customer = ticket.customer
    assert (customer.name, customer.kind, customer.created_by) == ("Wang Fang", "household", agent)
    assert [phone.number for phone in customer.phones.all()] == ["+8613812345678"]


def test_a_newcomer_is_not_added_where_the_matter_is_refused(desk):
    assert wrong(send(desk, who=PHONE, new_name="Wang Fang", wanted="")) == {"wanted"}
    assert not Customer.objects.exists()


def test_a_newcomer_whose_name_is_known_is_asked_about_first_and_then_taken_in(desk):
    known = make_customer("Wang Fang", phones=["13700000000"])
    fields = {"who": PHONE, "new_name": "wang fang", "new_reach": PHONE, "category": make_category().pk}
    answer = send(desk, **fields)
    assert wrong(answer) == {"customer"}
    assert f'value="{known.number}"' in answer.content.decode()
    assert 'value="wang fang"' in answer.content.decode()
    assert logged(send(desk, **fields, customer="new")).customer != known
    assert Customer.objects.count() == 2


def test_a_newcomer_may_share_a_number_with_a_known_customer(desk):
    known = make_customer(phones=[PHONE])
    ticket = logged(send(desk, who=PHONE, customer="new", new_name="Wang Lei", new_reach=PHONE))
    assert ticket.customer.name == "Wang Lei" and ticket.customer != known


@pytest.mark.clause("R1.1b", "R1.1c", "R1.1e", "R1.5.X", "R4.5a", "R5.2.2b")
@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({}, "who"),
        ({"who": "13900009999"}, "new_name"),
        ({"who": "Wang"}, "customer"),
        ({"who": "13900009999", "new_name": "Li Lei", "new_reach": "nowhere"}, "new_reach"),
        ({"who": "13900009999", "new_name": "x" * 300}, "new_name"),
        ({"anonymous": "on", "words": "  "}, "words"),
        ({"anonymous": "on", "words": "a\0b"}, "words"),
        ({"anonymous": "on", "category": ""}, "category"),
        ({"anonymous": "on", "category": "999999999999999999999999"}, "category"),
        ({"anonymous": "on", "kind": "murder"}, "kind"),
        ({"anonymous": "on", "channel": "pigeon"}, "channel"),
        ({"anonymous": "on", "wanted": " "}, "wanted"),
        ({"anonymous": "on", "severity": None}, "severity"),
        ({"anonymous": "on", "read_back": None}, "read_back"),
        ({"anonymous": "on", "read_back": "impossible"}, "read_back_note"),
        ({"anonymous": "on", "outcome": None}, "outcome"),
        ({"anonymous": "on", "outcome": "answer", "answer": " "}, "answer"),
        ({"anonymous": "on", "due": ""}, "due"),
        ({"anonymous": "on", "due": "next week"}, "due"),
        ({"anonymous": "on", "due": "0001-01-01T00:00:00+14:00"}, "due"),
        ({"anonymous": "on", "due": "2026-05-11T18:00:00"}, "due"),
        ({"anonymous": "on", "due": MONDAY.isoformat()}, "due"),
        ({"anonymous": "on", "due": (MONDAY + 30 * DAY).isoformat()}, "due"),
        ({"anonymous": "on", "due": "other"}, "due_at"),
        ({"anonymous": "on", "due": "other", "due_at": "2026-05-11T09:59"}, "due_at"),
        ({"anonymous": "on", "due": "other", "due_at": "2026-06-30T09:59"}, "due_at"),
        ({"anonymous": "on", "due": "other", "due_at": "9999-12-31T23:59"}, "due_at"),
        ({"anonymous": "on", "will_tell": ""}, "will_tell"),
        ({"anonymous": "on", "received_at": "2026-05-11T11:00"}, "received_at"),
        ({"anonymous": "on", "received_at": "0001-01-01T00:00"}, "received_at"),
        ({"anonymous": "on", "received_at": "2026-05-08T10:00"}, "late_reason"),
        ({"anonymous": "on", "first_responder": "0"}, "first_responder"),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_said_at_its_field_and_nothing_is_lost(desk, fields, complaint):
    make_customer("Wang Fang"), make_customer("Wang Lei")
    answer = send(desk, **fields)
    assert complaint in wrong(answer)
    page = answer.content.decode()
    assert "Nothing is saved yet" in page
    assert "what we found" in page or fields.get("will_tell") == ""


def test_all_mistakes_are_told_at_once(desk):
    answer = send(desk, words="", category="", wanted="", severity=None, read_back=None, will_tell="", due="")
    assert wrong(answer) == {
        "who",
        "words",
        "category",
        "wanted",
        "severity",
        "read_back",
        "will_tell",
        "due",
    }


def test_the_form_key_must_be_one(desk):
    customer = make_customer(phones=[PHONE])
    for key in ("", "short", "x" * 99, "a\0b" * 8, "' OR 1=1 --      "):
        answer = send(desk, who=PHONE, customer=customer.number, form_key=key)
        wrong(answer)
        assert answer.context["sheet"].form_key != key


def test_another_customers_person_project_or_ticket_is_no_choice(desk):
    customer, other = make_customer(phones=[PHONE]), make_customer(kind="organisation")
    ids = {
        "person": make_contact_person(other).pk,
        "project": make_project(other).pk,
        "repeat_of": make_ticket(MONDAY - HOUR, customer=other).number,
    }
    for name, value in ids.items():
        answer = send(desk, who=PHONE, customer=customer.number, **{name: value})
        assert answer.status_code == 422
        assert name in answer.context["sheet"].caller.errors


@pytest.mark.clause("R1.1d")
def test_an_inquiry_answered_now_needs_words_answer_and_category_only(desk):
    customer = make_customer(phones=[PHONE])
    bare = {"wanted": "", "severity": None, "read_back": None, "due": None, "will_tell": None}
    answer = send(
        desk, who=PHONE, customer=customer.number, kind="inquiry", outcome="answer", answer="At nine.", **bare
    )
    ticket = logged(answer)
    assert (ticket.state, ticket.ended, ticket.severity) == ("closed", "accepted", "ordinary")
    assert [contact.words.text for contact in ticket.contacts.order_by("pk")][1] == "At nine."
    assert "answered and closed" in toast(answer)


def test_a_colleague_who_leaves_while_the_call_is_saved_is_told_of_in_the_form(desk, agent, monkeypatch):
    colleague = make_user(department=agent.department)

    def late(intake, **rest):
        User.objects.filter(pk=colleague.pk).update(is_active=False)
        return log_call(intake, **rest)

    monkeypatch.setattr("tickets.views.intake.log_call", late)
    customer = make_customer(phones=[PHONE])
    answer = send(desk, who=PHONE, customer=customer.number, first_responder=colleague.pk)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "This colleague has left or is blocked." in page
    assert "The heating has been cold since Friday." in page
    assert not Ticket.objects.exists()


def test_an_anonymous_matter_ignores_what_was_typed_about_a_customer(desk):
    customer = make_customer(phones=[PHONE])
    ticket = logged(send(desk, anonymous="on", who=PHONE, customer=customer.number))
    assert (ticket.customer, ticket.anonymous) == (None, True)


def test_a_task_needs_no_customer_and_is_wanted_by_whoever_writes_it_down(desk, agent):
    answer = send(desk, kind="task", wanted="", severity=None, read_back=None, will_tell=None)
    ticket = logged(answer)
    assert (ticket.requester, ticket.customer, ticket.live_deadline.kind) == (agent, None, "task")
    assert "It is due" in toast(answer)


def test_a_task_is_never_answered_in_the_call(desk):
    ticket = logged(send(desk, kind="task", outcome="answer", answer="Done"))
    assert ticket.state == "unresolved"


@pytest.mark.clause("R5.2.7d")
def test_a_call_about_an_open_matter_is_linked_and_its_owner_told(desk):
    customer = make_customer(phones=[PHONE])
    first = make_ticket(MONDAY - HOUR, customer=customer)
    ticket = logged(send(desk, who=PHONE, customer=customer.number, repeat_of=first.number))
    assert ticket.repeat_of == first
    assert Message.objects.get(event="repeat_contact").recipient == first.owner


def test_a_matter_closed_within_a_week_may_be_repeated_and_an_older_one_not(desk):
    customer = make_customer(phones=[PHONE])
    recent, old = (
        make_ticket(MONDAY - days * DAY, customer=customer, closed_at=MONDAY - days * DAY) for days in (6, 8)
    )
    shown = look(desk, who=PHONE)
    assert recent.number in shown
    assert old.number not in shown


@pytest.mark.parametrize(
    ("profile", "came_by", "expected"),
    [
        ({}, "phone", "phone"),
        ({}, "letter", "letter"),
        ({}, "inspection", "phone"),
        ({"channel": "email"}, "phone", "email"),
        ({"channel": "phone"}, "email", "phone"),
    ],
)
@pytest.mark.clause("R5.10.3a")
def test_the_answer_goes_the_way_the_customer_prefers(desk, profile, came_by, expected):
    make_customer(phones=[PHONE], **profile)
    ticket = logged(send(desk, who=PHONE, channel=came_by))
    assert Promise.objects.get(ticket=ticket).channel == expected


def test_who_is_to_be_served_in_writing_is_answered_in_writing(desk, agent):
    customer = make_customer(phones=[PHONE], channel="phone")
    Customer.objects.filter(pk=customer.pk).update(
        written_from=MONDAY - DAY, written_until=MONDAY + DAY, written_by=agent
    )
    assert Promise.objects.get(ticket=logged(send(desk, who=PHONE))).channel == "email"
    assert Promise.objects.count() == 1


def test_a_call_taken_earlier_by_a_colleague_is_entered_for_them(desk, agent):
    colleague = make_agent()
    ticket = logged(
        send(
            desk,
            anonymous="on",
            received_at="2026-05-08T10:00",
            first_responder=colleague.pk,
            late_reason="Paper",
        )
    )
    assert (ticket.first_responder, ticket.recorder) == (colleague, agent)
    assert ticket.received_at == MONDAY - 3 * DAY
    assert Message.objects.get(event="named_first_responder").recipient == colleague


def test_times_are_read_in_the_zone_of_the_person(desk):
    ticket = logged(send(desk, anonymous="on", due="other", due_at="2026-05-11T15:30"))
    assert ticket.live_deadline.due_at == datetime(2026, 5, 11, 7, 30, tzinfo=UTC)


# One form, one ticket


def test_a_form_sent_twice_makes_one_ticket_and_the_second_is_told(desk):
    values = filled(anonymous="on")
    first, second = desk.post(NEW, values), desk.post(NEW, values)
    assert first.url == second.url
    assert Ticket.objects.count() == 1
    answer = desk.post(NEW, {"form_key": values["form_key"]})
    assert answer.url == first.url
    assert "Nothing was logged twice" in toast(answer)


def test_the_same_key_of_somebody_else_is_another_form(desk, client):
    values = filled(anonymous="on")
    desk.post(NEW, values)
    client.force_login(make_agent())
    client.post(NEW, values)
    assert Ticket.objects.count() == 2


def test_each_page_has_a_key_of_its_own_and_is_not_kept_by_the_browser(desk):
    first, second = desk.get(NEW), desk.get(NEW)
    assert first.context["sheet"].form_key != second.context["sheet"].form_key
    assert "no-store" in first["Cache-Control"]


def test_a_form_whose_twin_comes_in_while_it_is_judged_is_not_refused(desk, monkeypatch):
    values = filled(who=PHONE, new_name="Li Lei", new_reach=PHONE)
    first, unseen, honest = desk.post(NEW, values), iter([None]), intake.ticket_of_form
    monkeypatch.setattr(intake, "ticket_of_form", lambda key, by: next(unseen, honest(key, by=by)))
    second = desk.post(NEW, values)
    assert (second.status_code, second.url) == (302, first.url)


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_twice_at_once_makes_one_ticket_and_one_customer(agent):
    values = filled(who=PHONE, new_name="Li Lei", new_reach=PHONE)
    start, answers = threading.Barrier(2), []
    tabs = [Client(), Client()]
    for tab in tabs:
        tab.force_login(agent)

    def press(tab):
        start.wait()
        try:
            answers.append(tab.post(NEW, values))
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[tab]) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [302, 302]
    assert len({answer.url for answer in answers}) == 1
    assert Ticket.objects.count() == Customer.objects.count() == Submission.objects.count() == 1
    assert sorted("Nothing was logged twice" in toast(answer) for answer in answers) == [False, True]


def test_a_refused_form_may_be_sent_again_with_the_same_key(agent):
    intake = make_intake(first_responder=agent, words=" ")
    with pytest.raises(ValidationError):
        log_call(intake, form_key="k" * 20, by=agent, at=MONDAY)
    assert not log_call(make_intake(first_responder=agent), form_key="k" * 20, by=agent, at=MONDAY).again


# The times on offer


def offered(at, received_at=None):
    offer = first_offer(received_at or at, Calendar.objects.default(), at=at)
    return offer, {
        timezone.localtime(choice.due_at).strftime("%a %H:%M"): choice.name for choice in offer.choices
    }


@pytest.mark.clause("R1.1e")
def test_the_proposal_and_the_times_people_say_lie_in_open_time_and_within_s2():
    offer, times = offered(MONDAY + timedelta(minutes=2))
    assert times == {
        "Mon 11:05": "in 1 hour",
        "Mon 17:30": "today at closing",
        "Tue 12:00": "tomorrow at noon",
        "Tue 17:30": "proposed",
    }
    assert timezone.localtime(offer.latest).strftime("%a %H:%M") == "Thu 17:30"
    assert offer.longest == "3 working days"
    assert offer.reasons[0].startswith("1 working day (S2a)")


def test_late_on_friday_only_the_next_working_day_is_left():
    _offer, times = offered(datetime(2026, 5, 15, 10, 0, tzinfo=UTC))
    assert times == {"Mon 12:00": "at noon", "Mon 17:30": "proposed"}


def test_before_a_week_of_holidays_the_reason_names_them():
    offer, _times = offered(datetime(2026, 9, 30, 7, 20, tzinfo=UTC))
    assert "National Day" in " ".join(offer.reasons)


def test_a_receipt_long_ago_offers_times_from_now():
    offer, _times = offered(MONDAY, received_at=MONDAY - 30 * DAY)
    assert all(choice.due_at > MONDAY for choice in offer.choices)
    assert offer.latest > MONDAY


def test_the_times_follow_the_stated_receipt_and_keep_what_was_chosen(desk):
    chosen = (MONDAY + 3 * HOUR).isoformat()
    shown = desk.get("/tickets/new/due/", {"received_at": "2026-05-08T16:00", "due": chosen}).content.decode()
    assert f'value="{chosen}" checked' in shown
    for nonsense in ("", "x\0", "9999-99-99T00:00", "0001-01-01T00:00"):
        parameters = {"received_at": nonsense, "first_responder": nonsense, "due": nonsense, "kind": nonsense}
        assert desk.get("/tickets/new/due/", parameters).status_code == 200
