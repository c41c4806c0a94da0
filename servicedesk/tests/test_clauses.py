"""Wherever code, tests, templates or guides name a clause, there is such a clause."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from servicedesk.regulations.clauses import CLAUSES

ROOT = Path(settings.BASE_DIR)
PLACES = ["servicedesk", "tickets", "followups", "templates", "docs", "benchmarks", "deploy"]
ENDINGS = {".py", ".html", ".txt", ".md", ".toml", ".js", ".css"}
# A clause, a range of clauses "R1.1a-R1.1e", or a section or item that holds some: "R5.2".
NAMED = re.compile(r"\bR[1-9](?:\.[0-9A-Z]+)+[a-z]?(?![\w%])")


def files():
    yield from ROOT.glob("*.md")
    for place in PLACES:
        yield from (path for path in (ROOT / place).rglob("*") if path.suffix in ENDINGS)


def named_in(path):
    return set(NAMED.findall(path.read_text(encoding="utf-8")))


def stands(name):
    """Whether it is a clause, or the section or item that clauses stand in."""
    return name in CLAUSES or any(
        clause.startswith(name) and not clause[len(name)].isdigit() for clause in CLAUSES
    )


def test_every_clause_that_is_named_anywhere_exists():
    wrong = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in files()
        for name in named_in(path)
        if not stands(name)
        and "regulations/tests/test_clause" not in str(path)  # these ask for clauses that are none
        and path != Path(__file__)
    }
    assert wrong == set()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("R1.1f", True), ("R5.2", True), ("R5.10.1.2", True), ("R1.1z", False), ("R5.1", True), ("R9.1", False)],
)
def test_a_section_may_be_named_for_its_clauses(name, expected):
    assert stands(name) is expected


@pytest.fixture(scope="module")
def proofs():
    """What `make clauses` prints, with its exit code."""
    return subprocess.run(
        [sys.executable, str(ROOT / ".ci/clauses.py")], capture_output=True, text=True, check=False
    )


def test_whatever_the_desk_says_it_does_for_a_clause_is_proven_by_a_test(proofs):
    assert proofs.returncode == 0, proofs.stdout[-2000:] + proofs.stderr[-2000:]


def test_every_clause_is_printed_with_its_tests_or_among_those_without(proofs):
    with_tests, _, without = proofs.stdout.partition("Without a test:")
    proven = re.findall(r"^(R\S+) .* 1 \S+::test_\w+$", with_tests, re.MULTILINE)
    unproven = re.findall(r"\bR[\w.]+", without.partition("\n\n")[0])
    assert "R1.1f" in proven and "R6.1" in unproven
    assert sorted([*proven, *unproven]) == sorted(CLAUSES)
    # marks of a whole module count, too
    assert re.search(r"^R5\.8a .*followups/tests/test_holiday_lists", with_tests, re.MULTILINE)
