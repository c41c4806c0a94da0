"""Complaints about colleagues: who is named neither owns nor judges them, in the app and in the database (CASES n, INV 11)."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from servicedesk.audit.timeline import Entry
from servicedesk.clock.models import Ring
from servicedesk.clock.sweep import sweep
from servicedesk.clock.testing import make_ladder
from servicedesk.outbox.models import Message
from servicedesk.outbox.rendering import render
from servicedesk.staff.models import User
from servicedesk.staff.testing import make_absence, make_department, make_user
from tickets.about_staff import lift_name, name_colleague, names_for
from tickets.checks import Opinion, confirm_solved, record_check
from tickets.intake import Answer, open_tickets
from tickets.invariants import complaints_are_handled_by_others, ownership_tiles
from tickets.models import ComplainedAbout, Kind, OpinionCheck, OwnershipPeriod, Reading, Ticket
from tickets.ownership import take_over
from tickets.replies import Reply, confirm_reading, reply_to_customer
from tickets.resolving import reopen
from tickets.testing import HOUR, MONDAY, make_agent, make_category, make_intake, make_ticket, make_word
from tickets.voiding import ask_to_void, decide_void

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit():
    """A department with its manager, below another with its own."""
    above = make_department(manager=make_user(roles=["executive"]))
    return make_department(parent=above, manager=make_user(roles=["department_manager"]))


@pytest.fixture
def named(unit):
    return make_agent(department=unit, display_name="Zhang Wei")


@pytest.fixture
def colleague(unit):
    return make_agent(department=unit, roles=["agent"])


def about(person, at=MONDAY, **fields):
    fields.setdefault("first_responder", person)
    return make_ticket(at, complained_about=[person], **fields)


def periods(ticket):
    rows = ticket.periods.order_by("pk")
    return list(rows.values_list("owner", "how", "from_at", "to_at"))


def solve(ticket, by, at=MONDAY + HOUR):
    reply = Reply(words="We apologised.", mode="spoken", channel="phone", solved=True)
    reply_to_customer(ticket, reply, by=by, at=at)
    return Ticket.objects.get(pk=ticket.pk)


# At intake


def test_a_complaint_about_its_first_responder_is_the_managers_at_once(named, colleague, unit):
    ticket = about(named, by=colleague)
    ticket.refresh_from_db()
    assert (ticket.first_responder, ticket.owner) == (named, unit.manager)
    assert ticket.live_deadline.owner == unit.manager
    assert ticket.live_deadline.first_responder == named
    assert periods(ticket) == [
        (named.pk, "received", MONDAY, MONDAY),
        (unit.manager.pk, "complaint", MONDAY, None),
    ]
    assert list(ComplainedAbout.objects.values_list("person", "named_by", "reason")) == [
        (named.pk, colleague.pk, None)
    ]
    events = list(Entry.objects.of(ticket.key).values_list("event", flat=True))
    assert events == ["received", "complained_about", "owner_changed", "promised"]
    assert not [*ownership_tiles(), *complaints_are_handled_by_others()]


def test_the_ownership_of_a_late_entry_tiles_from_the_receipt(named, unit):
    ticket = about(named, received_at=MONDAY - 3 * HOUR)
    assert periods(ticket) == [
        (named.pk, "received", MONDAY - 3 * HOUR, MONDAY),
        (unit.manager.pk, "complaint", MONDAY, None),
    ]
    assert not [*ownership_tiles()]


def test_a_complaint_about_the_manager_goes_to_the_next_one_up(unit):
    assert about(unit.manager).owner == unit.parent.manager


def test_a_complaint_about_manager_and_first_responder_passes_over_both(named, unit):
    ticket = make_ticket(first_responder=named, complained_about=[named, unit.manager, named])
    assert ticket.owner == unit.parent.manager
    assert ComplainedAbout.objects.count() == 2


def test_a_complaint_about_another_colleague_stays_with_the_first_responder(named, colleague):
    ticket = about(named, first_responder=colleague)
    assert ticket.owner == colleague
    assert ticket.periods.count() == 1


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind != Kind.COMPLAINT])
def test_only_a_complaint_is_about_anybody(named, kind):
    with pytest.raises(ValidationError) as refusal:
        about(named, kind=kind)
    assert set(refusal.value.message_dict) == {"complained_about"}
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("place", ["recorder", "first_responder"])
def test_whom_it_is_about_does_not_answer_it_as_accepted(named, colleague, place):
    people = {"by": named, "first_responder": colleague}
    if place == "first_responder":
        people = {"by": colleague, "first_responder": named}
    with pytest.raises(ValidationError) as refusal:
        about(named, answer=Answer("We are sorry."), **people)
    assert set(refusal.value.message_dict) == {"answer"}


def test_somebody_else_may_answer_it_as_accepted(named, colleague):
    assert about(named, first_responder=colleague, answer=Answer("We are sorry.")).state == "closed"


def test_who_has_it_now_is_told_and_nobody_is_told_who_is_named(named, colleague, unit):
    ticket = about(named, by=colleague)
    told = {message.recipient: message for message in Message.objects.all()}
    assert set(told) == {unit.manager, named}
    assert told[unit.manager].event == "complaint_passed_on"
    mine = render(told[named])
    assert unit.manager.display_name in mine.body
    assert named.display_name not in mine.subject + mine.body
    assert ticket.number in mine.subject


# Later


def test_naming_the_owner_later_passes_the_ticket_upward_in_the_same_act(named, colleague, unit):
    ticket = make_ticket(first_responder=named)
    name_colleague(ticket, named, reason="He hung up.", by=colleague, at=MONDAY + HOUR)
    ticket.refresh_from_db()
    assert (ticket.owner, ticket.live_deadline.owner) == (unit.manager, unit.manager)
    assert periods(ticket)[1:] == [(unit.manager.pk, "complaint", MONDAY + HOUR, None)]
    assert {message.event for message in Message.objects.filter(recipient=unit.manager)} == {
        "complaint_passed_on"
    }
    mine = render(Message.objects.get(recipient=named, event="no_longer_owner"))
    assert named.display_name not in mine.subject + mine.body
    assert not [*ownership_tiles(), *complaints_are_handled_by_others()]


def test_naming_somebody_else_moves_nothing_and_nobody_is_told(named, colleague):
    ticket = make_ticket(first_responder=colleague)
    name_colleague(ticket, named, reason="He hung up.", by=colleague, at=MONDAY + HOUR)
    ticket.refresh_from_db()
    assert (ticket.owner, ticket.touched_at) == (colleague, MONDAY + HOUR)
    assert not Message.objects.exists()


def test_naming_is_refused_without_reason_twice_on_other_kinds_and_on_closed_ones(named, colleague):
    ticket, inquiry = make_ticket(first_responder=colleague), make_ticket(kind=Kind.INQUIRY)
    closed = make_ticket(first_responder=colleague, answer=Answer("Sorry."))
    name_colleague(ticket, named, reason="He hung up.", by=colleague, at=MONDAY)
    for matter, reason in ((ticket, " "), (ticket, "Again"), (inquiry, "Rude"), (closed, "Rude")):
        with pytest.raises(ValidationError):
            name_colleague(matter, named, reason=reason, by=colleague, at=MONDAY)
    assert ComplainedAbout.objects.count() == 1


def test_where_nobody_else_is_left_nothing_changes():
    alone = make_agent(department=make_department())
    ticket = make_ticket(first_responder=alone)
    with pytest.raises(ValidationError):
        name_colleague(ticket, alone, reason="Rude", by=alone, at=MONDAY)
    assert not ComplainedAbout.objects.exists()
    assert ticket.periods.get().to_at is None


def test_a_manager_takes_a_name_back_but_never_who_is_named(named, colleague, unit):
    ticket = about(named)
    row = ticket.complained_about.get()
    for by, reason in ((named, "Not me"), (colleague, "Not him"), (unit.manager, "")):
        with pytest.raises(ValidationError):
            lift_name(row, reason=reason, by=by, at=MONDAY + HOUR)
    lift_name(row, reason="It was another house.", by=unit.manager, at=MONDAY + HOUR)
    ticket.refresh_from_db()
    assert ticket.owner == unit.manager
    with pytest.raises(ValidationError):
        lift_name(row, reason="Again", by=unit.manager, at=MONDAY + HOUR)
    assert not [*complaints_are_handled_by_others()]


# What is closed to who is named


def test_who_is_named_cannot_take_it_over(unit):
    ticket = make_ticket(first_responder=make_agent(department=unit), complained_about=[unit.manager])
    with pytest.raises(ValidationError, match="about you"):
        take_over(ticket, by=unit.manager, at=MONDAY + HOUR)


def test_who_is_named_does_not_get_it_back_by_reopening(named, colleague, unit):
    ticket = make_ticket(first_responder=named, answer=Answer("Sorry."))
    reopen(ticket, promise=make_word(MONDAY + 9 * HOUR), reason="Not over", by=colleague, at=MONDAY + HOUR)
    name_colleague(ticket, named, reason="Rude", by=colleague, at=MONDAY + 2 * HOUR)
    ticket = solve(ticket, colleague, MONDAY + 3 * HOUR)
    record_check(
        ticket,
        Opinion(outcome="satisfied", words="Fine.", channel="phone"),
        by=unit.manager,
        at=MONDAY + 4 * HOUR,
    )
    reopen(ticket, promise=make_word(MONDAY + 9 * HOUR), reason="Again", by=colleague, at=MONDAY + 5 * HOUR)
    assert Ticket.objects.get(pk=ticket.pk).owner == unit.manager


def test_an_owner_named_and_closed_is_passed_over_when_it_is_taken_up_again(
    named, colleague, unit, triggers_lifted
):
    ticket = make_ticket(first_responder=named, answer=Answer("Sorry."))
    with triggers_lifted():
        ComplainedAbout.objects.create(ticket=ticket, person=named, named_by=colleague, named_at=MONDAY)
    reopen(ticket, promise=make_word(MONDAY + 9 * HOUR), reason="Not over", by=colleague, at=MONDAY + HOUR)
    assert Ticket.objects.get(pk=ticket.pk).owner == unit.manager


def test_who_is_named_does_not_ask_the_check(named, colleague):
    ticket = solve(about(named), colleague)
    opinion = Opinion(outcome="satisfied", words="Fine.", channel="phone")
    with pytest.raises(ValidationError, match="about you"):
        record_check(ticket, opinion, by=named, at=MONDAY + 2 * HOUR)
    record_check(ticket, opinion, by=colleague, at=MONDAY + 2 * HOUR)
    assert not [*complaints_are_handled_by_others()]


def test_who_is_named_does_not_confirm_or_read_what_nobody_can_be_asked(named, colleague, unit):
    ticket = about(named, anonymous=True)
    reply = Reply(words="On the file.", mode="on_file", channel="phone", solved=True)
    reply_to_customer(ticket, reply, by=colleague, at=MONDAY + HOUR)
    with pytest.raises(ValidationError, match="about you"):
        confirm_solved(ticket, by=named, at=MONDAY + 2 * HOUR)
    with pytest.raises(ValidationError):
        confirm_reading(Reading.objects.get(), by=named, at=MONDAY + 2 * HOUR)


def test_a_reading_that_the_named_manager_owed_passes_on(colleague, unit):
    ticket = make_ticket(first_responder=colleague, anonymous=True)
    reply = Reply(
        words="On the file.", mode="on_file", channel="phone", next_word=make_word(MONDAY + 9 * HOUR)
    )
    reply_to_customer(ticket, reply, by=colleague, at=MONDAY + HOUR)
    reading = Reading.objects.get()
    assert reading.deadline.owner == unit.manager
    name_colleague(ticket, unit.manager, reason="He ordered it.", by=colleague, at=MONDAY + 2 * HOUR)
    reading.deadline.refresh_from_db()
    assert reading.deadline.owner == unit.parent.manager
    with pytest.raises(ValidationError):
        confirm_reading(reading, by=unit.manager, at=MONDAY + 3 * HOUR)


@pytest.mark.parametrize("confirmed", [True, False])
def test_who_is_named_does_not_decide_that_it_is_void(named, colleague, confirmed):
    request = ask_to_void(about(named, anonymous=True), reason="A joke", by=colleague, at=MONDAY)
    with pytest.raises(ValidationError, match="about you"):
        decide_void(request, confirmed=confirmed, by=named, at=MONDAY + HOUR)


# What the clock does not tell who is named


def told_of(ticket, until):
    sweep(until)
    return set(
        Ring.objects.filter(deadline__subject=ticket.key)
        .exclude(person=None)
        .values_list("person", flat=True)
    )


def test_a_breach_passes_over_the_named_manager(colleague, unit):
    make_ladder("promise", {"when": "after", "position": "department_manager"})
    ticket = make_ticket(first_responder=colleague, complained_about=[unit.manager])
    assert told_of(ticket, MONDAY + 5 * HOUR) == {unit.parent.manager.pk}


def test_a_breach_reaches_the_named_manager_where_nobody_else_is_left():
    alone = make_user(roles=["department_manager"])
    unit = make_department(manager=alone)
    make_ladder("promise", {"when": "after", "position": "department_manager"})
    ticket = make_ticket(first_responder=make_agent(department=unit), complained_about=[alone])
    User.objects.exclude(pk__in=[alone.pk, ticket.owner_id]).update(is_active=False, left_at=MONDAY)
    assert told_of(ticket, MONDAY + 5 * HOUR) == {alone.pk}


def test_a_reminder_passes_over_the_named_deputy_of_the_owner(named, colleague, unit):
    make_ladder("promise", {"when": "before", "amount": 1, "position": "owner"})
    ticket = make_ticket(first_responder=colleague, complained_about=[named])
    make_absence(colleague, starts_at=MONDAY - HOUR, ends_at=MONDAY + 100 * HOUR, deputy=named)
    assert told_of(ticket, MONDAY + 4 * HOUR - timedelta(minutes=30)) == {unit.manager.pk}


# What the database refuses


def attack(rule, sql, *params):
    """The database refuses a statement by that very trigger or constraint."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
    cause = refusal.value.__cause__
    assert rule in (cause.diag.constraint_name if connection.vendor == "postgresql" else str(cause))


