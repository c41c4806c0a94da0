"""The life of a ticket, from the first word to closing: what the rules demand and refuse."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from servicedesk.audit.timeline import Entry
from servicedesk.clock.models import Deadline, Ring
from servicedesk.clock.sweep import sweep
from servicedesk.customers.models import Project
from servicedesk.customers.testing import make_contact_person, make_customer, make_project
from servicedesk.outbox.models import Message
from servicedesk.staff.leaving import deactivate
from servicedesk.staff.testing import make_absence, make_post
from tickets.checks import Opinion, confirm_solved, confirm_task, record_check
from tickets.contacts import correct_contact, hear_from_customer, update_customer
from tickets.corrections import correct_customer, establish, reclassify
from tickets.intake import Answer, open_ticket, open_tickets
from tickets.marks import lift_mark, set_mark
from tickets.models import Contact, Kind, OpinionCheck, OwnershipPeriod, Promise, Reading, Ticket
from tickets.notes import add_note
from tickets.ownership import take_over
from tickets.repeats import likely_repeats
from tickets.replies import Reply, confirm_reading, finish_task, reply_to_customer
from tickets.resolving import close_unopposed, reopen
from tickets.telling.history import history
from tickets.testing import (
    HOUR,
    MONDAY,
    left_alone,
    make_agent,
    make_category,
    make_intake,
    make_ticket,
    make_word,
)
from tickets.voiding import ask_to_void, decide_void

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def spoken(**fields):
    return Reply(words=fields.pop("words", "We found the leak."), mode="spoken", channel="phone", **fields)


def solve_spoken(ticket, **fields):
    reply_to_customer(ticket, spoken(solved=True, **fields), by=ticket.owner, at=MONDAY + HOUR)


def solve(ticket, *, by=None, at=MONDAY + HOUR):
    how = {"mode": "written", "channel": "email"} if ticket.kind == Kind.INQUIRY else {}
    reply_to_customer(ticket, replace(spoken(solved=True), **how), by=by or ticket.owner, at=at)
    ticket.refresh_from_db()
    return ticket


def events(ticket):
    return list(Entry.objects.filter(subject=ticket.key).order_by("number").values_list("event", flat=True))


# Intake


@pytest.mark.clause("R1.1e")
def test_a_complaint_that_cannot_be_answered_now_gets_a_promise_that_is_live():
    ticket = make_ticket()
    promise = Promise.objects.get(ticket=ticket)
    assert ticket.state == "unresolved"
    assert ticket.live_deadline == promise.deadline
    assert promise.deadline.due_at == MONDAY + 4 * HOUR
    assert events(ticket) == ["received", "promised"]


@pytest.mark.clause("R1.1d", "R3.1.2")
def test_a_matter_answered_and_accepted_in_the_contact_is_closed_with_question_answer_and_acceptance():
    ticket = make_ticket(answer=Answer("The filter was full; it is changed."))
    assert (ticket.state, ticket.ended) == ("closed", "accepted")
    assert [c.words.text for c in ticket.contacts.order_by("pk")] == [
        "The heating has been cold since Friday.",
        "The filter was full; it is changed.",
    ]
    check = ticket.checks.get()
    assert (check.outcome, check.deadline) == ("satisfied", None)


@pytest.mark.clause("R5.2.1")
def test_the_first_person_asked_is_first_responder_and_owner():
    ticket = make_ticket()
    assert ticket.owner == ticket.first_responder
    period = OwnershipPeriod.objects.get(ticket=ticket)
    assert (period.owner, period.from_at, period.to_at) == (ticket.owner, ticket.received_at, None)


@pytest.mark.clause("R1.1b", "R1.1c", "R1.1e", "R1.5.X", "R3.3.1a", "R5.2.2b", "R7.1.3a")
@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("words", {"words": "   "}),
        ("wanted", {"wanted": ""}),
        ("read_back", {"read_back": "not_asked"}),
        ("read_back_note", {"read_back": "impossible"}),
        ("received_at", {"received_at": MONDAY + MINUTE}),
        ("late_reason", {"received_at": MONDAY - 2 * DAY}),
        ("outcome", {"promise": None}),
        ("due_at", {"promise": make_word(MONDAY)}),
        ("due_at", {"promise": make_word(MONDAY + 10 * DAY)}),
        ("will_tell", {"promise": make_word(MONDAY + HOUR, will_tell=" ")}),
        ("customer", {"customer": None}),
    ],
)
def test_an_incomplete_complaint_is_refused_at_the_field_that_is_wrong(field, fields):
    with pytest.raises(ValidationError) as refusal:
        make_ticket(**fields)
    assert field in refusal.value.message_dict
    assert not Ticket.objects.exists()


@pytest.mark.clause("R1.5.D")
def test_an_inquiry_answered_now_needs_words_answer_and_category_only():
    ticket = make_ticket(kind=Kind.INQUIRY, wanted="", read_back="not_asked", answer=Answer("At nine."))
    assert (ticket.state, ticket.ended, ticket.checks.count()) == ("closed", "accepted", 0)


def test_first_responder_named_by_somebody_else_is_told():
    named, recorder = make_agent(), make_agent()
    ticket = make_ticket(first_responder=named, by=recorder)
    assert ticket.recorder == recorder
    assert Message.objects.get(event="named_first_responder").recipient == named


def test_an_anonymous_matter_is_accepted_without_a_customer():
    ticket = make_ticket(anonymous=True)
    assert ticket.customer is None
    assert ticket.live_deadline


def test_numbers_run_without_holes_and_a_refused_ticket_draws_none():
    first = make_ticket()
    with pytest.raises(ValidationError):
        make_ticket(words="")
    second = make_ticket()
    assert int(second.number[-6:]) == int(first.number[-6:]) + 1


def test_many_matters_take_as_many_statements_as_few(django_assert_max_num_queries):
    agent, category, customer = make_agent(), make_category(), make_customer()
    many = [make_intake(first_responder=agent, category=category, customer=customer) for _ in range(60)]
    with django_assert_max_num_queries(45):
        open_tickets(many, by=agent, at=MONDAY)
    assert Ticket.objects.count() == 60


@pytest.mark.clause("R5.2.7d")
def test_a_repeat_contact_is_recognised_linked_and_shown_to_the_owner():
    ticket = make_ticket()
    later = MONDAY + 2 * DAY
    assert list(likely_repeats(ticket.customer, category=ticket.category, at=later)) == [ticket]
    again = make_ticket(
        later,
        customer=ticket.customer,
        category=ticket.category,
        repeat_of=ticket,
        promise=make_word(later + HOUR),
    )
    assert again.repeat_of == ticket
    assert Message.objects.get(event="repeat_contact").recipient == ticket.owner


# Replies


@pytest.mark.clause("R1.1g")
def test_a_reply_that_is_no_solution_demands_the_next_promise_in_the_same_step():
    ticket = make_ticket()
    with pytest.raises(ValidationError) as refusal:
        reply_to_customer(ticket, spoken(), by=ticket.owner, at=MONDAY + HOUR)
    assert "due_at" in refusal.value.message_dict
    assert ticket.contacts.count() == 1
    reply_to_customer(ticket, spoken(next_word=make_word(MONDAY + DAY)), by=ticket.owner, at=MONDAY + HOUR)
    first, second = ticket.promises.all()
    assert (first.deadline.outcome, first.reply.words.text) == ("kept", "We found the leak.")
    ticket.refresh_from_db()
    assert ticket.live_deadline == second.deadline


@pytest.mark.clause("R1.1f")
def test_a_late_reply_settles_the_promise_as_late_and_the_breach_stays():
    ticket = make_ticket()
    sweep(MONDAY + 5 * HOUR)
    reply_to_customer(
        ticket, spoken(next_word=make_word(MONDAY + DAY)), by=ticket.owner, at=MONDAY + 6 * HOUR
    )
    deadline = ticket.promises.first().deadline
    assert (deadline.outcome, deadline.broken_at) == ("late", MONDAY + 5 * HOUR)


@pytest.mark.clause("R1.1g", "R3.3.1a")
def test_the_later_promise_has_a_limit_and_the_customers_own_wish_may_pass_it():
    ticket = make_ticket()
    far = MONDAY + 30 * DAY
    with pytest.raises(ValidationError):
        reply_to_customer(ticket, spoken(next_word=make_word(far)), by=ticket.owner, at=MONDAY + HOUR)
    reply_to_customer(
        ticket, spoken(next_word=make_word(far, wished=True)), by=ticket.owner, at=MONDAY + HOUR
    )
    with pytest.raises(ValidationError):
        reply_to_customer(
            ticket,
            spoken(next_word=make_word(far + 90 * DAY, wished=True)),
            by=ticket.owner,
            at=MONDAY + 2 * HOUR,
        )


def test_a_stale_reply_is_refused_and_changes_nothing():
    ticket = make_ticket()
    seen = ticket.live_deadline_id
    reply_to_customer(
        ticket, spoken(next_word=make_word(MONDAY + DAY), answering=seen), by=ticket.owner, at=MONDAY + HOUR
    )
    with pytest.raises(ValidationError) as refusal:
        reply_to_customer(ticket, spoken(solved=True, answering=seen), by=ticket.owner, at=MONDAY + HOUR)
    assert refusal.value.code == "stale"
    assert ticket.contacts.filter(purpose="reply").count() == 1


def test_one_attempt_settles_nothing_and_two_half_an_hour_apart_do_where_only_a_telephone_is_known():
    ticket = make_ticket()
    tried = Reply(words="Rang, no answer", mode="tried", channel="phone")
    reply_to_customer(ticket, tried, by=ticket.owner, at=MONDAY + HOUR)
    reply_to_customer(ticket, tried, by=ticket.owner, at=MONDAY + HOUR + 10 * MINUTE)
    ticket.refresh_from_db()
    assert ticket.live_deadline.settled_at is None
    again = Reply(words="Again", mode="tried", channel="phone", next_word=make_word(MONDAY + DAY))
    reply_to_customer(ticket, again, by=ticket.owner, at=MONDAY + HOUR + 31 * MINUTE)
    first = ticket.promises.first()
    assert first.deadline.outcome == "kept"
    assert first.reply.reached is False


def test_attempts_settle_nothing_where_words_can_be_left_in_writing():
    customer = make_customer()
    make_contact_person(customer, emails=["li@example.org"])
    ticket = make_ticket(customer=customer)
    for minutes in (0, 40):
        tried = Reply(words="Rang", mode="tried", channel="phone", next_word=make_word(MONDAY + DAY))
        reply_to_customer(ticket, tried, by=ticket.owner, at=MONDAY + HOUR + minutes * MINUTE)
    ticket.refresh_from_db()
    assert ticket.live_deadline.settled_at is None


def test_a_colleague_replies_under_their_own_name_and_ownership_stays():
    ticket = make_ticket()
    colleague = make_agent(department=ticket.department)
    reply_to_customer(ticket, spoken(next_word=make_word(MONDAY + DAY)), by=colleague, at=MONDAY + HOUR)
    ticket.refresh_from_db()
    assert ticket.promises.first().reply.by == colleague
    assert ticket.owner != colleague


@pytest.mark.clause("R1.4c")
def test_an_update_reaches_the_customer_and_leaves_the_promise_alone():
    ticket = make_ticket()
    update_customer(
        ticket,
        words="The part is ordered.",
        mode="spoken",
        channel="phone",
        by=ticket.owner,
        at=MONDAY + HOUR,
    )
    ticket.refresh_from_db()
    assert ticket.live_deadline.settled_at is None
    assert ticket.contacts.filter(purpose="update").count() == 1


@pytest.mark.clause("R1.4c")
def test_a_customer_who_asks_first_counts_as_chased_and_the_owner_hears():
    ticket = make_ticket()
    colleague = make_agent()
    hear_from_customer(ticket, words="Any news?", channel="phone", asked=True, by=colleague, at=MONDAY + HOUR)
    assert Ticket.objects.chased().get() == ticket
    assert Message.objects.get(event="heard").recipient == ticket.owner


@pytest.mark.clause("R5.10.3a")
def test_a_call_outside_the_customers_hours_asks_for_a_reason():
    night = MONDAY + 13 * HOUR  # 23:00 in Shanghai
    ticket = make_ticket()
    with pytest.raises(ValidationError) as refusal:
        reply_to_customer(ticket, spoken(next_word=make_word(MONDAY + DAY)), by=ticket.owner, at=night)
    assert "odd_hours" in refusal.value.message_dict
    reply_to_customer(
        ticket,
        spoken(next_word=make_word(MONDAY + DAY), odd_hours="Water is rising"),
        by=ticket.owner,
        at=night,
    )
    assert ticket.contacts.last().odd_hours.text == "Water is rising"


# No contact wished, anonymous


def test_a_reply_nobody_can_be_told_goes_onto_the_file_and_is_read_by_the_manager_by_the_promised_time():
    ticket = make_ticket(anonymous=True)
    on_file = Reply(words="The lift is repaired.", mode="on_file", channel="web", solved=True)
    reply_to_customer(ticket, on_file, by=ticket.owner, at=MONDAY + HOUR)
    reading = Reading.objects.get()
    assert reading.deadline.owner == ticket.department.manager
    assert reading.deadline.due_at == MONDAY + 4 * HOUR
    with pytest.raises(ValidationError):
        confirm_reading(reading, by=ticket.owner, at=MONDAY + 2 * HOUR)
    with pytest.raises(ValidationError):
        confirm_reading(reading, by=make_agent(department=ticket.department), at=MONDAY + 2 * HOUR)
    confirm_reading(reading, by=ticket.department.manager, at=MONDAY + 2 * HOUR)
    ticket.refresh_from_db()
    with pytest.raises(ValidationError):
        confirm_solved(ticket, by=ticket.owner, at=MONDAY + 3 * HOUR)
    confirm_solved(ticket, by=ticket.department.manager, at=MONDAY + 3 * HOUR)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.ended) == ("closed", "confirmed")


def test_a_customer_who_wished_no_contact_is_not_contacted():
    ticket = make_ticket(customer=left_alone())
    with pytest.raises(ValidationError) as refusal:
        reply_to_customer(ticket, spoken(solved=True), by=ticket.owner, at=MONDAY + HOUR)
    assert "mode" in refusal.value.message_dict


# Checks and closing


@pytest.mark.clause("R1.2g")
def test_a_solved_complaint_is_resolved_and_owes_exactly_one_check():
    ticket = solve(make_ticket())
    assert (ticket.state, ticket.live_deadline) == ("resolved", None)
    assert OpinionCheck.objects.get(ticket=ticket, outcome=None).deadline == ticket.open_check
    assert ticket.open_check.kind == "check"


@pytest.mark.clause("R1.2g")
def test_satisfied_closes_with_proof():
    ticket = solve(make_ticket())
    opinion = Opinion(outcome="satisfied", words="All warm again.", channel="phone")
    record_check(ticket, opinion, by=make_agent(department=ticket.department), at=MONDAY + DAY)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.ended) == ("closed", "checked")
    assert not Deadline.objects.live().exists()
    assert OwnershipPeriod.objects.get(ticket=ticket).to_at == MONDAY + DAY


@pytest.mark.clause("R1.2g")
def test_dissatisfied_reopens_with_a_new_promise_in_the_same_step():
    ticket = solve(make_ticket())
    with pytest.raises(ValidationError):
        record_check(
            ticket,
            Opinion(outcome="dissatisfied", words="Cold.", channel="phone"),
            by=ticket.owner,
            at=MONDAY + DAY,
        )
    opinion = Opinion(
        outcome="dissatisfied", words="Cold.", channel="phone", next_word=make_word(MONDAY + 2 * DAY)
    )
    record_check(ticket, opinion, by=ticket.owner, at=MONDAY + DAY)
    ticket.refresh_from_db()
    assert ticket.state == "unresolved"
    assert ticket.live_deadline.due_at == MONDAY + 2 * DAY
    assert ticket.open_check is None


@pytest.mark.clause("R1.2g")
def test_not_reached_tries_again_within_five_working_days():
    ticket = solve(make_ticket())
    record_check(
        ticket,
        Opinion(outcome="not_reached", words="No answer", channel="phone"),
        by=ticket.owner,
        at=MONDAY + DAY,
    )
    ticket.refresh_from_db()
    first, second = ticket.checks.all()
    assert (first.outcome, first.deadline.outcome, second.outcome) == ("not_reached", "kept", None)
    assert ticket.open_check == second.deadline


@pytest.mark.parametrize(
    ("channel", "mode"),
    [
        ("phone", "spoken"),
        ("visit", "spoken"),
        ("letter", "written"),
        ("email", "written"),
        ("web", "written"),
    ],
)
def test_a_letter_is_written_and_a_call_spoken_in_the_first_contact_and_its_answer(channel, mode):
    ticket = make_ticket(kind=Kind.INQUIRY, channel=channel, answer=Answer("At nine."))
    assert list(ticket.contacts.order_by("pk").values_list("direction", "mode")) == [
        ("in", mode),
        ("out", mode),
    ]


def test_a_spoken_answer_that_nobody_accepted_solves_no_inquiry():
    ticket = make_ticket(kind=Kind.INQUIRY)
    with pytest.raises(ValidationError, match="only if the customer accepted them"):
        solve_spoken(ticket)
    assert not ticket.contacts.filter(purpose="reply").exists()
    solve_spoken(ticket, accepted=True)
    ticket.refresh_from_db()
    assert ticket.ended == "accepted"


def test_an_inquiry_closes_by_itself_seven_days_after_a_written_answer():
    ticket = make_ticket(kind=Kind.INQUIRY)
    written = Reply(words="We open at nine.", mode="written", channel="email", solved=True)
    reply_to_customer(ticket, written, by=ticket.owner, at=MONDAY + HOUR)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.open_check) == ("resolved", None)
    assert close_unopposed(MONDAY + 7 * DAY) == 0
    assert close_unopposed(MONDAY + 7 * DAY + 2 * HOUR) == 1
    ticket.refresh_from_db()
    assert ticket.ended == "unopposed"


def test_a_suggestion_closes_when_the_decision_is_told():
    ticket = solve(make_ticket(kind=Kind.SUGGESTION))
    assert (ticket.state, ticket.ended) == ("closed", "decided")


@pytest.mark.clause("R3.1.1")
def test_a_task_owes_its_due_time_and_closes_by_the_requesters_confirmation():
    requester = make_agent()
    ticket = make_ticket(kind=Kind.TASK, requester=requester)
    assert (ticket.live_deadline.kind, ticket.promises.count()) == ("task", 0)
    finish_task(ticket, words="Machine tried out.", by=ticket.owner, at=MONDAY + HOUR)
    assert Message.objects.get(event="task_done").recipient == requester
    with pytest.raises(ValidationError):
        confirm_task(ticket, by=ticket.owner, at=MONDAY + 2 * HOUR)
    confirm_task(ticket, by=requester, at=MONDAY + 2 * HOUR)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.ended) == ("closed", "confirmed")


def test_reopening_a_closed_ticket_gives_it_back_to_its_last_owner_with_a_new_promise():
    ticket = solve(make_ticket(kind=Kind.SUGGESTION))
    reopen(
        ticket, promise=make_word(MONDAY + 2 * DAY), reason="It broke again", by=ticket.owner, at=MONDAY + DAY
    )
    ticket.refresh_from_db()
    assert ticket.state == "unresolved"
    periods = list(OwnershipPeriod.objects.filter(ticket=ticket))
    assert [(p.how, p.to_at) for p in periods] == [("received", MONDAY + HOUR), ("reopened", None)]


def test_history_from_an_import_owes_nothing_and_becomes_ordinary_when_reopened():
    closed_at = MONDAY - 100 * DAY
    ticket = make_ticket(
        received_at=closed_at - DAY,
        closed_at=closed_at,
        source="cfpb",
        external_number="7523056",
        anonymous=True,
    )
    assert (ticket.state, ticket.is_history, Deadline.objects.count()) == ("closed", True, 0)
    reopen(ticket, promise=make_word(MONDAY + DAY), reason="Asked again", by=ticket.owner, at=MONDAY)
    ticket.refresh_from_db()
    assert (ticket.is_history, ticket.state) == (False, "unresolved")


# Ownership, notes, marks, corrections, void


def test_a_manager_takes_over_and_the_promise_moves_along_unchanged():
    ticket = make_ticket()
    manager = ticket.department.manager
    manager.groups.add(*_group("department_manager"))
    due = ticket.live_deadline.due_at
    take_over(ticket, by=manager, at=MONDAY + HOUR)
    ticket.refresh_from_db()
    assert (ticket.owner, ticket.live_deadline.owner, ticket.live_deadline.due_at) == (manager, manager, due)
    assert [p.to_at for p in OwnershipPeriod.objects.filter(ticket=ticket)] == [MONDAY + HOUR, None]
    with pytest.raises(ValidationError):
        take_over(ticket, by=make_agent(), at=MONDAY + HOUR)


def _group(name):
    from django.contrib.auth.models import Group

    return Group.objects.filter(name=name)


def test_a_leavers_tickets_pass_to_the_department_manager_in_the_same_act():
    ticket = make_ticket()
    manager, administrator = ticket.department.manager, make_agent(roles=["administrator"])
    deactivate(ticket.owner, by=administrator, at=MONDAY + HOUR)
    ticket.refresh_from_db()
    assert (ticket.owner, ticket.live_deadline.owner) == (manager, manager)
    assert ticket.first_responder != manager
    assert [p.how for p in OwnershipPeriod.objects.filter(ticket=ticket)] == ["received", "leaver"]


def test_a_colleague_mentioned_in_a_note_is_told_and_may_see_the_ticket():
    ticket = make_ticket()
    stranger = make_agent(username="wei.zhang")
    assert ticket not in Ticket.objects.visible_to(stranger)
    add_note(ticket, words="Ask @wei.zhang about the pump.", by=ticket.owner, at=MONDAY + HOUR)
    assert ticket in Ticket.objects.visible_to(stranger)
    assert Message.objects.get(event="mentioned").recipient == stranger
    with pytest.raises(ValidationError):
        add_note(ticket, words="Ask @nobody.", by=ticket.owner, at=MONDAY + HOUR)


def test_a_mention_may_stand_between_chinese_words_and_in_capitals():
    ticket = make_ticket()
    stranger = make_agent(username="Wei.Zhang")
    note = add_note(ticket, words="请@wei.zhang看一下水泵。", by=ticket.owner, at=MONDAY + HOUR)
    assert list(note.mentioned.all()) == [stranger]


@pytest.mark.clause("R4.5c")
def test_a_ticket_bears_several_marks_each_once_and_its_next_promise_climbs_the_serious_ladder():
    ticket = make_ticket()
    mark = set_mark(ticket, "serious_event", reason="Flooding", by=ticket.owner, at=MONDAY)
    set_mark(ticket, "major_problem", reason="Whole block", by=ticket.owner, at=MONDAY)
    with pytest.raises(ValidationError):
        set_mark(ticket, "serious_event", reason="Again", by=ticket.owner, at=MONDAY)
    reply_to_customer(ticket, spoken(next_word=make_word(MONDAY + DAY)), by=ticket.owner, at=MONDAY + HOUR)
    assert ticket.promises.last().deadline.ladder.kind == "serious"
    lift_mark(mark, reason="Pumped out", by=ticket.owner, at=MONDAY + HOUR)
    assert ticket.marks.filter(lifted_at=None).count() == 1


@pytest.mark.clause("R5.2.5")
def test_a_significant_matter_is_lifted_by_the_general_manager_or_the_stand_in_only():
    ticket = make_ticket()
    general, stand_in = make_agent(), make_agent()
    make_post("general_manager", general, stand_in)
    for person in (general, stand_in):
        mark = set_mark(ticket, "significant", reason="The mayor asks", by=ticket.owner, at=MONDAY)
        for somebody in (ticket.owner, ticket.department.manager):
            with pytest.raises(ValidationError):
                lift_mark(mark, reason="Answered", by=somebody, at=MONDAY + HOUR)
        with pytest.raises(ValidationError):
            lift_mark(mark, reason=" ", by=person, at=MONDAY + HOUR)
        lift_mark(mark, reason="Answered", by=person, at=MONDAY + HOUR)
        mark.refresh_from_db()
        assert (mark.lifted_by, mark.lifted_at) == (person, MONDAY + HOUR)


def test_the_right_customer_is_put_on_by_a_new_entry_with_the_old_one_kept():
    ticket = make_ticket()
    was, right = ticket.customer, make_customer()
    correct_customer(ticket, customer=right, by=make_agent(), at=MONDAY + HOUR)
    ticket.refresh_from_db()
    assert ticket.customer == right
    assert Entry.objects.get(subject=ticket.key, event="customer_corrected").facts["was"] == was.pk
    assert Message.objects.get(event="customer_corrected").recipient == ticket.owner


def test_project_and_repeated_matter_of_the_wrong_customer_leave_with_them_and_stay_on_the_timeline():
    wrong = make_customer()
    project, before = make_project(customer=wrong), make_ticket(customer=wrong)
    ticket = make_ticket(customer=wrong, project=project, repeat_of=before)
    correct_customer(ticket, customer=make_customer(), by=ticket.owner, at=MONDAY + HOUR)
    ticket.refresh_from_db()
    assert (ticket.project, ticket.repeat_of) == (None, None)
    facts = Entry.objects.get(subject=ticket.key, event="customer_corrected").facts
    assert (facts["was_project"], facts["was_repeat_of"]) == (project.pk, before.pk)


def test_what_repeated_a_matter_of_the_wrong_customer_repeats_it_no_longer():
    wrong, right = make_customer(), make_customer()
    ticket = make_ticket(customer=wrong)
    later, last = (make_ticket(customer=wrong, repeat_of=ticket) for _number in range(2))
    correct_customer(later, customer=right, by=ticket.owner, at=MONDAY + HOUR)
    correct_customer(ticket, customer=right, by=ticket.owner, at=MONDAY + HOUR)
    last.refresh_from_db()
    assert last.repeat_of is None
    assert Entry.objects.get(event="repeat_undone").subject == last.key
    assert history(last, now=MONDAY + 2 * HOUR).happenings[0].parts[0].label == f"Repeats no longer: {ticket}"


def test_another_contact_person_of_the_same_customer_leaves_the_project():
    customer = make_customer(kind="organisation")
    ticket = make_ticket(customer=customer, project=make_project(customer=customer))
    person = make_contact_person(customer)
    correct_customer(ticket, customer=customer, contact_person=person, by=ticket.owner, at=MONDAY + HOUR)
    ticket.refresh_from_db()
    assert (ticket.contact_person, ticket.project) == (person, Project.objects.get())
    assert "was_project" not in Entry.objects.get(event="customer_corrected").facts


@pytest.mark.clause("R1.1b", "R7.1.3a")
def test_a_sent_reply_is_corrected_by_a_new_contact_only():
    ticket = make_ticket()
    contact = ticket.contacts.get()
    new = correct_contact(contact, words="The heating and the boiler.", by=ticket.owner, at=MONDAY + HOUR)
    assert (new.corrects, Contact.objects.get(pk=contact.pk).words.text) == (
        contact,
        "The heating has been cold since Friday.",
    )


@pytest.mark.clause("R4.5a")
def test_a_change_of_category_or_severity_keeps_old_value_author_and_reason():
    ticket = make_ticket()
    old = ticket.category_id
    reclassify(
        ticket, category=make_category(), severity="severe", reason="Worse", by=ticket.owner, at=MONDAY + HOUR
    )
    facts = Entry.objects.get(subject=ticket.key, event="reclassified").facts
    assert (facts["was_category"], facts["was_severity"]) == (old, "ordinary")


def test_what_is_owed_bears_the_new_category_and_what_is_settled_the_old_one():
    ticket = make_ticket(anonymous=True)
    reply = Reply(words="Found.", mode="on_file", channel="web", next_word=make_word(MONDAY + DAY))
    reply_to_customer(ticket, reply, by=ticket.owner, at=MONDAY + HOUR)
    was = ticket.label
    change = {"category": make_category(name="Boilers"), "severity": "severe", "reason": "Worse"}
    reclassify(ticket, **change, by=ticket.owner, at=MONDAY + 2 * HOUR)
    labels = Deadline.objects.filter(subject=ticket.key).values_list("kind", "outcome", "label")
    assert set(labels) == {
        ("promise", "kept", was),
        ("promise", None, f"{ticket.number} · Boilers"),
        ("reading", None, f"{ticket.number} · Boilers"),
    }
    sweep(MONDAY + DAY + HOUR)
    notices = Message.objects.filter(event="owed")
    assert notices
    assert all("Boilers" in str(notice.params) for notice in notices)


def test_a_correction_that_changes_nothing_leaves_no_entry():
    ticket = make_ticket()
    same = {"by": ticket.owner, "at": MONDAY + HOUR}
    for correction in (
        lambda: reclassify(ticket, category=ticket.category, severity="ordinary", reason="Same", **same),
        lambda: correct_customer(ticket, customer=ticket.customer, **same),
        lambda: establish(ticket, wanted="A warm flat", **same),
    ):
        with pytest.raises(ValidationError):
            correction()
    assert events(ticket) == ["received", "promised"]


@pytest.mark.clause("R7.1.5d")
def test_void_needs_two_people_and_withdraws_what_was_owed():
    ticket = make_ticket(anonymous=True)
    request = ask_to_void(ticket, reason="Test entry", by=ticket.owner, at=MONDAY + HOUR)
    with pytest.raises(ValidationError):
        decide_void(request, confirmed=True, by=ticket.owner, at=MONDAY + HOUR)
    decide_void(request, confirmed=True, by=ticket.department.manager, at=MONDAY + 2 * HOUR)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.ended) == ("closed", "void")
    assert Deadline.objects.get().outcome == "withdrawn"


def test_a_ticket_whose_customer_waits_for_an_answer_cannot_be_void():
    ticket = make_ticket()
    with pytest.raises(ValidationError):
        ask_to_void(ticket, reason="Test entry", by=ticket.owner, at=MONDAY + HOUR)


@pytest.mark.clause("R1.4b", "R3.2.2")
def test_silent_and_untouched_tickets_are_found():
    ticket = make_ticket()
    assert Ticket.objects.silent().get() == ticket
    assert Ticket.objects.untouched(MONDAY + DAY).get() == ticket
    update_customer(
        ticket, words="Ordered.", mode="spoken", channel="phone", by=ticket.owner, at=MONDAY + 2 * HOUR
    )
    assert not Ticket.objects.silent().exists()
    assert not Ticket.objects.untouched(MONDAY + HOUR).exists()


def test_a_ticket_is_found_by_words_number_and_customer():
    ticket = make_ticket(words="锅炉漏水，地下室", customer=make_customer(name="Harbour Hotel"))
    make_ticket(words="something else")
    for query in ("锅炉", ticket.number, "harbour", "地下室 锅炉"):
        assert list(Ticket.objects.search(query)) == [ticket], query
    assert Ticket.objects.search(" ").count() == 2


def test_a_stranger_sees_nothing_and_the_units_people_see_their_own():
    ticket = make_ticket()
    colleague = make_agent(department=ticket.department)
    colleague.groups.add(*_group("agent"))
    assert ticket in Ticket.objects.visible_to(colleague)
    assert ticket in Ticket.objects.visible_to(ticket.owner)
    assert ticket not in Ticket.objects.visible_to(make_agent())


def test_a_deputy_who_was_told_of_a_breach_may_see_the_ticket():
    ticket = make_ticket()
    deputy = make_agent()
    until = ticket.live_deadline.due_at + 24 * HOUR  # long over by the database's clock
    make_absence(ticket.department.manager, reason="leave", deputy=deputy, ends_at=until)
    assert ticket not in Ticket.objects.visible_to(deputy)
    sweep(MONDAY + 5 * HOUR)
    assert Ring.objects.filter(person=deputy, rung__when="after").exists()
    assert ticket in Ticket.objects.visible_to(deputy)
    assert make_ticket() not in Ticket.objects.visible_to(deputy)


def test_open_ticket_takes_one_matter():
    intake = make_intake()
    assert open_ticket(intake, by=intake.first_responder, at=MONDAY).number
