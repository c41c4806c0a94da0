"""Every act on the ticket page, through the browser's door: done once, refused kindly, nothing typed is lost."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages

from servicedesk.audit.invariants import findings
from servicedesk.audit.timeline import Entry
from servicedesk.clock.models import Deadline
from servicedesk.customers.models import Customer
from servicedesk.customers.testing import make_contact_person, make_customer
from servicedesk.outbox.models import Message
from servicedesk.staff.testing import make_user
from tickets.models import Contact, Kind, Mark, Promise, Reading, Ticket
from tickets.replies import Reply, reply_to_customer
from tickets.testing import HOUR, MONDAY, make_agent, make_category, make_ticket, make_word
from tickets.voiding import ask_to_void

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
NOW = MONDAY + HOUR


@pytest.fixture(autouse=True)
def eleven_o_clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def desk(client):
    """`desk(ticket, user)` opens the ticket's page; then `desk.post(act, **fields)` sends a form of it."""
    return Desk(client)


class Desk:
    def __init__(self, client):
        self.client = client

    def __call__(self, ticket, user=None):
        self.ticket, self.user = ticket, user or ticket.owner
        self.client.force_login(self.user)
        self.page = self.client.get(ticket.path)
        form = self.page.context.get("form")
        self.hidden = {"seen": self.page.context["seen"]}
        if form:
            self.hidden |= {field.name: field.value() for field in form.hidden_fields()}
        return self

    def post(self, act, htmx=False, **fields):
        headers = {"HX-Request": "true"} if htmx else {}
        data = {name: value for name, value in (self.hidden | fields).items() if value is not None}
        self.answer = self.client.post(f"{self.ticket.path}{act}/", data, headers=headers)
        self.ticket.refresh_from_db()
        return self.answer

    def said(self):
        return [str(message) for message in get_messages(self.answer.wsgi_request)]

    def errors(self):
        return self.answer.context["form"].errors


def reply(**fields):
    return {"mode": "spoken", "channel": "phone", "words": "We found the leak.", "solved": "no", "due_at": "2026-05-12T17:30",
            "will_tell": "what the plumber says", "next_channel": "phone"} | fields  # fmt: skip


def spoken(**fields):
    return Reply(words=fields.pop("words", "We found the leak."), mode="spoken", channel="phone", **fields)


def solved(**fields):
    ticket = make_ticket(**fields)
    reply_to_customer(ticket, spoken(solved=True), by=ticket.owner, at=MONDAY + MINUTE)
    return Ticket.objects.get(pk=ticket.pk)


def violations():
    return [one.text for finding in findings() for one in finding.examples]


# The reply


@pytest.mark.clause("R1.1g")
def test_a_reply_that_solves_nothing_settles_the_promise_and_renews_it_in_one_step(desk):
    desk(make_ticket()).post("reply", **reply())
    assert desk.answer.status_code == 302
    assert desk.said() == ["Reply on record. You will be reminded before tomorrow 17:30."]
    first, second = desk.ticket.promises.all()
    assert (first.deadline.outcome, first.reply.words.text) == ("kept", "We found the leak.")
    assert second.words.text == "what the plumber says"
    assert desk.ticket.live_deadline == second.deadline
    assert violations() == []


@pytest.mark.clause("R1.1f")
def test_a_late_reply_settles_as_late_and_the_breach_stays(desk, eleven_o_clock):
    desk(make_ticket())
    eleven_o_clock.move_to(MONDAY + 5 * HOUR)
    desk.post("reply", **reply())
    assert desk.ticket.promises.first().deadline.outcome == "late"
    assert Entry.objects.filter(subject=desk.ticket.key, event="broke").count() == 1


def test_a_reply_that_solves_resolves_and_says_when_the_customer_is_asked(desk):
    desk(make_ticket()).post("reply", **reply(solved="yes", due_at="", will_tell=""))
    assert desk.ticket.state == "resolved"
    assert desk.said() == ["Solved. The customer is asked by 14 May 11:00 how it was handled."]