def test_the_database_refuses_the_named_as_owner(named):
    ticket = about(named)
    sql = "UPDATE tickets_ticket SET owner_id = %s WHERE id = %s"
    attack("tickets_ticket_impartial", sql, named.pk, ticket.pk)


def test_the_database_refuses_a_stretch_of_ownership_of_the_named(named):
    ticket = about(named)
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("UPDATE tickets_ownershipperiod SET to_at = from_at WHERE ticket_id = %s", [ticket.pk])
        attack(
            "tickets_ownershipperiod_impartial",
            "INSERT INTO tickets_ownershipperiod (ticket_id, owner_id, department_id, how, from_at)"
            " SELECT ticket_id, %s, department_id, 'taken_over', to_at FROM tickets_ownershipperiod WHERE ticket_id = %s",
            named.pk, ticket.pk,
        )  # fmt: skip
        transaction.set_rollback(True)


def insert(ticket, person, lifted="NULL, NULL"):
    return (
        "INSERT INTO tickets_complainedabout (ticket_id, person_id, named_by_id, named_at, lifted_by_id, lifted_at)"
        f" VALUES (%s, %s, %s, '2026-05-12 00:00:00+00:00', {lifted})",
        ticket.pk, person.pk, person.pk,
    )  # fmt: skip


def test_the_database_refuses_to_name_an_owner_and_anybody_on_other_kinds(colleague):
    ticket, fault = make_ticket(), make_ticket(kind=Kind.FAULT)
    attack("tickets_complainedabout_passed_on", *insert(ticket, ticket.owner))
    attack("tickets_complainedabout_passed_on", *insert(fault, colleague))


