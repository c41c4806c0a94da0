"""What the database refuses, whoever writes the row: each invariant attacked in raw SQL (DESIGN 6)."""

import pytest
from django.db import connection

from servicedesk.audit.invariants import findings
from servicedesk.clock.owing import owe
from servicedesk.customers.testing import make_customer, make_project
from tickets.intake import Answer
from tickets.models import Ticket
from tickets.replies import Reply, reply_to_customer
from tickets.testing import HOUR, MONDAY, make_agent, make_ticket
from tickets.tests.attacks import attack, prepared, refused, refused_at_commit  # noqa: F401
from tickets.voiding import ask_to_void

pytestmark = pytest.mark.django_db


def solved():
    ticket = make_ticket()
    reply = Reply(words="Done.", mode="spoken", channel="phone", solved=True)
    reply_to_customer(ticket, reply, by=ticket.owner, at=MONDAY + HOUR)
    ticket.refresh_from_db()
    return ticket


def violations():
    return [one for finding in findings() for one in finding.examples]


@pytest.mark.clause("R1.1b", "R5.2.1")
@pytest.mark.parametrize(
    "column",
    ["number = '2026-999999'", "first_responder_id = owner_id + 1", "received_at = '2020-01-01 00:00:00+00:00'",
     "first_words_id = first_words_id + 1", "recorded_at = '2020-01-01 00:00:00+00:00'", "kind = 'inquiry'"],
)  # fmt: skip
def test_first_things_never_change(column):
    make_ticket()
    attack(f"UPDATE tickets_ticket SET {column}")


def test_project_and_repeated_matter_are_the_customers_own():
    customer = make_customer()
    project, before = make_project(customer), make_ticket(customer=customer)
    theirs = make_ticket(customer=customer, project=project, repeat_of=before)
    other = make_ticket()
    attack(
        "UPDATE tickets_ticket SET customer_id = %s, project_id = NULL WHERE id = %s",
        other.customer_id,
        theirs.pk,
    )
    attack(
        "UPDATE tickets_ticket SET customer_id = %s, repeat_of_id = NULL WHERE id = %s",
        other.customer_id,
        theirs.pk,
    )
    attack("UPDATE tickets_ticket SET customer_id = %s WHERE id = %s", other.customer_id, before.pk)
    attack("UPDATE tickets_ticket SET project_id = %s WHERE id = %s", project.pk, other.pk)
    attack("UPDATE tickets_ticket SET repeat_of_id = %s WHERE id = %s", before.pk, other.pk)
    refused(lambda: Ticket.objects.bulk_create([_copy(other, project=project)]))


def _copy(ticket, **fields):
    copy = Ticket.objects.get(pk=ticket.pk)
    copy.pk, copy.number = None, "2026-999999"
    for name, value in fields.items():
        setattr(copy, name, value)
    return copy


@pytest.mark.clause("R1.1g")
def test_an_unresolved_ticket_cannot_lose_its_deadline():
    make_ticket()
    attack("UPDATE tickets_ticket SET live_deadline_id = NULL")


def test_the_deadline_of_another_ticket_cannot_be_taken():
    first, second = make_ticket(), make_ticket()
    attack("UPDATE tickets_ticket SET live_deadline_id = %s WHERE id = %s", second.live_deadline_id, first.pk)


@pytest.mark.usefixtures("prepared")
def test_a_deadline_of_the_wrong_kind_cannot_be_taken():
    ticket = make_ticket()
    check = owe("check", ticket, due_at=MONDAY + HOUR, at=MONDAY)
    attack("UPDATE tickets_ticket SET live_deadline_id = %s WHERE id = %s", check.pk, ticket.pk)


def test_a_live_deadline_cannot_be_settled_while_the_ticket_holds_it():
    make_ticket()
    attack("UPDATE clock_deadline SET settled_at = due_at, outcome = 'kept', next_ring_at = NULL")


def test_a_settled_deadline_cannot_become_live_again():
    ticket = solved()
    old = ticket.promises.get().deadline_id
    attack(
        "UPDATE tickets_ticket SET state = 'unresolved', open_check_id = NULL, live_deadline_id = %s WHERE id = %s",
        old, ticket.pk,
    )  # fmt: skip


def test_a_resolved_ticket_cannot_lose_its_check():
    solved()
    attack("UPDATE tickets_ticket SET open_check_id = NULL")


@pytest.mark.clause("R1.2g")
@pytest.mark.parametrize("ended", ["checked", "confirmed", "accepted", "void"])
def test_nothing_closes_without_proof(ended):
    ticket = solved()
    attack(
        "UPDATE tickets_ticket SET state = 'closed', ended = %s, closed_at = resolved_at, open_check_id = NULL WHERE id = %s",
        ended, ticket.pk,
    )  # fmt: skip


OWN = (
    "INSERT INTO tickets_ownershipperiod (ticket_id, owner_id, department_id, how, from_at, to_at)"
    " SELECT ticket_id, owner_id, department_id, '{how}', '{start}', {end} FROM tickets_ownershipperiod WHERE ticket_id = %s"
)