def test_an_accepted_answer_closes_an_inquiry_and_a_written_one_waits_for_an_objection(desk):
    first = make_ticket(kind=Kind.INQUIRY)
    assert 'name="accepted"' in desk(first).page.content.decode()
    desk.post("reply", **reply(solved="yes", accepted="on"))
    assert (first.state, first.ended) == ("closed", "accepted")
    second = make_ticket(kind=Kind.INQUIRY)
    answer = desk(second).post("reply", **reply(solved="yes"))
    assert answer.status_code == 422
    assert "Spoken words close the matter only if the customer accepted them." in answer.content.decode()
    assert second.state == "unresolved"
    desk(second).post("reply", **reply(solved="yes", mode="written", channel="email"))
    assert second.state == "resolved"
    assert (
        desk.said()[-1] == "Answer on record. The matter closes on 18 May 11:00 unless the customer objects."
    )


def test_attempts_settle_only_from_the_second_one_half_an_hour_later(desk, eleven_o_clock):
    ticket = make_ticket()
    desk(ticket).post("reply", **reply(mode="tried", words="Rang", solved="", due_at="", will_tell=""))
    assert "A second one, at least 30 minutes later" in desk.said()[-1]
    assert ticket.promises.count() == 1
    eleven_o_clock.move_to(NOW + 40 * MINUTE)
    assert desk(ticket).page.context["attempt_settles"] is True
    desk.post("reply", **reply(mode="tried", words="Rang again", solved="", due_at="", will_tell=""))
    assert "due_at" in desk.errors()
    desk.post("reply", **reply(mode="tried", words="Rang again", solved="", due_at="2026-05-12T12:00"))
    assert ticket.promises.first().deadline.outcome == "kept"
    assert ticket.promises.first().reply.reached is False


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("words", {"words": "  "}),
        ("words", {"words": "x" * 20_001}),
        ("words", {"words": "a\0b"}),
        ("solved", {"solved": ""}),
        ("solved", {"solved": "perhaps"}),
        ("mode", {"mode": ""}),
        ("mode", {"mode": "on_file"}),
        ("channel", {"channel": "pigeon"}),
        ("channel", {"mode": "written", "channel": "phone"}),
        ("channel", {"mode": "spoken", "channel": "email"}),
        ("due_at", {"due_at": ""}),
        ("due_at", {"due_at": "tomorrow"}),
        ("due_at", {"due_at": "2026-05-11T11:00"}),
        ("due_at", {"due_at": "2026-05-18T11:01"}),
        ("due_at", {"due_at": "2026-08-09T11:01", "wished": "on"}),
        ("due_at", {"due_at": "0001-01-01T00:00"}),
        ("due_at", {"due_at": "9999-12-31T23:59"}),
        ("will_tell", {"will_tell": " "}),
        ("next_channel", {"next_channel": "pigeon"}),
        ("person", {"person": "99999999999999999999"}),
    ],
)
def test_a_wrong_reply_is_refused_at_its_field_and_what_was_typed_stays(desk, field, fields):
    desk(make_ticket(customer=make_customer(kind="organisation"))).post("reply", **reply(**fields))
    assert desk.answer.status_code == 422
    assert field in desk.errors()
    page = desk.answer.content.decode()
    if not fields.get("words"):
        assert "We found the leak." in page
    assert desk.ticket.promises.count() == 1
    assert not Contact.objects.filter(direction="out").exists()


def test_a_time_that_the_customer_wished_may_lie_further_ahead(desk):
    desk(make_ticket()).post("reply", **reply(due_at="2026-08-09T11:00", wished="on"))
    assert desk.ticket.promises.last().wished is True


@pytest.mark.clause("R5.10.3a")
def test_outside_the_customers_hours_the_form_asks_why(desk, eleven_o_clock):
    ticket = make_ticket(promise=make_word(MONDAY + DAY))
    eleven_o_clock.move_to(MONDAY + 13 * HOUR)
    desk(ticket).post("reply", **reply())
    assert "odd_hours" in desk.errors()
    desk.post("reply", **reply(odd_hours="Water is rising"))
    assert ticket.contacts.get(direction="out").odd_hours.text == "Water is rising"


def test_the_contact_person_is_one_of_the_customers(desk):
    customer = make_customer(kind="organisation")
    person, stranger = make_contact_person(customer), make_contact_person()
    desk(make_ticket(customer=customer)).post("reply", **reply(person=stranger.pk))
    assert "person" in desk.errors()
    desk.post("reply", **reply(person=person.pk))
    assert desk.ticket.contacts.get(direction="out").person == person