def test_the_database_refuses_a_closed_one_to_open_with_the_named_as_owner(named, triggers_lifted):
    ticket, other = make_ticket(first_responder=named, answer=Answer("Sorry.")), make_ticket()
    with triggers_lifted():
        ComplainedAbout.objects.create(ticket=ticket, person=named, named_by=named, named_at=MONDAY)
    attack(
        "tickets_ticket_impartial",
        "UPDATE tickets_ticket SET state = 'unresolved', ended = NULL, closed_at = NULL, resolved_at = NULL,"
        " live_deadline_id = %s WHERE id = %s",
        other.live_deadline_id, ticket.pk,
    )  # fmt: skip


def test_the_database_refuses_every_judgement_of_the_named(named, colleague, unit):
    ticket = solve(about(named), colleague)
    attack(
        "tickets_opinioncheck_impartial_update",
        "UPDATE tickets_opinioncheck SET outcome = 'satisfied', asked_by_id = %s, asked_at = '2026-05-12 00:00:00+00:00'",
        named.pk,
    )
    attack(
        "tickets_opinioncheck_impartial_insert",
        "INSERT INTO tickets_opinioncheck (ticket_id, number, form, solver_id, outcome, asked_by_id, asked_at)"
        " VALUES (%s, 9, 'customer', %s, 'satisfied', %s, '2026-05-12 00:00:00+00:00')",
        ticket.pk, colleague.pk, named.pk,
    )  # fmt: skip
    request = ask_to_void(about(named, anonymous=True), reason="A joke", by=colleague, at=MONDAY)
    attack(
        "tickets_voidrequest_impartial_update",
        "UPDATE tickets_voidrequest SET confirmed = TRUE, decided_by_id = %s, decided_at = asked_at WHERE id = %s",
        named.pk, request.pk,
    )  # fmt: skip
    filed = about(named, anonymous=True)
    reply = Reply(words="On the file.", mode="on_file", channel="phone", solved=True)
    reply_to_customer(filed, reply, by=colleague, at=MONDAY + HOUR)
    sql = "UPDATE tickets_reading SET read_by_id = %s, read_at = '2026-05-12 00:00:00+00:00'"
    attack("tickets_reading_impartial_update", sql, named.pk)


