"""What a text is found by, without a database."""

import unicodedata
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.search.tokens import MOST_QUERY_TOKENS, UNSPACED, fold, kind_of, query_tokens, runs, tokens


def found(text: str, query: str) -> bool:
    """What both engines do with the tokens."""
    held = tokens(text).split()
    return all(
        any(token.startswith(wanted[:-1]) for token in held) if wanted.endswith("*") else wanted in held
        for wanted in query_tokens(query).split()
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("!?…  —— 。", ""),
        ("投诉电话", "投诉 诉电 电话 话"),
        ("张", "张"),
        ("Ｍüller müller", "muller"),
        ("Straße Łódź", "strasse lodz"),
        ("A座1203室", "a 座 1203 室"),
        ("SN-4711x", "sn 4711x 4711 x"),
        ("13800138000", "13800138000 8000 38000 138000 0138000 00138000 800138000 3800138000"),
        ("投\u200b诉", "投诉 诉"),
        ("😀 ok ❤\ufe0f", "ok"),
        ("१२ हिन्दी", "१२ हिन्दी"),
    ],
)
def test_a_text_becomes_plain_tokens(text, expected):
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ""),
        ('  *** "" -- \' & | ! ( ) : ', ""),
        ("😀", ""),
        ("投诉电话", "投诉 诉电 电话"),
        ("话", "话*"),
        ("Mül", "mul*"),
        ("a", "a"),
        ("late reply", "late reply*"),
        ('"late" NEAR/3 repl*', "late near 3 repl*"),
        ("+86 138-0013-8000", "3800138000*"),
        ("+8613800138000", "3800138000*"),
        ("2026-11", "2026 11*"),
    ],
)
def test_a_query_becomes_tokens_that_must_all_be_found(query, expected):
    assert query_tokens(query) == expected


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("客户投诉:电梯坏了", "投诉"),
        ("客户投诉:电梯坏了", "电梯 投诉"),
        ("客户投诉:电梯坏了", "了"),
        ("王小明来电", "小"),
        ("电话 021-6543 2109", "2109"),
        ("call 138-0013-8000", "13800138000"),
        ("13800138000", "138-0013-8000"),
        ("(021) 65432109", "+86 21 65432109"),
        ("13800138000", "8000"),
        ("0571-88886666", "+8657188886666"),
        ("+86 138 0013 8000", "13800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("ticket 2026-000123", "000123"),
        ("serial SN12345", "12345"),
        ("serial SN12345", "sn1"),
        ("don't wait", "DON’T"),
        ("ticket 2026-000123", "2026-000123"),
        ("ｶﾞｽ漏れ", "ガス"),
        ("東京タワー", "タワ"),
        ("สวัสดีครับ", "ครับ"),
    ],
)
def test_words_are_found_as_people_type_them(text, query):
    assert found(text, query)


@pytest.mark.parametrize(
    ("text", "query"),
    [("投诉", "诉投"), ("late reply", "late answer"), ("13800138000", "1380013 9"), ("abc", "a c")],
)
def test_a_missing_word_finds_nothing(text, query):
    assert not found(text, query)


@given(st.text(max_size=200))
def test_every_text_is_found_by_itself(text):
    assert found(text, text)


@given(st.text(alphabet=st.sampled_from("0123456789+-–() a张"), max_size=60))
def test_every_number_is_found_by_itself(text):
    assert found(text, text)


@given(st.text())
def test_tokens_hold_nothing_that_an_engine_could_interpret(text):
    letters = tokens(text).replace(" ", "") + query_tokens(text).replace(" ", "").replace("*", "")
    assert all(UNSPACED.match(letter) or unicodedata.category(letter)[0] in "LMN" for letter in letters)


def test_tokens_stay_bounded():
    for text in (
        "投诉" * 5_000,
        "ﷺ" * 100_000,
        "1234567 " * 20_000,
        "1" * 100_000,
        "+1 " * 50_000,
        "1-" * 50_000,
        "x" * 1_000_000,
    ):
        assert len(tokens(text).encode()) < 1_000_000
        assert len(query_tokens(text).split()) <= MOST_QUERY_TOKENS


def test_ten_thousand_different_characters_are_all_found():
    text = "".join(chr(0x4E00 + n) for n in range(10_000))
    assert found(text, text[:20])
    assert found(text, text[-2:])
    assert found(text, text[-1])


@given(st.text(alphabet="ab1 2-+()09中文éñกิहिन्ा０Ａ_.①²Ⅷ\u0e3b\n", max_size=60) | st.text(max_size=60))
def test_runs_are_what_kind_of_says_of_each_character(text):
    folded = fold(text)
    by_character = [
        (kind, "".join(characters))
        for kind, characters in groupby(folded, lambda c: {"": None, "pair": True}.get(kind_of(c), False))
        if kind is not None
    ]
    assert list(runs(folded)) == by_character