def test_an_anonymous_matter_is_answered_on_the_file_read_by_the_manager_and_closed_by_a_second_person(desk):
    ticket = make_ticket(anonymous=True)
    manager = ticket.department.manager
    desk(ticket).post("reply", **reply(mode="on_file", channel="web", solved="yes"))
    assert desk.said() == ["Solved. A second person confirms by 14 May 11:00."]
    reading = Reading.objects.get()
    assert "I have read it" not in desk(ticket).page.content.decode()
    desk.post(f"read/{reading.pk}")
    assert "Somebody other than the person who wrote the reply" in desk.said()[-1]
    colleague = make_user(department=ticket.department, roles=["agent"])
    desk(ticket, colleague).post(f"read/{reading.pk}")
    assert "The manager reads this reply" in desk.said()[-1]
    assert "I have read it" in desk(ticket, manager).page.content.decode()
    desk.post(f"read/{reading.pk}")
    desk.post("confirm", answering=ticket.open_check_id)
    assert (ticket.state, ticket.ended) == ("closed", "confirmed")
    assert violations() == []


# Stale and sent twice


def test_a_reply_to_a_promise_that_was_answered_meanwhile_is_refused_shows_what_happened_and_keeps_the_words(
    desk,
):
    ticket = make_ticket()
    desk(ticket)
    colleague = make_user(department=ticket.department, roles=["agent"], display_name="Wang Fang")
    reply_to_customer(
        ticket, spoken(words="Already told.", next_word=make_word(MONDAY + DAY)), by=colleague, at=NOW
    )
    desk.post("reply", **reply(words="My own words"))
    page = desk.answer.content.decode()
    assert desk.answer.status_code == 422
    assert "Somebody has replied meanwhile" in page
    assert "<strong>Wang Fang</strong> replied, spoken (telephone)" in page
    assert "My own words" in page
    assert ticket.contacts.filter(direction="out").count() == 1
    desk.hidden["answering"] = desk.answer.context["form"]["answering"].value()
    desk.post("reply", **reply(words="My own words"))
    assert desk.answer.status_code == 302


def test_where_the_form_no_longer_fits_the_words_are_shown_to_be_taken_along(desk):
    ticket = make_ticket()
    desk(ticket)
    reply_to_customer(ticket, spoken(solved=True), by=make_user(department=ticket.department), at=NOW)
    desk.post("reply", **reply(words="My own <words>"))
    page = desk.answer.content.decode()
    assert desk.answer.status_code == 422
    assert "This ticket is no longer open." in page
    assert "My own &lt;words&gt;" in page
    assert "How did the customer find it?" in page


@pytest.mark.parametrize(
    "hidden", [{"answering": ""}, {"answering": "x"}, {"answering": "9" * 30}, {"seen": "x"}]
)
def test_forged_hidden_fields_change_nothing(desk, hidden):
    ticket = make_ticket()
    desk(ticket).hidden.update(hidden)
    desk.post("reply", **reply())
    assert desk.answer.status_code == (302 if "seen" in hidden else 422)
    assert ticket.promises.count() == (2 if "seen" in hidden else 1)


def test_forms_sent_twice_have_one_effect_and_the_second_is_told_so_kindly(desk):
    ticket = make_ticket()
    twice = {
        "reply": reply(mode="tried", words="Rang"),
        "note": {"words": "Remember the valve"},
        "update": {"words": "Ordered", "mode": "spoken", "channel": "phone"},
        "heard": {"words": "Any news?", "channel": "phone", "asked": "on"},
    }
    for act, fields in twice.items():
        desk(ticket)
        assert desk.post(act, **fields).status_code == 302, act
        entries = Entry.objects.filter(subject=ticket.key).count()
        assert desk.post(act, **fields).status_code == 302, act
        assert desk.said()[-1] == "This was saved already; nothing was done twice.", act
        assert Entry.objects.filter(subject=ticket.key).count() == entries, act
    desk(ticket).post("note", words="Remember the valve")
    assert ticket.notes.count() == 2  # said again on purpose, from a page that shows the first


def test_a_solving_reply_sent_twice_is_told_kindly_too(desk):
    ticket = make_ticket()
    desk(ticket).post("reply", **reply(solved="yes"))
    assert desk.post("reply", **reply(solved="yes")).status_code == 302
    assert ticket.checks.count() == 1


# Tasks and checks