@pytest.mark.parametrize(
    ("rule", "sql"),
    [
        ("not_deleted", "DELETE FROM tickets_complainedabout"),
        ("fixed", "UPDATE tickets_complainedabout SET person_id = named_by_id"),
        ("fixed", "UPDATE tickets_complainedabout SET named_at = '2020-01-01 00:00:00+00:00'"),
        ("lifted_by_somebody", "UPDATE tickets_complainedabout SET lifted_at = named_at"),
        (
            "lifted_by_another",
            "UPDATE tickets_complainedabout SET lifted_at = named_at, lifted_by_id = person_id",
        ),
    ],
)
def test_the_database_keeps_who_was_named(named, colleague, rule, sql):
    about(named, by=colleague)
    attack(rule, sql)


def test_the_database_keeps_that_a_name_was_lifted(named, unit):
    lift_name(about(named).complained_about.get(), reason="Mistaken", by=unit.manager, at=MONDAY)
    attack("lifted_once", "UPDATE tickets_complainedabout SET lifted_at = NULL, lifted_by_id = NULL")


def test_the_audit_finds_what_an_intruder_wrote(named, colleague, triggers_lifted):
    ticket = solve(about(named), colleague)
    with triggers_lifted():
        Ticket.objects.filter(pk=ticket.pk).update(owner=named)
        OpinionCheck.objects.update(outcome="dissatisfied", asked_by=named, asked_at=MONDAY + 2 * HOUR)
    assert [one.text for one in complaints_are_handled_by_others()] == [
        "The complaint is about its owner.", "Somebody judged a complaint about themselves."
    ]  # fmt: skip