def in_sql(moment):
    """A moment as both engines keep it."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


RECEIPT, LATER = in_sql(MONDAY), in_sql(MONDAY + HOUR)


@pytest.mark.parametrize(
    ("how", "start", "end"),
    [("taken_over", RECEIPT, f"'{LATER}'"), ("taken_over", LATER, f"'{LATER}'"), ("reopened", LATER, "NULL")],
    ids=["from the receipt on", "in between", "a second one"],
)  # fmt: skip
def test_nobody_is_put_beside_who_owns_a_ticket(how, start, end):
    attack(OWN.format(how=how, start=start, end=end), make_ticket().pk)


@pytest.mark.parametrize("how", ["taken_over", "reopened"])
def test_nobody_owned_a_ticket_after_its_closing(how):
    ticket = make_ticket(answer=Answer("It is warm again."))
    assert ticket.closed_at == MONDAY
    attack(OWN.format(how=how, start=RECEIPT, end=f"'{LATER}'"), ticket.pk)
    attack(OWN.format(how=how, start=LATER, end=f"'{LATER}'"), ticket.pk)


@pytest.mark.usefixtures("prepared")
def test_ownership_leaves_no_gap():
    ticket = make_ticket()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_ownershipperiod SET to_at = from_at")
    for how in ("taken_over", "leaver", "reopened"):
        attack(OWN.format(how=how, start=LATER, end="NULL"), ticket.pk)


def test_history_cannot_be_claimed_afterwards():
    ticket = solved()
    attack(
        "UPDATE tickets_ticket SET state = 'closed', ended = 'history', closed_at = resolved_at, open_check_id = NULL,"
        " is_history = TRUE WHERE id = %s",
        ticket.pk,
    )


@pytest.mark.clause("R7.1.5d")
@pytest.mark.parametrize(
    "table",
    ["tickets_ticket", "tickets_contact", "tickets_promise", "tickets_ownershipperiod", "tickets_opinioncheck",
     "tickets_numberseries"],
)  # fmt: skip
def test_nothing_is_ever_deleted(table):
    solved()
    attack(f"DELETE FROM {table}")


@pytest.mark.clause("R1.1g")
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE tickets_contact SET at = recorded_at",
        "UPDATE tickets_promise SET number = 7",
        "UPDATE tickets_promise SET reply_id = NULL",
        "UPDATE tickets_ownershipperiod SET owner_id = owner_id + 1",
        "UPDATE tickets_ownershipperiod SET from_at = '2020-01-01 00:00:00+00:00'",
        "UPDATE tickets_opinioncheck SET solver_id = solver_id + 1",
        "UPDATE tickets_numberseries SET last = 0",
    ],
)
def test_what_happened_cannot_be_rewritten(sql):
    solved()
    attack(sql)


def test_two_people_cannot_own_a_ticket_at_once():
    ticket = make_ticket()
    attack(
        "INSERT INTO tickets_ownershipperiod (ticket_id, owner_id, department_id, how, from_at)"
        " VALUES (%s, %s, %s, 'taken_over', '2026-05-12 00:00:00+00:00')",
        ticket.pk, make_agent().pk, ticket.department_id,
    )  # fmt: skip


def test_the_person_who_asked_cannot_confirm_the_void():
    ticket = make_ticket(anonymous=True)
    ask_to_void(ticket, reason="Test", by=ticket.owner, at=MONDAY)
    attack(
        "UPDATE tickets_voidrequest SET confirmed = TRUE, decided_by_id = asked_by_id, decided_at = asked_at"
    )


@pytest.mark.postgresql
def test_a_live_deadline_without_its_promise_is_refused_at_commit():
    ticket = make_ticket()

    def swap():
        stray = owe("promise", ticket, due_at=MONDAY + HOUR, at=MONDAY)
        Ticket.objects.filter(pk=ticket.pk).update(live_deadline=stray)

    refused_at_commit(swap)


def test_the_audit_finds_what_sqlite_cannot_judge_at_once():
    ticket = make_ticket()
    assert violations() == []
    if connection.vendor == "postgresql":
        return
    stray = owe("promise", ticket, due_at=MONDAY + HOUR, at=MONDAY)
    Ticket.objects.filter(pk=ticket.pk).update(live_deadline=stray)
    assert {one.subject for one in violations()} == {ticket.key}


def test_the_audit_finds_what_an_intruder_changed(triggers_lifted):
    ticket = make_ticket()
    other = make_agent()
    with triggers_lifted():
        Ticket.objects.filter(pk=ticket.pk).update(first_responder=other, owner=other)
    texts = {one.text for one in violations()}
    assert "First responder, first words or receipt differ from the timeline." in texts
    assert "No running ownership of the ticket's owner." in texts


def test_the_audit_is_clean_after_a_whole_life():
    from tickets.checks import Opinion, record_check

    ticket = solved()
    opinion = Opinion(outcome="satisfied", words="Fine.", channel="phone")
    record_check(ticket, opinion, by=make_agent(department=ticket.department), at=MONDAY + 2 * HOUR)
    assert violations() == []