def test_a_task_is_reported_and_confirmed_by_who_asked_for_it(desk):
    requester = make_agent()
    ticket = make_ticket(kind=Kind.TASK, requester=requester)
    desk(ticket).post("task", words="Not yet, a part is missing", solved="no", due_at="", will_tell="")
    assert "due_at" in desk.errors()
    desk.post(
        "task",
        words="Not yet, a part is missing",
        solved="no",
        due_at="2026-05-13T12:00",
        will_tell="The trial run",
    )
    assert ticket.live_deadline.due_at == MONDAY + 2 * DAY + 2 * HOUR
    desk(ticket).post("task", words="Ran for two hours", solved="yes")
    assert desk.said()[-1] == f"Reported as done. {requester} confirms by 14 May 11:00."
    desk.post("confirm-done", answering=ticket.open_check_id)
    assert ticket.state == "resolved"
    desk(ticket, requester).post("confirm-done", answering=0)
    assert ticket.state == "resolved"
    desk.post("confirm-done", answering=ticket.open_check_id)
    assert (ticket.state, ticket.ended) == ("closed", "confirmed")


@pytest.mark.clause("R1.2g")
def test_the_check_closes_reopens_or_tries_again(desk):
    ticket = solved()
    desk(ticket).post("check", outcome="dissatisfied", words="Still cold", channel="phone")
    assert "due_at" in desk.errors()
    desk.post("check", outcome="not_reached", words="Nobody", channel="phone")
    assert desk.said()[-1].startswith("Attempt on record. Ask again by")
    desk(ticket).post(
        "check",
        outcome="dissatisfied",
        words="Still cold",
        channel="phone",
        due_at="2026-05-12T12:00",
        will_tell="news",
        next_channel="phone",
    )
    assert desk.said()[-1] == "Taken up again. The customer hears from us by tomorrow 12:00."
    assert ticket.state == "unresolved"
    desk(ticket).post("reply", **reply(solved="yes", words="Mended for good"))
    desk(ticket).post("check", outcome="satisfied", words="All fine", channel="phone")
    assert (ticket.state, ticket.ended) == ("closed", "checked")
    assert violations() == []


def test_a_check_answered_meanwhile_is_stale(desk):
    ticket = solved()
    desk(ticket)
    stale = dict(desk.hidden)
    desk.post("check", outcome="not_reached", words="Nobody", channel="phone")
    desk(ticket, make_user(department=ticket.department, roles=["agent"])).hidden = stale
    desk.post("check", outcome="satisfied", words="All fine", channel="phone")
    assert desk.answer.status_code == 422
    assert "Somebody has asked the customer meanwhile" in desk.answer.content.decode()
    assert ticket.state == "resolved"


def test_a_check_needs_an_outcome_that_one_can_choose(desk):
    desk(solved()).post("check", outcome="withdrawn", words="x", channel="phone")
    assert "outcome" in desk.errors()


# The other acts


@pytest.mark.clause("R1.4c")
def test_an_update_is_written_down_and_the_promise_stays(desk):
    desk(make_ticket()).post("update", words="Ordered", mode="spoken", channel="phone", htmx=True)
    assert desk.answer["HX-Redirect"] == desk.ticket.path
    assert desk.said() == [
        "Written down: the customer knows. The customer still hears from us by today 14:00."
    ]


@pytest.mark.clause("R1.4c")
def test_word_from_the_customer_counts_as_chased_where_they_asked_first(desk):
    desk(make_ticket()).post("heard", words="Any news?", channel="phone", asked="on")
    assert desk.ticket.chased == 1


def test_a_note_tells_who_was_named_or_chosen_and_refuses_strangers_names(desk):
    ticket, named = make_ticket(), make_agent(username="wei.zhang", display_name="Zhang Wei")
    desk(ticket).post("note", words="Ask @nobody.at.all", htmx=True)
    assert desk.answer.status_code == 422
    assert "No colleague is called @nobody.at.all." in desk.answer.content.decode()
    assert "Ask @nobody.at.all" in desk.answer.content.decode()
    desk.post("note", words="Please look", tell=named.pk)
    assert desk.said()[-1] == "Note kept; Zhang Wei told."
    assert Message.objects.get(event="mentioned").recipient == named
    assert desk(ticket, named).page.status_code == 200


def test_marks_are_set_once_each_and_lifted_with_a_reason(desk):
    ticket = make_ticket()
    desk(ticket).post("mark", mark="serious_event", words="Flood")
    desk.post("mark", mark="serious_event", words="Flood again")
    assert "mark" in desk.errors()
    mark = Mark.objects.get()
    desk.post(f"lift/{mark.pk}", words=" ")
    assert "words" in desk.errors()
    desk.post(f"lift/{mark.pk}", words="Pumped out")
    mark.refresh_from_db()
    assert mark.lifted_at == NOW


