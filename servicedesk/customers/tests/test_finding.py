"""Whose number is this; the search."""

import pytest

from servicedesk.customers.finding import find_by_email, find_by_phone, likely_duplicates
from servicedesk.customers.models import Customer
from servicedesk.customers.testing import make_contact_person, make_customer

pytestmark = pytest.mark.django_db


def test_a_caller_is_found_by_the_number_in_any_form():
    wang = make_customer("王芳", phones=["138 0013 8000"])
    make_customer("李娜", phones=["138 0013 8001"])
    for text in ("13800138000", "+86 138-0013-8000", "0086 13800138000", "１３８００１３８０００"):
        assert list(find_by_phone(text)) == [wang]


def test_a_number_shared_by_several_gives_all():
    one = make_customer(kind="household", phones=["021-65432109"])
    two = make_contact_person(phones=["(021) 6543 2109"]).customer
    assert list(find_by_phone("02165432109")) == [one, two]


def test_a_switchboard_is_found_with_and_without_the_extension():
    board = make_customer(kind="organisation", phones=["021-65432109"])
    desk = make_contact_person(phones=["021-65432109 转 801"]).customer
    assert list(find_by_phone("021-65432109")) == [board]
    assert list(find_by_phone("021-65432109-801")) == [desk]
    assert list(find_by_phone("021-65432109-999")) == [board, desk]


def test_a_number_without_its_area_code_finds_the_whole_one_and_back():
    whole = make_customer(phones=["021-65432109"])
    part = make_customer(phones=["87654321"])
    assert list(find_by_phone("65432109")) == [whole]
    assert list(find_by_phone("010-87654321")) == [part]
    assert list(find_by_phone("5432109")) == [whole]
    assert not find_by_phone("432109")


def test_another_number_with_the_same_end_is_not_taken_for_it():
    make_customer(phones=["021-65432109"])
    assert not find_by_phone("010-65432109")


def test_short_numbers_are_found_whole_only():
    desk = make_customer(phones=["801"])
    make_customer(phones=["1801"])
    assert list(find_by_phone("801")) == [desk]


@pytest.mark.parametrize("text", ["", " ", "unknown", "匿名", "1" * 300, "\x00", "🙂"])
def test_what_is_no_number_finds_nobody(text):
    make_customer(phones=["13800138000"])
    assert not find_by_phone(text)
    assert not find_by_email(text)


def test_a_caller_is_found_in_few_statements(django_assert_max_num_queries):
    make_customer(phones=["13800138000"])
    with django_assert_max_num_queries(2):
        list(find_by_phone("13800138000"))


def test_a_writer_is_found_by_the_address():
    wang = make_contact_person(emails=["Wang@Example.org"]).customer
    assert list(find_by_email("wang@example.ORG ")) == [wang]


def test_customers_are_found_by_all_they_are_known_by():
    acme = make_customer(
        "上海明珠电梯有限公司",
        kind="organisation",
        phones=["021-65432109"],
        emails=["office@mingzhu.example"],
    )
    make_contact_person(acme, "单小明", phones=["13912345678"])
    make_customer("Nobody")
    for text in (
        acme.number, acme.number.lower(), "明珠", "明珠 电梯", "shan xiao ming", "sxm", "shanxiaom", "021-65432109",
        "65432109", "2109", "13912345678", "1391234", "5678", "office@mingzhu.example", "mingzhu", "单小明",
    ):  # fmt: skip
        assert list(Customer.objects.search(text)) == [acme], text
    assert Customer.objects.search("").count() == 2


def test_a_likely_duplicate_is_hinted_at_and_no_obstacle():
    first = make_customer("王芳", phones=["13800138000"], emails=["wang@example.org"])
    assert list(likely_duplicates(name=" 王芳 ")) == [first]
    assert list(likely_duplicates(phones=["+8613800138000"])) == [first]
    assert list(likely_duplicates(emails=["wang@example.org"])) == [first]
    assert list(likely_duplicates(name="王", phones=["+8613900139000"])) == []

    second = make_customer("Wang Fang", phones=["13800138000"])
    assert list(likely_duplicates(phones=["+8613800138000"], besides=second)) == [first]
    assert list(find_by_phone("13800138000")) == [first, second]
