from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.audit.line import Kept, chained, read_facts, write_line

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=zones)
facts = st.dictionaries(
    texts,
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        texts,
        st.sampled_from(["👩‍👩‍👧", "工单“已答复”", '"\\', "ﷺ", "\u2028", "2026-03-02"]),
        moments,
        st.dates(),
        st.builds(Kept, st.integers(1), st.just("ab" * 32)),
    ),
    max_size=6,
)


def line_of(**changes) -> str:
    parts = {"subject": "ticket:1", "number": 1, "event": "noted", "by": 7, "at": AT, "recorded_at": AT}
    return write_line(**parts | {"facts": {}} | changes)


@given(facts)
def test_facts_come_back_from_the_line_and_write_the_same_line_again(given_facts):
    line = line_of(facts=given_facts)

    assert read_facts(line) == given_facts
    assert line_of(facts=read_facts(line)) == line


def test_a_line_looks_as_documented():
    line = line_of(subject="ticket:2026-000001", facts={"b": "答复", "a": AT, "c": date(2026, 3, 2)})

    assert line == (
        '{"at":"2026-03-02T09:30:00.000000Z","by":7,"event":"noted",'
        '"facts":{"a":{"moment":"2026-03-02T09:30:00.000000Z"},"b":"答复","c":{"date":"2026-03-02"}},'
        '"number":1,"recorded_at":"2026-03-02T09:30:00.000000Z","subject":"ticket:2026-000001"}'
    )


def test_the_same_instant_in_another_zone_is_the_same_line():
    shanghai = AT.astimezone(timezone(timedelta(hours=8)))

    assert line_of(at=shanghai, facts={"due": shanghai}) == line_of(facts={"due": AT})


@pytest.mark.parametrize("fact", ["a\0b", "\ud83d", AT.replace(tzinfo=None)])
def test_what_no_database_can_keep_is_refused(fact):
    with pytest.raises(ValueError):
        line_of(facts={"fact": fact})


@pytest.mark.parametrize("fact", [1.5, Decimal("1.5"), timedelta(hours=1), [1], {"moment": "x"}, b"x"])
def test_other_kinds_of_facts_are_refused(fact):
    with pytest.raises(TypeError):
        line_of(facts={"fact": fact})


def test_the_hash_depends_on_what_came_before():
    assert chained("a" * 64, "{}") != chained("b" * 64, "{}")