@pytest.mark.clause("R3.3.2b", "R1.5.A", "R1.5.X", "R3.5.4b")
def test_cause_and_wanted_outcome_are_written_down_with_the_earlier_words_kept(desk):
    ticket = make_ticket()
    desk(ticket).post("establish", wanted="A warm flat", cause="")
    assert desk.answer.status_code == 422  # nothing new
    desk.post("establish", wanted="A warm flat", cause="A broken valve")
    assert ticket.cause.text == "A broken valve"
    entry = Entry.objects.filter(subject=ticket.key).order_by("-number").first()
    assert set(entry.facts) == {"cause"}


@pytest.mark.clause("R4.5a", "R1.5.A")
def test_the_matter_is_classified_anew_with_a_reason(desk):
    ticket = make_ticket()
    other, foreign = make_category(), make_category(kind="task")
    desk(ticket).post("reclassify", category=foreign.pk, severity="severe", words="Worse")
    assert "category" in desk.errors()
    desk.post("reclassify", category=other.pk, severity="severe", words="Worse")
    assert (ticket.category, ticket.severity) == (other, "severe")
    desk.post("reclassify", category=other.pk, severity="severe", words="Worse still")
    assert "Nothing has changed" in desk.answer.content.decode()


def test_the_right_customer_is_found_chosen_and_put_on(desk):
    ticket = make_ticket()
    right = make_customer("Harbour Hotel", kind="organisation", phones=["021 5555 0100"])
    person = make_contact_person(right, "Chen")
    desk(ticket)
    for query in (right.number, right.number.lower(), "harbour", "021 5555 0100", "chen"):
        found = desk.client.get(f"{ticket.path}customer/", {"q": query}).content.decode()
        assert f'value="{right.number}/{person.pk}"' in found, query
    desk.post("customer", q="harbour", who="")
    assert "who" in desk.errors()
    desk.post("customer", q="nobody at all", who="")
    assert "q" in desk.errors()
    desk.post("customer", q="a\0b", who="")
    assert desk.answer.status_code == 422
    desk.post("customer", q="harbour", who=f"{right.number}/{make_contact_person().pk}")
    assert "who" in desk.errors()
    desk.post("customer", q="harbour", who=f"{right.number}/{person.pk}")
    assert (ticket.customer, ticket.contact_person) == (right, person)
    assert "Corrected: Chen." in desk.said()[-1]


def test_what_was_written_down_is_corrected_by_a_new_contact(desk):
    ticket, other = make_ticket(), make_ticket()
    contact = ticket.contacts.get()
    desk(ticket).post(f"correct/{other.contacts.get().pk}", words="x")
    assert desk.answer.status_code == 404
    desk.post(f"correct/{contact.pk}", words="The heating and the boiler.")
    assert Contact.objects.get(corrects=contact).words.text == "The heating and the boiler."
    assert contact.words.text == "The heating has been cold since Friday."


@pytest.mark.clause("R7.1.5d")
def test_void_takes_two_people(desk):
    ticket = make_ticket(anonymous=True)
    desk(ticket).post("void", words="A test")
    assert "A second person has to confirm" in desk.said()[-1]
    asked = ticket.void_requests.get()
    assert "It is void" not in desk(ticket).page.content.decode()
    desk.post(f"decide-void/{asked.pk}", decision="confirm")
    assert "Somebody other than the person who asked" in desk.said()[-1]
    manager = ticket.department.manager
    desk(ticket, manager).post(f"decide-void/{asked.pk}", decision="perhaps")
    assert ticket.state == "unresolved"
    desk.post(f"decide-void/{asked.pk}", decision="refuse")
    assert ticket.state == "unresolved"
    again = ask_to_void(ticket, reason="Really a test", by=ticket.owner, at=NOW)
    assert desk(ticket, manager).post(f"decide-void/{asked.pk}", decision="confirm").status_code == 302
    desk.post(f"decide-void/{again.pk}", decision="confirm")
    assert (ticket.state, ticket.ended) == ("closed", "void")
    assert desk(ticket).page.context["step"] == "closed"
    assert "Reopen" not in desk.page.content.decode()


def test_a_customer_who_waits_is_told_before_a_ticket_is_void(desk):
    desk(make_ticket()).post("void", words="A test", htmx=True)
    assert desk.answer.status_code == 422
    assert "Tell them first" in desk.answer.content.decode()


