"""Every row of REGULATIONS 0.5 has a definition that holds together."""

import re
from datetime import time

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.definitions import GROUPS, Attempts, Days, SiteLimits, Survey, WeekMoment
from servicedesk.regulations.kinds import MonthDay
from servicedesk.regulations.span import Span

ROWS = {f"S{number}" for number in range(1, 38) if number not in (10, 14)} | {
    *("S2a", "S6a", "S6b", "S8b", "S10a", "S10b", "S14a", "S14b"),
}


def test_every_row_of_the_table_is_defined():
    assert set(DEFINITIONS) >= ROWS
    assert set(DEFINITIONS) - ROWS == {"S15a"}
    assert {code for code in DEFINITIONS if not DEFINITIONS[code].lives_here} == {"S4", "S5"}
    assert {str(definition.group) for definition in DEFINITIONS.values()} == set(map(str, GROUPS))


@pytest.mark.parametrize(
    ("code", "default"),
    {
        "S1": "same_contact",
        "S2": Span(3, "working_days"),
        "S2a": Span(1, "working_days"),
        "S3": Span(7, "days"),
        "S6": Span(1, "working_days"),
        "S6a": Span(2, "working_hours"),
        "S6b": Span(15, "seconds"),
        "S7": Span(15, "minutes"),
        "S8": Span(30, "minutes"),
        "S8b": Span(15, "minutes"),
        "S9": Span(30, "minutes"),
        "S10a": Span(60, "minutes"),
        "S10b": Span(4, "hours"),
        "S11": Span(5, "working_days"),
        "S12": Span(1, "working_days"),
        "S13": Span(2, "working_hours"),
        "S14a": Span(1, "working_days"),
        "S14b": Span(2, "working_days"),
        "S15": Span(3, "days"),
        "S15a": Span(5, "working_days"),
        "S16": Span(7, "days"),
        "S17": Attempts(3, 2, 2),
        "S18": "delivery",
        "S19": WeekMoment(4, time(14)),
        "S20": time(17, 30),
        "S21": Span(1, "quarters"),
        "S22": Survey(Span(1, "years"), Span(30, "days")),
        "S23": Span(6, "months"),
        "S24": SiteLimits(Span(2, "working_hours"), Span(1, "working_days")),
        "S25": "midnight",
        "S26": Span(7, "days"),
        "S27": time(10),
        "S28": Days(MonthDay(12, 1), MonthDay(12, 31)),
        "S29": Span(3, "working_days"),
        "S30": Span(0, "minutes"),
        "S31": Span(1, "quarters"),
        "S32": Span(1, "quarters"),
        "S33": Span(10, "working_days"),
        "S34": 2,
        "S35": Span(1, "working_days"),
        "S36": Span(7, "days"),
        "S37": MonthDay(12, 1),
    }.items(),
)
def test_the_default_is_that_of_the_regulations(code, default):
    definition = DEFINITIONS[code]
    assert definition.default == default
    definition.kind.check(default)
    assert definition.kind.read(definition.kind.store(default)) == default


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=lambda definition: definition.code)
@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_every_setting_is_said_in_every_language(definition, language):
    with translation.override(language):
        texts = [str(definition.title), str(definition.group), definition.words(definition.default)]
        texts += [str(definition.help)] if definition.help else []
        texts += [definition.kind.allowed()] if definition.lives_here else []
    assert all(texts)
    if language != "en":
        assert all(re.search("[一-鿿]|^[\\d:]+$", text) for text in texts), texts
    assert not any("%(" in text for text in texts)
    assert all(re.fullmatch(r"R\d(\.\d+)*\.?\d*[a-z]?", clause) for clause in definition.clauses)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("S2", "3 working days"),
        ("S3", "7 days; if these end in a public holiday, closing time of the first working day after it"),
        ("S10a", "every 60 minutes while open"),
        ("S17", "3 attempts on at least 2 days, by 2 channels where known"),
        ("S19", "Friday 14:00, or the last working day of the week"),
        ("S20", "last working day of the month, 17:30"),
        ("S21", "quarterly"),
        ("S22", "yearly, and not within 30 days of another survey"),
        ("S23", "half-yearly"),
        ("S28", "1 Dec to 31 Dec"),
        ("S34", "more than 2 hand-overs"),
        ("S37", "from 1 Dec on"),
    ],
)
def test_values_are_said_as_a_person_would(code, words):
    assert DEFINITIONS[code].words(DEFINITIONS[code].default) == words


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("S1", "tomorrow"),
        ("S2", Span(0, "working_days")),
        ("S2", Span(31, "days")),
        ("S2", Span(1, "months")),
        ("S2", 3),
        ("S2", None),
        ("S16", Span(4, "days")),
        ("S16", Span(15, "days")),
        ("S16", Span(7, "working_days")),
        ("S17", Attempts(2, 3, 1)),
        ("S17", Attempts(99, 2, 2)),
        ("S17", (3, 2, 2)),
        ("S19", WeekMoment(7, time(14))),
        ("S19", WeekMoment(4, time(14, 0, 30))),
        ("S20", "17:30"),
        ("S22", Survey(Span(1, "months"), Span(60, "days"))),
        ("S24", SiteLimits(Span(2, "working_days"), Span(1, "working_hours"))),
        ("S28", Days(MonthDay(12, 31), MonthDay(12, 1))),
        ("S34", 0),
        ("S34", True),
        ("S37", MonthDay(2, 29)),
        ("S37", MonthDay(13, 1)),
        ("S37", "12-01"),
    ],
)
def test_what_is_not_allowed_is_refused_with_a_sentence(code, value):
    with pytest.raises(ValidationError) as refusal:
        DEFINITIONS[code].kind.check(value)
    assert refusal.value.messages[0]


@pytest.mark.parametrize("value", [Span(5, "days"), Span(14, "days")])
@pytest.mark.clause("R1.2g")
def test_the_ends_of_a_range_are_allowed(value):
    DEFINITIONS["S16"].kind.check(value)
