from contextlib import suppress

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.regulations.span import UNITS, Span


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (Span(1, "working_days"), "1 working day"),
        (Span(3, "working_days"), "3 working days"),
        (Span(0, "minutes"), "0 minutes"),
        (Span(1, "quarters"), "1 quarter"),
    ],
)
def test_a_span_has_the_right_plural(span, words):
    assert str(span) == words
    assert Span.parse(words) == span


def test_a_span_speaks_the_language_of_the_reader():
    with translation.override("zh-hans"):
        assert str(Span(3, "working_days")) == "3 个工作日"
        assert Span.parse("3 个工作日") == Span(3, "working_days")
    with translation.override("zh-hant"):
        assert str(Span(2, "working_hours")) == "2 個工作小時"


@given(st.integers(0, 999_999), st.sampled_from([unit for unit, _ in UNITS]))
def test_what_is_said_can_be_read(amount, unit):
    assert Span.parse(str(Span(amount, unit))) == Span(amount, unit)
    assert Span.parse(f" {amount}  {unit}") == Span(amount, unit)


@given(st.text(max_size=20))
def test_reading_nonsense_is_a_plain_refusal(text):
    with suppress(ValueError):
        assert isinstance(Span.parse(text), Span)


@pytest.mark.parametrize(
    ("amount", "unit"), [(-1, "days"), (1.5, "days"), (True, "days"), ("3", "days"), (1, "fortnights")]
)
def test_an_impossible_span_is_refused(amount, unit):
    with pytest.raises(ValueError):
        Span(amount, unit)


def test_the_longer_of_two_spans():
    assert Span(8, "working_hours") <= Span(1, "working_days")
    assert Span(2, "working_hours") < Span(1, "working_days") < Span(3, "days") < Span(1, "months")
    assert Span(1, "days") <= Span(24, "hours") <= Span(1, "days")
    assert Span(1, "days") != Span(24, "hours")