# On the page


def page(ticket, user):
    client = Client()
    client.force_login(user)
    return client.get(ticket.path)


def test_the_names_stand_on_the_page_for_owner_and_managers_only(named, colleague, unit):
    ticket = about(named)
    assert [one.person for one in names_for(ticket, unit.manager).shown] == [named]
    assert [one.person for one in names_for(ticket, unit.parent.manager).shown] == [named]
    assert names_for(ticket, named).is_reader
    assert not names_for(ticket, colleague).shown
    assert "Complained about" in page(ticket, unit.manager).content.decode()
    for reader in (named, colleague):
        shown = page(ticket, reader)
        assert shown.status_code == 200
        assert "Complained about" not in shown.content.decode()


def test_the_page_offers_the_named_neither_check_nor_void_nor_taking_over(unit):
    owner = make_agent(department=unit)
    ticket = make_ticket(first_responder=owner, complained_about=[unit.manager], anonymous=True)
    ask_to_void(ticket, reason="A joke", by=owner, at=MONDAY)
    shown = page(ticket, unit.manager).content.decode()
    assert "It is void" not in shown
    assert "take-over" not in shown
    shown = page(solve(about(unit.manager), owner), unit.manager).content.decode()
    assert "This complaint is about you" in shown


def test_a_colleague_is_named_and_taken_back_on_the_page(named, colleague, unit):
    ticket, client = make_ticket(first_responder=named), Client()
    client.force_login(colleague)
    answer = client.post(f"{ticket.path}about/", {"person": named.pk, "words": "He hung up."})
    assert answer.status_code == 302
    row = ticket.complained_about.get()
    assert row.reason.text == "He hung up."
    assert client.post(f"{ticket.path}not-about/{row.pk}/", {"words": "Mistaken"}).status_code == 422
    client.force_login(unit.manager)
    assert client.post(f"{ticket.path}not-about/{row.pk}/", {"words": "Mistaken"}).status_code == 302
    row.refresh_from_db()
    assert row.lifted_by == unit.manager
    shown = client.get(ticket.path).content.decode()
    assert "named whom of us it is about" in shown
    assert "Mistaken" in shown


