"""Tickets are found by whose they are, as the customer is called now."""

import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from servicedesk.customers.editing import change_customer
from servicedesk.customers.persons import change_contact_person
from servicedesk.customers.testing import make_contact_person, make_customer
from tickets import searching
from tickets.corrections import correct_customer
from tickets.intake import Answer, open_ticket, open_tickets
from tickets.models import FoundByOldWords, Kind, Ticket
from tickets.searching import find_by_new_words
from tickets.testing import HOUR, MONDAY, make_agent, make_category, make_intake, make_ticket

pytestmark = pytest.mark.django_db


def found(text):
    return set(Ticket.objects.search(text))


def closed_ticket(customer):
    return make_ticket(kind=Kind.INQUIRY, customer=customer, answer=Answer("At nine."))


def rename(customer, **values):
    return change_customer(customer, by=make_agent(), at=MONDAY + HOUR, **values)


def many(customer, number, **fields):
    agent, category = make_agent(), make_category()
    intake = make_intake(first_responder=agent, category=category, customer=customer, **fields)
    return open_tickets([intake] * number, by=agent, at=MONDAY)


def test_after_a_change_of_name_open_tickets_are_found_by_the_new_one_at_once_and_closed_ones_soon():
    customer = make_customer("Lindqvist")
    ticket, closed, other = make_ticket(customer=customer), closed_ticket(customer), make_ticket()
    rename(customer, name="Bergström")
    assert (found("Bergström"), found("Lindqvist")) == ({ticket}, {closed})
    find_by_new_words()
    assert (found("Bergström"), found("Lindqvist")) == ({ticket, closed}, set())
    assert found(other.customer.name) >= {other}
    assert not FoundByOldWords.objects.exists()


def test_a_new_telephone_number_or_contact_person_finds_as_well():
    person = make_contact_person(name="Ilse Vogel")
    ticket = make_ticket(customer=person.customer)
    rename(person.customer, phones=["139 1234 5678"])
    assert found("13912345678") == {ticket}
    rename(person.customer, phones=["139 8765 4321"])
    assert (found("13912345678"), found("13987654321")) == (set(), {ticket})
    change_contact_person(person, name="Ilse Kranich", by=make_agent(), at=MONDAY + HOUR)
    assert (found("Vogel"), found("Kranich")) == (set(), {ticket})


def test_what_finds_nobody_and_what_changes_no_word_leaves_nothing_to_do():
    nobody, customer = make_customer("Lindqvist"), make_customer("Ek")
    make_ticket(customer=customer)
    rename(nobody, name="Bergström")
    rename(customer, notes="Likes letters.")
    assert not FoundByOldWords.objects.exists()


def test_a_change_that_is_undone_leaves_all_as_it_was():
    customer = make_customer("Lindqvist")
    ticket = make_ticket(customer=customer)
    with pytest.raises(RuntimeError), transaction.atomic():
        rename(customer, name="Bergström")
        raise RuntimeError
    assert (found("Bergström"), found("Lindqvist")) == (set(), {ticket})
    assert not FoundByOldWords.objects.exists()


def test_a_crash_in_mid_batch_keeps_the_mark_and_the_next_run_ends_the_work(monkeypatch):
    monkeypatch.setattr(searching, "BATCH", 2)
    customer = make_customer("Lindqvist")
    closed = {closed_ticket(customer) for _ in range(5)}
    rename(customer, name="Bergström")
    find_by_new_words(batches=1)
    assert len(found("Bergström")) == 2
    write, calls = Ticket.objects.bulk_update, []

    def dies(rows, *arguments, **options):
        calls.append(write(rows, *arguments, **options))
        raise RuntimeError("the power goes")

    with monkeypatch.context() as dying:
        dying.setattr(type(Ticket.objects), "bulk_update", lambda self, *rest, **more: dies(*rest, **more))
        with pytest.raises(RuntimeError):
            find_by_new_words()
    assert calls == [2]
    assert (len(found("Bergström")), FoundByOldWords.objects.get().customer) == (2, customer)
    find_by_new_words()
    assert (found("Bergström"), found("Lindqvist")) == (closed, set())
    assert not FoundByOldWords.objects.exists()


def test_a_second_change_while_batches_run_begins_anew(monkeypatch):
    monkeypatch.setattr(searching, "BATCH", 2)
    customer = make_customer("Lindqvist")
    closed = {closed_ticket(customer) for _ in range(3)}
    rename(customer, name="Bergström")
    find_by_new_words(batches=1)
    rename(customer, name="Dahl")
    find_by_new_words()
    assert (found("Dahl"), found("Bergström"), found("Lindqvist")) == (closed, set(), set())


def test_erased_words_do_not_come_back_by_a_change_of_name():
    customer = make_customer("Lindqvist")
    tickets = {make_ticket(customer=customer), closed_ticket(customer)}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_words SET text = NULL, salt = NULL, erased_at = %s", [MONDAY])
    Ticket.objects.update(tokens="")
    rename(customer, name="Bergström")
    find_by_new_words()
    assert (found("heating"), found("Bergström")) == (set(), tickets)


def test_a_thousand_open_tickets_cost_one_change_no_more_statements_than_two_hundred(monkeypatch):
    monkeypatch.setattr(searching, "AT_ONCE", 50)
    small, large = make_customer("Lindqvist"), make_customer("Lindqvist")
    many(small, 50)
    tickets = many(large, 1000)
    counts = []
    for customer in (small, large):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            rename(customer, name="Bergström")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert len(found("Bergström")) == 100
    find_by_new_words()
    assert found("Bergström") >= set(tickets)
    assert not found("Lindqvist")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_ticket_that_somebody_holds_is_waited_for_without_holding_anybody_up():
    customer = make_customer("Lindqvist")
    tickets = [make_ticket(customer=customer), make_ticket(customer=customer)]
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Ticket.objects.select_for_update().get(pk=tickets[0].pk)
            held.set()
            done.wait(20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(20)
    try:
        rename(customer, name="Bergström")
        find_by_new_words()
        assert found("Bergström") == {tickets[1]}
    finally:
        done.set()
        holder.join()
    find_by_new_words()
    assert found("Bergström") == set(tickets)
    assert not FoundByOldWords.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_ticket_just_being_taken_in_bears_the_name_that_its_customer_has_afterwards():
    customer, agent = make_customer("Lindqvist"), make_agent()
    intake = make_intake(customer=customer, first_responder=agent)
    taken, go_on = threading.Event(), threading.Event()

    def take_in():
        with transaction.atomic():
            open_ticket(intake, by=agent, at=MONDAY)
            taken.set()
            go_on.wait(1)
        connection.close()

    thread = threading.Thread(target=take_in)
    thread.start()
    assert taken.wait(20)
    rename(customer, name="Bergström")  # waits for the intake
    thread.join()
    find_by_new_words()
    assert (len(found("Bergström")), found("Lindqvist")) == (1, set())


def test_a_ticket_given_to_another_customer_is_found_by_that_one():
    ticket, right = make_ticket(customer=make_customer("Lindqvist")), make_customer("Bergström")
    correct_customer(ticket, customer=right, by=ticket.owner, at=MONDAY + HOUR)
    assert (found("Bergström"), found("Lindqvist")) == ({ticket}, set())
