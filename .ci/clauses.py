#!/usr/bin/env python
"""Prints which tests prove which clause of the regulations, and which clauses have no test yet.

Tests are read, not run: a test proves a clause if it, its class or its module bears `pytest.mark.clause("R1.1f")`.
Exit 1 if a test names a clause that does not exist, or the desk says that it does something for a clause
(`fulfilment.py` of an app) which no test proves.
"""

import ast
import configparser
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECRET = "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz"

Tests = dict[str, list[str]]


def test_files() -> list[Path]:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "pytest.ini", encoding="utf-8")
    places = settings["pytest"]["testpaths"].split()
    return sorted(path for place in places for path in (ROOT / place).rglob("test_*.py"))


def marked() -> Tests:
    """Clause → the tests that bear it, as pytest names them."""
    found: Tests = {}
    for path in test_files():
        module = ast.parse(path.read_text(encoding="utf-8"))
        for name, ids in tests_in(module.body, list(module_marks(module))):
            for clause in dict.fromkeys(ids):
                found.setdefault(clause, []).append(f"{path.relative_to(ROOT)}::{name}")
    return found


def tests_in(body: list[ast.stmt], inherited: list[str]) -> Iterator[tuple[str, list[str]]]:
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            marks = [*inherited, *marks_of(node.decorator_list)]
            yield from ((f"{node.name}::{name}", ids) for name, ids in tests_in(node.body, marks))
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, [*inherited, *marks_of(node.decorator_list)]


def module_marks(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
        ):
            yield from marks_of([node.value])


def marks_of(nodes: list[ast.expr]) -> Iterator[str]:
    """The arguments of every `pytest.mark.clause(…)` in these expressions."""
    for call in (inner for node in nodes for inner in ast.walk(node) if isinstance(inner, ast.Call)):
        if ast.unparse(call.func) == "pytest.mark.clause":
            yield from (ast.literal_eval(argument) for argument in call.args)


def main() -> int:
    os.environ.update(DATABASE_URL="", REDIS_URL="", DEMO="True", SECRET_KEY=SECRET)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from servicedesk.regulations.clauses import CLAUSES
    from servicedesk.regulations.fulfilment import fulfilled

    tests, done = marked(), set(fulfilled())
    print(f"{'clause':<12}{'kind':<10}{'duties done':<13}tests")
    for clause in CLAUSES.values():
        proofs = tests.get(clause.id, [])
        duties = f"{sum((clause.id, duty) in done for duty in clause.duties)} of {len(clause.duties)}"
        for number, proof in enumerate(proofs, start=1):
            start = f"{clause.id:<12}{clause.kind:<10}{duties:<13}" if number == 1 else " " * 35
            print(f"{start}{number:>3} {proof}")

    without = [clause for clause in CLAUSES.values() if clause.id not in tests]
    print(f"\nWithout a test: {len(without)} of {len(CLAUSES)}")
    for number in range(1, 8):
        ids = [clause.id for clause in without if clause.regulation.number == number]
        total = sum(clause.regulation.number == number for clause in CLAUSES.values())
        print(f"{number}  {len(ids):>2} of {total:<4}{' '.join(ids)}")

    rules = [clause for clause in CLAUSES.values() if clause.kind == "rule"]
    every = {proof for proofs in tests.values() for proof in proofs}
    print(
        f"\n{len(CLAUSES) - len(without)} of {len(CLAUSES)} clauses, "
        f"{sum(clause.id in tests for clause in rules)} of {len(rules)} rules, have {len(every)} tests."
    )
    wrong = [
        f"{clause} does not exist: {', '.join(tests[clause])}" for clause in tests if clause not in CLAUSES
    ]
    wrong += [
        f"{clause}: the desk says what it does, no test proves it."
        for clause in dict.fromkeys(clause for clause, _duty in done)
        if clause not in tests
    ]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
