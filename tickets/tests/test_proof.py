"""Nothing closes without the proof that its kind demands, attacked in raw SQL (INV 3, 4, 6; CASES a, b, g, h, j)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from servicedesk.audit.timeline import record
from servicedesk.clock.owing import owe
from servicedesk.staff.testing import make_absence
from tickets.checks import Opinion, confirm_solved, confirm_task, record_check
from tickets.confirmations import ToConfirm
from tickets.contacts import add_contact, update_customer
from tickets.intake import Answer
from tickets.models import Kind, OpinionCheck, Process, Promise, Ticket
from tickets.replies import Reply, finish_task, reply_to_customer
from tickets.resolving import reopen
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket, make_word
from tickets.tests.attacks import attack, execute, prepared, refused, refused_at_commit  # noqa: F401
from tickets.voiding import ask_to_void, decide_void

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("prepared")]
DAY = timedelta(days=1)
CLOSE = (
    "UPDATE tickets_ticket SET state = 'closed', ended = %s, closed_at = %s, open_check_id = NULL,"
    " live_deadline_id = NULL, unopposed_at = NULL WHERE id = %s"
)
CLOSE_AT_ONCE = CLOSE.replace(" WHERE", ", resolved_at = closed_at WHERE").replace(
    "resolved_at = closed_at", "resolved_at = %s"
)
RESOLVE = (
    "UPDATE tickets_ticket SET state = 'resolved', resolved_at = %s, live_deadline_id = NULL{} WHERE id = %s"
)


def solved(at=MONDAY + HOUR, *, mode="spoken", **fields):
    ticket = make_ticket(**fields)
    mode = "on_file" if ticket.anonymous else "written" if ticket.kind == Kind.INQUIRY else mode
    reply_to_customer(
        ticket,
        Reply(words="Done.", mode=mode, channel="phone", solved=True),
        by=ticket.owner,
        at=at,
    )
    ticket.refresh_from_db()
    return ticket


def colleague(ticket):
    return make_agent(department=ticket.department)


def ask(ticket, outcome, *, at, **fields):
    opinion = Opinion(outcome=outcome, words="So it is.", channel="phone", **fields)
    record_check(ticket, opinion, by=colleague(ticket), at=at)
    ticket.refresh_from_db()


def say_closed(ticket, at):
    """The intruder writes the entry that belongs to a closing."""
    record(ticket.key, "closed", by=ticket.owner, at=at, ended="checked")


# Resolving


@pytest.mark.parametrize("kind", ["complaint", "fault", "request", "inquiry", "suggestion", "task"])
def test_nothing_is_resolved_by_hand(kind):
    ticket = make_ticket(kind=kind)
    attack(RESOLVE.format(", demands_check = FALSE"), MONDAY + HOUR, ticket.pk)


def test_an_update_does_not_resolve():
    ticket = make_ticket(kind=Kind.INQUIRY)
    update_customer(
        ticket, words="Ordered.", mode="spoken", channel="phone", by=ticket.owner, at=MONDAY + HOUR
    )
    update = ticket.contacts.get(purpose="update")
    refused(lambda: Promise.objects.update(reply=update))
    attack(RESOLVE.format(""), MONDAY + HOUR, ticket.pk)


def test_an_attempt_does_not_resolve():
    ticket = make_ticket(kind=Kind.INQUIRY)
    reply_to_customer(
        ticket, Reply(words="Rang", mode="tried", channel="phone"), by=ticket.owner, at=MONDAY + HOUR
    )
    Promise.objects.update(reply=ticket.contacts.get(purpose="reply"))
    attack(RESOLVE.format(""), MONDAY + HOUR, ticket.pk)


def test_spoken_words_that_nobody_accepted_wait_for_no_objection():
    ticket = make_ticket(kind=Kind.INQUIRY)
    said = add_contact(
        ticket, words="At nine.", direction="out", mode="spoken", purpose="reply", channel="phone", by=ticket.owner,
        at=MONDAY + HOUR,
    )  # fmt: skip
    Promise.objects.update(reply=said)
    attack(RESOLVE.format(", unopposed_at = '2026-06-01 00:00:00+00:00'"), MONDAY + HOUR, ticket.pk)
    attack("UPDATE tickets_ticket SET unopposed_at = %s WHERE id = %s", MONDAY + 9 * DAY, ticket.pk)


def test_the_reply_that_solved_it_before_does_not_resolve_it_again():
    ticket = solved(kind=Kind.INQUIRY)
    reopen(ticket, promise=make_word(MONDAY + 2 * DAY), reason="Again", by=ticket.owner, at=MONDAY + DAY)
    attack(RESOLVE.format(""), MONDAY + HOUR, ticket.pk)
    old = ticket.contacts.get(purpose="reply")
    refused(lambda: Promise.objects.filter(number=2).update(reply=old))


def test_a_reply_on_another_ticket_settles_no_promise():
    other, ticket = solved(), make_ticket()
    said = add_contact(
        other, words="And more.", direction="out", mode="spoken", purpose="reply", channel="phone", by=other.owner,
        at=MONDAY + HOUR,
    )  # fmt: skip
    refused(lambda: Promise.objects.filter(ticket=ticket).update(reply=said))


def test_a_ticket_does_not_enter_resolved():
    solved(kind=Kind.SUGGESTION)
    columns = [field.column for field in Ticket._meta.fields if field.column != "id"]
    values = [
        {
            "number": "'2026-000777'", "state": "'resolved'", "ended": "NULL", "closed_at": "NULL",
            "first_words_id": "(SELECT MAX(id) FROM audit_words w WHERE w.id NOT IN"
            " (SELECT first_words_id FROM tickets_ticket))",
        }.get(column, column)
        for column in columns
    ]  # fmt: skip
    attack(
        f"INSERT INTO tickets_ticket ({', '.join(columns)}) SELECT {', '.join(values)} FROM tickets_ticket"
    )


# The question that is asked


def test_the_demand_for_a_check_is_never_dropped():
    make_ticket()
    attack("UPDATE tickets_ticket SET demands_check = FALSE")


def test_a_matter_enters_with_the_check_that_its_kind_demands():
    ticket = make_ticket(kind=Kind.INQUIRY)
    Process.objects.filter(kind=Kind.INQUIRY).update(closes_by="check")
    values = {"id": None, "number": "2026-000777", "first_words_id": ticket.contacts.get().words_id}
    fresh = Ticket.objects.get(pk=ticket.pk)
    for name, value in values.items():
        setattr(fresh, name, value)
    with pytest.raises(IntegrityError, match="demands"), transaction.atomic():
        fresh.save(force_insert=True)


@pytest.mark.parametrize("ended", ["checked", "confirmed", "accepted", "unopposed", "decided", "void"])
@pytest.mark.parametrize("kind", ["complaint", "inquiry", "task"])
def test_no_ending_closes_what_is_only_resolved(kind, ended):
    if kind == "task":
        ticket = make_ticket(kind=kind, requester=make_agent())
        finish_task(ticket, words="Done.", by=ticket.owner, at=MONDAY + HOUR)
    else:
        ticket = solved(kind=kind)
    say_closed(ticket, MONDAY + 2 * HOUR)
    attack(CLOSE, ended, MONDAY + 2 * HOUR, ticket.pk)


@pytest.mark.parametrize("ended", ["checked", "confirmed", "accepted", "unopposed", "decided", "void"])
def test_no_ending_closes_what_is_still_promised(ended):
    ticket = make_ticket(kind=Kind.SUGGESTION)
    say_closed(ticket, MONDAY + 2 * HOUR)
    attack(CLOSE_AT_ONCE, ended, MONDAY + 2 * HOUR, MONDAY + 2 * HOUR, ticket.pk)


def test_a_check_invented_beside_the_open_one_closes_nothing():
    ticket = solved()
    other = make_agent()
    refused(
        lambda: OpinionCheck.objects.create(
            ticket=ticket, number=2, solver=ticket.owner, outcome="satisfied", asked_by=other, asked_at=MONDAY + DAY
        )
    )  # fmt: skip


@pytest.mark.parametrize("outcome", ["satisfied", "not_reached", "withdrawn", "dissatisfied"])
def test_an_open_check_ended_without_asking_anybody_closes_nothing(outcome):
    ticket = solved()
    OpinionCheck.objects.update(outcome=outcome, asked_by=make_agent(), asked_at=MONDAY + DAY)
    say_closed(ticket, MONDAY + DAY)
    attack(CLOSE, "checked", MONDAY + DAY, ticket.pk)


@pytest.mark.parametrize(("purpose", "mode"), [("check", "tried"), ("update", "spoken")])
def test_a_check_without_an_answer_from_the_customer_closes_nothing(purpose, mode):
    ticket = solved()
    said = add_contact(
        ticket, words="Hm", direction="out", mode=mode, purpose=purpose, channel="phone", by=ticket.owner,
        at=MONDAY + DAY,
    )  # fmt: skip
    OpinionCheck.objects.update(
        outcome="satisfied", asked_by=make_agent(), asked_at=MONDAY + DAY, contact=said
    )
    say_closed(ticket, MONDAY + DAY)
    attack(CLOSE, "checked", MONDAY + DAY, ticket.pk)


def test_a_satisfied_check_from_before_a_reopening_closes_nothing():
    ticket = solved()
    ask(ticket, "satisfied", at=MONDAY + 2 * HOUR)
    reopen(ticket, promise=make_word(MONDAY + 2 * DAY), reason="Again", by=ticket.owner, at=MONDAY + DAY)
    say_closed(ticket, MONDAY + DAY)
    attack(CLOSE_AT_ONCE, "checked", MONDAY + DAY, MONDAY + HOUR, ticket.pk)
    reply = Reply(words="Done again.", mode="spoken", channel="phone", solved=True)
    reply_to_customer(ticket, reply, by=ticket.owner, at=MONDAY + DAY + HOUR)
    say_closed(ticket, MONDAY + DAY + 2 * HOUR)
    attack(CLOSE, "checked", MONDAY + DAY + 2 * HOUR, ticket.pk)
    old = OpinionCheck.objects.get(number=1)
    attack("UPDATE tickets_ticket SET open_check_id = %s WHERE id = %s", old.deadline_id, ticket.pk)
    ask(ticket, "satisfied", at=MONDAY + DAY + 3 * HOUR)
    assert ticket.ended == "checked"


def test_the_customers_word_is_no_confirmation_and_a_confirmation_no_customers_word():
    ticket = solved()
    ask(ticket, "not_reached", at=MONDAY + 2 * HOUR)
    said = add_contact(
        ticket, words="Fine", direction="out", mode="spoken", purpose="check", channel="phone", by=ticket.owner,
        at=MONDAY + DAY,
    )  # fmt: skip
    OpinionCheck.objects.filter(outcome=None).update(
        outcome="satisfied", asked_by=colleague(ticket), asked_at=MONDAY + DAY, contact=said
    )
    say_closed(ticket, MONDAY + DAY)
    attack(CLOSE, "confirmed", MONDAY + DAY, ticket.pk)


def test_who_solved_it_does_not_confirm_it():
    solved(anonymous=True)
    attack(
        "UPDATE tickets_opinioncheck SET outcome = 'satisfied', asked_by_id = solver_id, asked_at = %s",
        MONDAY + DAY,
    )


def test_a_confirmation_closes_as_confirmed_only():
    ticket = solved(anonymous=True)
    OpinionCheck.objects.update(outcome="satisfied", asked_by=colleague(ticket), asked_at=MONDAY + DAY)
    say_closed(ticket, MONDAY + DAY)
    attack(CLOSE, "checked", MONDAY + DAY, ticket.pk)


def test_a_second_person_confirms():
    ticket = solved(anonymous=True)
    confirm_solved(ticket, by=colleague(ticket), at=MONDAY + DAY)
    assert Ticket.objects.get().ended == "confirmed"


# Without a check


def test_the_time_for_objections_is_neither_shortened_nor_left_out():
    ticket = solved(kind=Kind.INQUIRY)
    attack("UPDATE tickets_ticket SET unopposed_at = %s", MONDAY + 2 * HOUR)
    attack("UPDATE tickets_ticket SET unopposed_at = NULL")
    attack("UPDATE tickets_ticket SET resolved_at = %s", MONDAY)
    say_closed(ticket, MONDAY + 2 * DAY)
    attack(CLOSE, "unopposed", MONDAY + 2 * DAY, ticket.pk)


def test_what_demands_a_check_never_closes_by_itself():
    solved()
    attack("UPDATE tickets_ticket SET unopposed_at = %s", MONDAY + 2 * HOUR)


def test_an_answer_nobody_accepted_does_not_close():
    ticket = make_ticket(kind=Kind.INQUIRY)
    said = add_contact(
        ticket, words="At nine.", direction="out", mode="spoken", purpose="reply", channel="phone", by=ticket.owner,
        at=MONDAY + HOUR,
    )  # fmt: skip
    Promise.objects.update(reply=said)
    say_closed(ticket, MONDAY + HOUR)
    attack(CLOSE_AT_ONCE, "accepted", MONDAY + HOUR, MONDAY + HOUR, ticket.pk)
    attack(CLOSE_AT_ONCE, "decided", MONDAY + HOUR, MONDAY + HOUR, ticket.pk)


def test_an_attempt_or_a_letter_on_the_file_is_never_accepted():
    ticket = make_ticket(anonymous=True)
    attempts = [("tried", "reply"), ("on_file", "reply"), ("spoken", "update")]
    for mode, purpose in attempts:
        refused(
            lambda mode=mode, purpose=purpose: add_contact(
                ticket, words="Hm", direction="out", mode=mode, purpose=purpose, channel="phone", accepted=True,
                by=ticket.owner, at=MONDAY + HOUR,
            )
        )  # fmt: skip


def test_a_complaint_accepted_in_a_reply_still_owes_its_check():
    ticket = make_ticket()
    reply = Reply(words="Done.", mode="spoken", channel="phone", solved=True, accepted=True)
    reply_to_customer(ticket, reply, by=ticket.owner, at=MONDAY + HOUR)
    say_closed(ticket, MONDAY + HOUR)
    attack(CLOSE, "accepted", MONDAY + HOUR, ticket.pk)


@pytest.mark.parametrize("kind", ["complaint", "inquiry", "suggestion"])
def test_a_matter_answered_now_bears_the_accepted_answer(kind):
    ticket = make_ticket(kind=kind, answer=Answer("At nine."))
    assert ticket.contacts.get(accepted=True).at == ticket.resolved_at


@pytest.mark.postgresql
@pytest.mark.parametrize("kind", ["complaint", "inquiry"])
def test_a_matter_that_enters_closed_without_its_answer_is_refused_at_commit(kind):
    ticket = make_ticket(kind=kind, answer=Answer("At nine."))
    spare = make_ticket(kind=kind).promises.get().words
    fresh = Ticket.objects.get(pk=ticket.pk)
    fresh.pk, fresh.number, fresh.first_words = None, "2026-000777", spare
    refused_at_commit(lambda: fresh.save(force_insert=True))


def test_only_who_asked_for_a_task_confirms_it():
    ticket = make_ticket(kind=Kind.TASK, requester=make_agent())
    finish_task(ticket, words="Done.", by=ticket.owner, at=MONDAY + HOUR)
    say_closed(ticket, MONDAY + DAY)
    attack(CLOSE, "confirmed", MONDAY + DAY, ticket.pk)
    confirm_task(ticket, by=ticket.requester, at=MONDAY + DAY)
    assert Ticket.objects.get().ended == "confirmed"


@pytest.fixture
def reported():
    ticket = make_ticket(kind=Kind.TASK, requester=make_agent())
    finish_task(ticket, words="Done.", by=ticket.owner, at=MONDAY + HOUR)
    return Ticket.objects.get(pk=ticket.pk)


def closed_by(ticket, confirming, closing):
    """The intruder writes that somebody confirmed a task, and the entry that somebody closed it."""
    at = MONDAY + DAY
    OpinionCheck.objects.filter(ticket=ticket).update(outcome="satisfied", asked_by=confirming, asked_at=at)
    record(ticket.key, "closed", by=closing, at=at, ended="confirmed")
    closing_it = {"state": "closed", "ended": "confirmed", "closed_at": at, "open_check": None}
    return lambda: Ticket.objects.filter(pk=ticket.pk).update(**closing_it)


def test_nobody_elses_word_closes_a_task(reported):
    refused(closed_by(reported, reported.owner, reported.owner))


def test_a_confirmation_counts_only_with_its_own_entry(reported):
    refused(closed_by(reported, reported.requester, reported.owner))
    closed_by(reported, reported.requester, reported.requester)()
    assert Ticket.objects.get().ended == "confirmed"


def test_a_deputy_counts_while_the_requester_is_away_but_not_for_their_own_work(reported):
    make_absence(reported.requester, deputy=colleague(reported), starts_at=MONDAY, ends_at=MONDAY + 2 * DAY)
    with transaction.atomic():
        refused(closed_by(reported, reported.owner, reported.owner))  # who reported it
        transaction.set_rollback(True)
    closed_by(reported, other := colleague(reported), other)()
    assert Ticket.objects.get().ended == "confirmed"


def test_a_resolved_task_keeps_its_confirmation_and_takes_no_other_check(reported):
    attack("UPDATE tickets_ticket SET open_check_id = NULL WHERE id = %s", reported.pk)
    check = owe("check", reported, due_at=MONDAY + DAY, at=MONDAY + HOUR)
    attack("UPDATE tickets_ticket SET open_check_id = %s WHERE id = %s", check.pk, reported.pk)
    confirmation = owe("confirmation", (complaint := solved()), due_at=MONDAY + DAY, at=MONDAY + HOUR)
    attack("UPDATE tickets_ticket SET open_check_id = %s WHERE id = %s", confirmation.pk, complaint.pk)


@pytest.mark.parametrize(
    ("form", "kind", "of"),
    [("customer", "confirmation", "owner"), ("requester", "check", "requester"), ("requester", "confirmation", "owner")],
)  # fmt: skip
def test_a_tasks_check_is_its_requesters_and_of_no_other_form(reported, form, kind, of):
    execute(
        "UPDATE tickets_opinioncheck SET outcome = 'withdrawn', asked_at = %s WHERE ticket_id = %s", MONDAY + DAY, reported.pk
    )  # fmt: skip
    matter = ToConfirm(reported, getattr(reported, of), reported.department)
    deadline = owe(kind, matter, due_at=MONDAY + DAY, at=MONDAY + HOUR)
    refused(
        lambda: OpinionCheck.objects.create(
            ticket=reported, deadline=deadline, number=2, form=form, solver=reported.owner
        )
    )


def test_no_complaint_is_confirmed_by_who_asked_for_it():
    ticket = solved()
    OpinionCheck.objects.update(outcome="withdrawn", asked_at=MONDAY + DAY)
    deadline = owe("confirmation", ticket, due_at=MONDAY + DAY, at=MONDAY + HOUR)
    refused(
        lambda: OpinionCheck.objects.create(
            ticket=ticket, deadline=deadline, number=2, form="requester", solver=ticket.owner
        )
    )


@pytest.mark.postgresql
def test_a_confirmation_given_to_somebody_else_is_refused_at_commit(reported):
    refused_at_commit(
        lambda: execute(
            "UPDATE clock_deadline SET owner_id = %s WHERE id = %s", reported.owner_id, reported.open_check_id
        )
    )


# Void


def test_a_request_nobody_confirmed_or_somebody_refused_voids_nothing():
    ticket = make_ticket(anonymous=True)
    request = ask_to_void(ticket, reason="Test", by=ticket.owner, at=MONDAY)
    say_closed(ticket, MONDAY + HOUR)
    attack(CLOSE, "void", MONDAY + HOUR, ticket.pk)
    decide_void(request, confirmed=False, by=colleague(ticket), at=MONDAY + HOUR)
    attack(CLOSE, "void", MONDAY + HOUR, ticket.pk)


def test_a_request_is_not_entered_as_confirmed():
    ticket = make_ticket(anonymous=True)
    request = ask_to_void(ticket, reason="Test", by=ticket.owner, at=MONDAY)
    decide_void(request, confirmed=False, by=colleague(ticket), at=MONDAY + HOUR)
    attack(
        "INSERT INTO tickets_voidrequest (ticket_id, reason_id, asked_by_id, asked_at, decided_by_id, decided_at, confirmed)"
        " SELECT ticket_id, first_words_id, asked_by_id, asked_at, decided_by_id, decided_at, TRUE"
        " FROM tickets_voidrequest v JOIN tickets_ticket t ON t.id = v.ticket_id"
    )


def test_void_stays_void():
    ticket = make_ticket(anonymous=True)
    request = ask_to_void(ticket, reason="Test", by=ticket.owner, at=MONDAY)
    decide_void(request, confirmed=True, by=colleague(ticket), at=MONDAY + HOUR)
    fresh = owe("promise", ticket, due_at=MONDAY + DAY, at=MONDAY + HOUR)
    attack(
        "UPDATE tickets_ticket SET state = 'unresolved', ended = NULL, closed_at = NULL, live_deadline_id = %s",
        fresh.pk,
    )
    attack("UPDATE tickets_ticket SET ended = 'accepted'")


# Closed and open again


@pytest.mark.parametrize(
    "change",
    ["ended = 'decided'", "closed_at = '2026-05-11 00:00:00+00:00'", "resolved_at = '2026-05-11 00:00:00+00:00'",
     "state = 'resolved', ended = NULL, closed_at = NULL", "state = 'unresolved', ended = NULL, closed_at = NULL"],
)  # fmt: skip
def test_how_a_matter_was_closed_cannot_be_rewritten(change):
    ticket = solved()
    ask(ticket, "satisfied", at=MONDAY + 2 * HOUR)
    attack(f"UPDATE tickets_ticket SET {change}")


def test_a_matter_is_not_reopened_without_a_promise_of_its_own():
    ticket, other = solved(kind=Kind.SUGGESTION), make_ticket()
    attack(
        "UPDATE tickets_ticket SET state = 'unresolved', ended = NULL, closed_at = NULL, resolved_at = NULL,"
        " live_deadline_id = %s WHERE id = %s",
        other.live_deadline_id, ticket.pk,
    )  # fmt: skip


# Promises and deadlines


@pytest.mark.parametrize(
    "change",
    ["due_at = '2026-06-30 00:00:00+00:00'", "made_at = '2026-05-01 00:00:00+00:00'", "kind = 'check'",
     "subject = 'ticket:2026-000002'", "schedule = '[]'", "ladder_id = NULL"],
)  # fmt: skip
def test_a_promise_never_moves(change):
    make_ticket()
    make_ticket()
    attack(f"UPDATE clock_deadline SET {change}")


@pytest.mark.parametrize(
    "change", ["ticket_id = ticket_id + 1", "deadline_id = deadline_id + 1", "wished = TRUE"]
)
def test_a_promise_is_not_given_to_another_matter(change):
    make_ticket()
    owe("promise", make_ticket(), due_at=MONDAY + HOUR, at=MONDAY)
    attack(f"UPDATE tickets_promise SET {change} WHERE id = (SELECT MIN(id) FROM tickets_promise)")


def test_the_due_time_shown_in_the_queue_is_that_of_the_deadline_whatever_is_written():
    ticket = make_ticket()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_ticket SET due_at = '2030-01-01 00:00:00+00:00'")
    ticket.refresh_from_db()
    assert ticket.due_at == ticket.live.due_at


def test_a_promise_is_the_next_one_and_has_a_live_deadline():
    ticket = make_ticket()
    old = ticket.promises.get()
    fresh = owe("promise", ticket, due_at=MONDAY + 2 * HOUR, at=MONDAY)
    words = {
        "words": make_ticket().first_words,
        "channel": "phone",
        "made_by": ticket.owner,
        "made_at": MONDAY,
    }
    refused(lambda: Promise.objects.create(ticket=ticket, deadline=fresh, number=3, **words))
    refused(
        lambda: Promise.objects.create(
            ticket=make_ticket(),
            deadline=fresh,
            number=2,
            **words,
        )
    )
    reply = Reply(words="Soon.", mode="spoken", channel="phone", next_word=make_word(MONDAY + 6 * HOUR))
    reply_to_customer(ticket, reply, by=ticket.owner, at=MONDAY + HOUR)
    old.refresh_from_db()
    attack("UPDATE tickets_ticket SET live_deadline_id = %s WHERE id = %s", old.deadline_id, ticket.pk)


def test_nothing_is_owed_as_settled_or_broken_from_the_beginning():
    make_ticket()
    columns = "kind, subject, path, label, owner_id, first_responder_id, department_id, calendar_id, round_the_clock, made_at,"
    columns += " due_at, derivation, schedule, next_step, error"
    insert = f"INSERT INTO clock_deadline ({columns}, settled_at, outcome, broken_at) SELECT {columns}, {{}} FROM clock_deadline"
    attack(insert.format("due_at, 'kept', NULL"))
    attack(insert.format("NULL, NULL, due_at"))


@pytest.mark.postgresql
@pytest.mark.parametrize("kind", ["promise", "check", "task", "confirmation"])
def test_a_second_thing_owed_on_a_ticket_is_refused_at_commit(kind):
    ticket = make_ticket()
    refused_at_commit(lambda: owe(kind, ticket, due_at=MONDAY + HOUR, at=MONDAY))


@pytest.mark.postgresql
def test_a_promise_let_go_without_being_settled_is_refused_at_commit():
    ticket = make_ticket()

    def swap():
        fresh = owe("promise", ticket, due_at=MONDAY + HOUR, at=MONDAY)
        words = make_ticket().first_words
        ticket.promises.create(
            deadline=fresh, number=2, words=words, channel="phone", made_by=ticket.owner, made_at=MONDAY
        )
        Ticket.objects.filter(pk=ticket.pk).update(live_deadline=fresh)

    refused_at_commit(swap)


@pytest.mark.postgresql
def test_an_open_check_without_its_question_is_refused_at_commit():
    ticket = solved()

    def swap():
        fresh = owe("check", ticket, due_at=MONDAY + DAY, at=MONDAY + HOUR)
        Ticket.objects.filter(pk=ticket.pk).update(open_check=fresh)

    refused_at_commit(swap)
