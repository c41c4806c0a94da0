"""Telephone numbers and mail addresses in their one form."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.customers.normal import (
    LONGEST,
    last_digits,
    line_digits,
    normalise_email,
    normalise_phone,
    readable_phone,
    ways_to_write,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800138000", "+8613800138000"),
        ("138 0013 8000", "+8613800138000"),
        ("138-0013-8000", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("0086 13800138000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("电话：138 0013 8000", "+8613800138000"),
        ("021-65432109", "+862165432109"),
        ("(021) 6543 2109", "+862165432109"),
        ("（０２１）６５４３２１０９", "+862165432109"),
        ("021-65432109 转 801", "+862165432109;ext=801"),
        ("021-65432109轉801", "+862165432109;ext=801"),
        ("021-65432109 分机号：801", "+862165432109;ext=801"),
        ("021-65432109-801", "+862165432109;ext=801"),
        ("+86 21 6543 2109 ext. 801", "+862165432109;ext=801"),
        ("021-65432109 Ext 801", "+862165432109;ext=801"),
        ("021-65432109#801", "+862165432109;ext=801"),
        ("400-820-8820", "+864008208820"),
        ("95588", "95588"),
        ("12345", "12345"),
        ("110", "110"),
        ("801", "801"),
        ("65432109", "65432109"),
        ("+852 2345 6789", "+85223456789"),
        ("٠٢١٦٥٤٣٢١٠٩", "+862165432109"),
        ("", ""),
        ("  　", ""),
    ],
)
def test_a_number_has_one_form(text, number):
    assert normalise_phone(text) == number


def test_the_region_says_how_a_national_number_is_read():
    assert normalise_phone("020 7946 0000", "GB") == "+442079460000"
    assert normalise_phone("(650) 253-0000", region="US") == "+16502530000"


@pytest.mark.parametrize(
    "text", ["call me", "no", "-", "1", "++", "🙂", "13800138000 or 13900139000 or 13700137000", "a" * 70]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValidationError):
        normalise_phone(text)


@settings(max_examples=400, deadline=None)
@given(st.text(alphabet="0123456789+-() .转x#;ext=，０１８９", max_size=30) | st.text(max_size=LONGEST))
def test_normalising_twice_changes_nothing(text):
    try:
        number = normalise_phone(text)
    except ValidationError:
        return
    assert normalise_phone(number) == number
    assert len(number) <= 48
    assert line_digits(number).isdecimal() == bool(number)
    assert len(line_digits(number)) <= 20
    readable_phone(number)


@settings(max_examples=200, deadline=None)
@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_mobile_numbers_keep_their_digits(digits):
    assert last_digits(normalise_phone(digits)) == digits[-7:]


def test_a_number_is_found_however_it_is_typed():
    assert ways_to_write("+862165432109;ext=801") == [
        "862165432109", "02165432109", "2165432109", "021 6543 2109 ext. 801"
    ]  # fmt: skip
    assert ways_to_write("801") == ["801"]


def test_numbers_of_home_are_shown_without_their_country():
    assert readable_phone("+8613800138000") == "138 0013 8000"
    assert readable_phone("+85223456789") == "+852 2345 6789"


def test_mail_addresses_have_one_form():
    assert normalise_email(" Wang.Li＠Example.ORG ") == "wang.li@example.org"
    assert normalise_email("") == ""
    with pytest.raises(ValidationError):
        normalise_email("nobody at example")