def test_reopening_comes_with_a_promise(desk):
    ticket = solved(kind=Kind.SUGGESTION)
    desk(ticket).post("reopen", words="It broke again", due_at="", will_tell="")
    assert {"due_at", "will_tell"} <= set(desk.errors())
    desk.post(
        "reopen", words="It broke again", due_at="2026-05-12T12:00", will_tell="news", next_channel="phone"
    )
    assert ticket.state == "unresolved"
    assert desk.said()[-1] == f"Reopened: {ticket.owner} has it, the customer hears by tomorrow 12:00."


def test_a_manager_takes_the_ticket_over_and_an_agent_cannot(desk):
    ticket = make_ticket()
    manager = ticket.department.manager
    manager.groups.set(make_user(roles=["department_manager"]).groups.all())
    colleague = make_user(department=ticket.department, roles=["agent"])
    assert "take-over" not in desk(ticket, colleague).page.content.decode()
    desk.post("take-over")
    assert "Only who leads the unit" in desk.said()[-1]
    assert "take-over" in desk(ticket, manager).page.content.decode()
    desk.post("take-over")
    assert ticket.owner == manager
    assert ticket.live_deadline.owner == manager


# Doors


POSTED = ["take-over", "confirm", "confirm-done", "read/1", "decide-void/1"]
FORMS = [
    "update",
    "heard",
    "note",
    "establish",
    "reclassify",
    "mark",
    "customer",
    "void",
    "reopen",
]


@pytest.mark.parametrize("act", POSTED)
def test_what_acts_at_once_is_posted(desk, act):
    desk(make_ticket())
    assert desk.client.get(f"{desk.ticket.path}{act}/").status_code == 405


@pytest.mark.parametrize("act", ["reply", "task", "check"])
def test_the_form_of_the_next_step_is_on_the_page_of_the_ticket(desk, act):
    desk(make_ticket())
    assert desk.client.get(f"{desk.ticket.path}{act}/").status_code == 200
    assert desk.client.put(f"{desk.ticket.path}{act}/").status_code == 405


@pytest.mark.parametrize("act", FORMS)
def test_a_form_is_fetched_or_posted(desk, act):
    desk(make_ticket())
    assert desk.client.put(f"{desk.ticket.path}{act}/").status_code == 405
    assert desk.client.get(f"{desk.ticket.path}{act}/").status_code == 200
    dialogue = desk.client.get(f"{desk.ticket.path}{act}/", headers={"HX-Request": "true"}).content.decode()
    assert dialogue.strip().startswith("<dialog")


@pytest.mark.parametrize("act", [*POSTED, *FORMS])
def test_a_stranger_can_do_nothing(desk, act):
    ticket = make_ticket()
    desk.ticket, desk.hidden = ticket, {}
    desk.client.force_login(make_agent())
    entries = Entry.objects.count()
    desk.post(act, **reply())
    assert desk.answer.status_code == 404
    assert Entry.objects.count() == entries


def test_rows_of_another_ticket_are_not_found(desk):
    ticket, other = make_ticket(), make_ticket(anonymous=True)
    asked = ask_to_void(other, reason="Test", by=other.owner, at=MONDAY)
    reply_to_customer(
        other,
        Reply(words="Done", mode="on_file", channel="web", next_word=make_word(MONDAY + DAY)),
        by=other.owner,
        at=NOW,
    )
    desk(ticket)
    for act in (
        f"decide-void/{asked.pk}",
        f"read/{Reading.objects.get().pk}",
        "lift/1",
        f"correct/{other.contacts.first().pk}",
    ):
        assert desk.post(act, decision="confirm", words="x").status_code == 404, act


def test_without_the_token_against_forgery_nothing_happens():
    from django.test import Client

    ticket = make_ticket()
    client = Client(enforce_csrf_checks=True)
    client.force_login(ticket.owner)
    assert client.post(f"{ticket.path}note/", {"words": "x"}).status_code == 403


def test_everything_that_is_owed_stays_whole_after_all_of_this(desk):
    ticket = make_ticket()
    desk(ticket).post("reply", **reply())
    desk(ticket).post("note", words="x")
    desk(ticket).post("reply", **reply(solved="yes", words="Done"))
    assert Deadline.objects.live().count() == 1
    assert Promise.objects.live().count() == 0
    assert Customer.objects.count() == 1
    assert violations() == []