# On the intake page


def send(reader, **fields):
    client = Client()
    client.force_login(reader)
    values = {
        "form_key": "0123456789abcdef", "words": "He hung up on me.", "kind": "complaint", "channel": "phone",
        "category": make_category().pk, "wanted": "A warm flat", "severity": "ordinary", "read_back": "yes",
        "anonymous": "on", "outcome": "promise", "due": (MONDAY + 4 * HOUR).isoformat(), "will_tell": "what we found",
    }  # fmt: skip
    with time_machine.travel(MONDAY, tick=False):
        return client.post("/tickets/new/", values | fields)


def test_colleagues_are_named_as_the_call_is_logged(named, colleague, unit):
    assert send(named, complained_about=["", named.pk, colleague.pk, ""]).status_code == 302
    assert set(ComplainedAbout.objects.values_list("person", flat=True)) == {named.pk, colleague.pk}
    assert Ticket.objects.get().owner == unit.manager


def test_what_was_chosen_is_not_about_anybody_once_it_is_no_complaint(named, colleague):
    assert send(named, kind="fault", complained_about=[colleague.pk]).status_code == 302
    assert not ComplainedAbout.objects.exists()


@pytest.mark.parametrize("value", ["0", "none", "999999999999999999999"])
def test_a_colleague_that_does_not_exist_is_refused(named, value):
    answer = send(named, complained_about=[value])
    assert answer.status_code == 422
    assert set(answer.context["sheet"].matter.errors) == {"complained_about"}


def test_a_refusal_keeps_who_was_named_and_one_place_free(named, colleague):
    answer = send(named, words="", complained_about=[named.pk, colleague.pk])
    assert answer.context["sheet"].matter.named == [str(named.pk), str(colleague.pk), ""]
    answer = send(named, find="1", complained_about=[named.pk, colleague.pk])
    assert answer.context["sheet"].matter.named == [str(named.pk), str(colleague.pk), ""]


def test_an_answer_of_the_named_is_refused_at_its_field(named):
    answer = send(named, outcome="answer", answer="Sorry.", complained_about=[named.pk])
    assert answer.status_code == 422
    assert set(answer.context["sheet"].ending.errors) == {"answer"}


def test_a_batch_names_in_a_constant_number_of_statements(named, unit, django_assert_max_num_queries):
    intakes = [make_intake(first_responder=named, complained_about=[named]) for _ in range(5)]
    with django_assert_max_num_queries(70):
        tickets = open_tickets(intakes, by=named, at=MONDAY)
    assert {ticket.owner for ticket in tickets} == {unit.manager}
    assert OwnershipPeriod.objects.count() == 10
