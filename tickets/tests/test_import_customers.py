"""Whose matter a row of an import is: known by the telephone, new by name and telephone, else kept in the words."""

import pytest

from servicedesk.audit.invariants import findings
from servicedesk.customers.models import Customer
from servicedesk.customers.testing import make_customer
from tickets.importing.testing import run, text
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

HEADING = "number,category,words,phone,name"


def ticket(number):
    return Ticket.objects.get(external_number=number)


def test_the_telephone_tells_whose_matter_it_is(owner, write):
    wang = make_customer(name="Wang", phones=["021-6543 2109"])
    path = write(text(["1,A,cold,+86 21 65432109,", "2,A,dark,65432109,Somebody"], HEADING))
    run(path)
    assert {ticket("1").customer, ticket("2").customer} == {wang}
    assert not ticket("1").anonymous
    assert Customer.objects.count() == 1


def test_who_gives_name_and_number_becomes_one_customer_however_many_rows(owner, write, monkeypatch):
    monkeypatch.setattr("servicedesk.importing.running.BATCH", 2)
    rows = [f"{n},A,cold {n},13800138000,王芳" for n in range(5)]
    path = write(text(rows, HEADING))
    run(path)
    wang = Customer.objects.get()
    assert (wang.name, wang.created_by) == ("王芳", None)
    assert Ticket.objects.filter(customer=wang, anonymous=False).count() == 5
    assert ticket("0").first_words.text == "cold 0"
    assert run(path) == {"read": 5, "taken": 0, "unchanged": 5, "refused": 0}
    assert not [found for found in findings() if found.violations]


def test_of_several_with_one_number_the_name_tells_who_it_is(owner, write):
    make_customer(name="Li", phones=["13800138000"])
    wang = make_customer(name="Wang", phones=["13800138000"])
    rows = ["1,A,cold,13800138000,Wang", "2,A,dark,13800138000,Zhao", "3,A,loud,13800138000,"]
    run(write(text(rows, HEADING)))
    assert ticket("1").customer == wang
    assert ticket("2").customer.name == "Zhao"
    assert ticket("3").anonymous


@pytest.mark.parametrize(
    ("who", "kept"),
    [
        (",王芳", "name: 王芳"),
        ("13800138000,", "phone: 13800138000"),
        ("unknown,王芳", "phone: unknown\nname: 王芳"),
    ],
)
def test_what_tells_nobody_who_it_is_stays_readable_in_the_words(owner, write, who, kept):
    path = write(text([f"1,A,cold,{who}"], HEADING))
    run(path)
    assert ticket("1").anonymous
    assert ticket("1").first_words.text == f"cold\n{kept}"
    assert run(path)["unchanged"] == 1


def test_a_name_that_cannot_be_kept_refuses_its_row_and_no_other(owner, write):
    rows = [f"1,A,cold,13800138000,{'x' * 500}", "2,A,dark,13900139000,Wang", "3,A,loud,13900139000,Wang"]
    counts = run(write(text(rows, HEADING)), code=1)
    assert (counts["taken"], counts["refused"]) == (2, 1)
    assert [customer.name for customer in Customer.objects.all()] == ["Wang"]


def test_a_dry_run_makes_no_customer(owner, write):
    run(write(text(["1,A,cold,13800138000,Wang"], HEADING)), dry_run=True)
    assert not Customer.objects.exists()


def test_telephones_take_no_query_for_each_row(owner, write, django_assert_max_num_queries):
    rows = [f"{n},A,cold,1380013{n:04},Name {n}" for n in range(300)]
    with django_assert_max_num_queries(70):
        run(write(text(rows, HEADING)))
    assert Customer.objects.count() == 300
