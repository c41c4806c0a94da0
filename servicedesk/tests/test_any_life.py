"""Any life that a desk can have: random acts by random people, which die at random statements, judged by a model and the audit."""

import ast
import inspect
import re
import time
from collections import Counter
from functools import wraps
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings as project
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from servicedesk.tests.life import acting, matters, people, policies, profiles
from servicedesk.tests.life.acting import SweptMeanwhile
from servicedesk.tests.life.excused import EXCUSED
from servicedesk.tests.life.house import make_house
from tickets.notes import add_note
from tickets.testing import MONDAY, make_ticket

LIFE = (acting, matters, people, policies, profiles)


class AnyLife(people.People, profiles.Profiles, policies.Policies):
    """Everything that anybody can do on a desk with four people, three customers and few tickets."""


class AnySweptLife(SweptMeanwhile, AnyLife):
    """The same, committed act by act, while another connection sweeps."""


def live_on(life: type, house, *, seconds: int, steps: int, lives: int, every: int) -> None:
    """So many lives, or fewer if the time is over before; each is undone before the next begins."""
    end = time.monotonic() + seconds
    bounds = settings(max_examples=lives, stateful_step_count=steps, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lambda: life(house, end, every), settings=bounds)


@pytest.fixture
def house(db):
    made = make_house()
    return lambda: made


def test_any_life_keeps_every_rule(house):
    live_on(AnyLife, house, seconds=30, steps=40, lives=30, every=5)


@pytest.mark.django_db(transaction=True)
def test_any_life_keeps_every_rule_while_others_sweep(restore_tables):
    AnySweptLife.restore = staticmethod(restore_tables)
    live_on(AnySweptLife, make_house, seconds=15, steps=30, lives=3, every=5)


@pytest.mark.exhaustive
def test_many_long_lives_do_everything_and_keep_every_rule(house, monkeypatch):
    done: Counter[str] = Counter()
    for name, operation in driven().items():
        for module in LIFE:
            for known_as, value in list(vars(module).items()):
                if value is operation:
                    monkeypatch.setattr(module, known_as, counted(operation, name, done))
    live_on(AnyLife, house, seconds=180, steps=60, lives=1000, every=1)
    assert set(driven()) - done.keys() == set()


@pytest.mark.exhaustive
@pytest.mark.django_db(transaction=True)
def test_many_long_lives_keep_every_rule_while_others_sweep(restore_tables):
    AnySweptLife.restore = staticmethod(restore_tables)
    live_on(AnySweptLife, make_house, seconds=180, steps=60, lives=1000, every=1)


def test_an_act_that_is_no_transaction_is_found_when_it_dies(house):
    life = AnyLife(house, time.monotonic(), 1)
    try:
        ticket = make_ticket()
        noted = {"words": "Ordered.", "by": ticket.owner, "at": MONDAY}
        with pytest.raises(AssertionError):
            die_everywhere(life, lambda: add_note.__wrapped__(ticket, **noted))
        die_everywhere(life, lambda: add_note(ticket, **noted))
    finally:
        life.undo()


def die_everywhere(life, act):
    for statement in range(1, 20):
        life.dying = [statement]
        life.die_first(act)


def counted(operation, name, done):
    @wraps(operation)
    def run(*given, **named):
        result = operation(*given, **named)
        done[name] += 1
        return result

    return run


# Nothing that writes is forgotten

APPS = ("servicedesk", "tickets", "followups")
EDGES = re.compile(
    r"/(tests|migrations|demo|management|testing|views|forms)/"  # what calls the domain, or never writes
    r"|(^|/)(\w+_)?views\.py$|(^|/)(admin|apps|forms|testing|tasks)\.py$"
)
WRITING = {
    *(
        "save",
        "create",
        "update",
        "delete",
        "bulk_create",
        "get_or_create",
        "update_or_create",
        "bulk_update",
    ),
    *("insert_rows", "update_rows", "record", "record_many", "post", "post_many", "store", "settle", "owe"),
}


def operations() -> dict[str, object]:
    """Every function of a domain module that acts: for somebody at a moment, in a transaction, or with writes of its own."""
    return {
        f"{module}.{function.name}": getattr(import_module(module), function.name)
        for module, tree in domain_modules()
        for function in tree.body
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("_") and acts(function)
    }


def domain_modules():
    root = Path(project.BASE_DIR)
    for path in sorted(path for app in APPS for path in (root / app).rglob("*.py")):
        inside = path.relative_to(root).as_posix()
        if not EDGES.search(inside):
            yield (
                inside.removesuffix(".py").removesuffix("/__init__").replace("/", "."),
                ast.parse(path.read_text()),
            )


def acts(function: ast.FunctionDef) -> bool:
    arguments = {one.arg for one in (*function.args.args, *function.args.kwonlyargs)}
    called = {
        ast.unparse(one.func).rpartition(".")[2] for one in ast.walk(function) if isinstance(one, ast.Call)
    }
    in_transaction = any("atomic" in ast.unparse(one) for one in function.decorator_list)
    return in_transaction or {"by", "at"} <= arguments or ("at" in arguments and bool(called & WRITING))


def driven() -> dict[str, object]:
    """Those of them that the machine names."""
    named = [value for module in LIFE for value in vars(module).values() if inspect.isfunction(value)]
    return {name: operation for name, operation in operations().items() if operation in named}


def test_the_machine_drives_every_operation_or_says_why_not():
    assert operations().keys() - driven().keys() - EXCUSED.keys() == set()
    assert EXCUSED.keys() & driven().keys() == set(), "driven after all"
    assert EXCUSED.keys() - operations().keys() == set(), "gone"
