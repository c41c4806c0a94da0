"""All clauses are there, whole, in three languages, and found."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.clauses import CLAUSE_ID, CLAUSES, DUTIES, KINDS, SCORECARD, find, neighbours
from servicedesk.regulations.fulfilment import fulfil

# How many clauses each regulation has: rule, norm, practice, gap.
COUNTS = {
    1: (16, 15, 0, 0),
    2: (4, 9, 0, 0),
    3: (22, 20, 0, 4),
    4: (12, 4, 0, 0),
    5: (56, 4, 0, 0),
    6: (0, 0, 11, 0),
    7: (29, 4, 0, 0),
}
# The index by kind and duty that the digest of the regulations gives beside their text; "rule" is all others.
INDEX = {
    name: ids.split()
    for name, ids in re.findall(
        r"^(\w+) \d+\n((?:  .*\n)+)", (Path(__file__).parent / "duties.txt").read_text(), re.MULTILINE
    )
}
CHINESE = re.compile(r"[\u3400-\u9fff]")
SIMPLIFIED_ONLY = re.compile("[们这为个说对时间会应问题动进关开发现实际处区东车门见长马鸟龙]")


def texts():
    for clause in CLAUSES.values():
        for name in ("title", "says", "reading", "card"):
            if getattr(clause, name):
                yield clause.id, getattr(clause, name)
        for line in clause.checks:
            yield clause.id, line
        yield clause.id, clause.regulation.title
        yield clause.id, clause.regulation.about
        if clause.section.title:
            yield clause.id, clause.section.title
    for question in SCORECARD:
        yield question.code, question.words


def test_each_regulation_has_its_clauses_of_each_kind():
    found = {
        number: tuple(
            sum(clause.kind == kind and clause.regulation.number == number for clause in CLAUSES.values())
            for kind in KINDS
        )
        for number in COUNTS
    }
    assert found == COUNTS
    assert len(CLAUSES) == 210


@pytest.mark.parametrize("name", ["norm", "practice", "gap"])
def test_kinds_are_those_of_the_index(name):
    assert [clause.id for clause in CLAUSES.values() if clause.kind == name] == INDEX[name]


@pytest.mark.parametrize("duty", DUTIES)
def test_duties_are_those_of_the_index(duty):
    assert [clause.id for clause in CLAUSES.values() if duty in clause.duties] == INDEX[duty]


def test_no_clause_stands_twice_and_each_stands_in_its_own_regulation_and_section():
    ids = [
        id_
        for file in Path(__file__).parent.parent.glob("texts/[1-7].toml")
        for id_ in re.findall(r'^id = "(R.*)"$', file.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert sorted(ids) == sorted(CLAUSES)
    for clause in CLAUSES.values():
        assert CLAUSE_ID.fullmatch(clause.id)
        assert clause.id.startswith(f"R{clause.section.id}")
        assert clause.section.id.startswith(str(clause.regulation.number))
        assert set(clause.duties) <= set(DUTIES) and len(set(clause.duties)) == len(clause.duties)


def test_every_text_stands_in_three_languages():
    for where, text in texts():
        assert all(words.strip() == words and words for words in text), where
        assert CHINESE.search(text.zh_hans) and CHINESE.search(text.zh_hant), where
        assert not SIMPLIFIED_ONLY.search(text.zh_hant), (where, text.zh_hant)
        assert text.en[0].isupper() or text.en[0] in "'险", where  # a whole sentence or title
    titles = [clause.title.zh_hans for clause in CLAUSES.values()]
    assert len(set(titles)) == len(titles)


def test_a_text_speaks_the_readers_language():
    title = CLAUSES["R1.1c"].title
    for language, words in {
        "en": "Read it back and ask the customer's view",
        "zh-hans": "复述确认，征询客户意见",
        "zh-hant": "複述確認，徵詢客戶意見",
    }.items():
        with translation.override(language):
            assert str(title) == words
    with translation.override(None):
        assert str(title) == title.en


def test_every_clause_of_a_setting_exists_and_knows_the_setting():
    for code, definition in DEFINITIONS.items():
        assert definition.clauses, code
        for clause in definition.clauses:
            assert definition in CLAUSES[clause].settings, (code, clause)


def test_clauses_that_a_text_names_exist():
    named = {(where, one) for where, text in texts() for words in text for one in CLAUSE_ID.findall(words)}
    assert named
    assert not {(where, one) for where, one in named if one not in CLAUSES}
    settings = {
        code for _, text in texts() for words in text for code in re.findall(r"\bS\d+[a-z]?\b", words)
    }
    assert settings and settings <= set(DEFINITIONS)


def test_the_scorecard_asks_about_clauses_that_want_a_checklist_or_a_reply():
    assert [question.code for question in SCORECARD] == [f"Q{number}" for number in range(1, 9)]
    for question in SCORECARD:
        assert question.clauses and set(question.clauses) <= set(CLAUSES)
    assert [question.code for question in CLAUSES["R5.2.2a"].questions] == ["Q1", "Q4"]


def test_the_food_inspection_has_a_line_for_each_clause_and_two_for_covering_dishes():
    lines = {id_: len(clause.checks) for id_, clause in CLAUSES.items() if clause.regulation.number == 6}
    assert lines.pop("R6.1") == 2
    assert set(lines.values()) == {1}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("R1.1c", ["R1.1c"]),
        ("r1.1C", ["R1.1c"]),
        ("Ｒ１．１ｃ", ["R1.1c"]),
        ("复述", ["R1.1c"]),
        ("複述", ["R1.1c"]),
        ("READ back", ["R1.1c"]),
        ("S2", ["R1.1e", "R3.3.1a"]),
        ("S13", ["R5.2.4b"]),
        ("S99", []),
        ("nothing of the kind", []),
    ],
)
def test_clauses_are_found_by_id_words_and_setting(text, found):
    assert [clause.id for clause in find(text)][: len(found) or None] == found


def test_kind_and_duty_narrow_what_is_found():
    assert len(find()) == 210
    assert [clause.id for clause in find("S2", duty="remind")] == ["R1.1e"]
    assert find("R1.1c", kind="norm") == []
    assert {clause.kind for clause in find(kind="gap")} == {"gap"}


def test_one_clause_leads_to_the_next():
    first, last = CLAUSES["R1.1a"], CLAUSES["R7.2.2.5"]
    assert neighbours(first) == (None, CLAUSES["R1.1b"])
    assert neighbours(CLAUSES["R2.1.1"])[0].id == "R1.5.Z"
    assert neighbours(last) == (CLAUSES["R7.2.2.4"], None)


def test_only_a_duty_that_a_clause_has_can_be_fulfilled():
    with pytest.raises(ValueError, match=r"R1\.1a has no duty 'enforce'"):
        fulfil("enforce", "R1.1a", "We listen by force.")
    with pytest.raises(KeyError):
        fulfil("enforce", "R9.9z", "No such clause.")
