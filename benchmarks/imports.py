"""Taking in staff, customers and projects from files: rows a second, and the memory of the process (both engines)."""

from __future__ import annotations

import resource
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.utils import timezone

from benchmarks._measuring import now
from servicedesk.customers.importing.customers import CUSTOMERS, CustomerImport
from servicedesk.customers.importing.projects import PROJECTS, ProjectImport
from servicedesk.importing.mappings import load_mapping
from servicedesk.staff.importing.people import STAFF, StaffImport

ENGINES = ("postgresql", "sqlite")
SURNAMES, NAMES = "王李张刘陈杨赵黄周吴", "伟芳娜敏静丽强磊军洋艳勇杰涛明超秀霞平刚"


def measure(options: Namespace) -> Iterator[str]:
    """`--rows` customers and as many projects, a tenth as many employees; each file once new and once known."""
    rows = options.rows
    with TemporaryDirectory() as folder:
        for what, shape, kind, lines in (
            ("staff", STAFF, StaffImport, staff(max(rows // 10, 100))),
            ("customers", CUSTOMERS, CustomerImport, customers(rows)),
            ("projects", PROJECTS, ProjectImport, projects(rows)),
        ):
            path = written(Path(folder) / f"{what}.csv", lines)
            for time_ in ("new", "known"):
                yield carried(
                    f"{what}, {time_}", kind(load_mapping(shape, "generic"), at=timezone.now()), path
                )


def written(path: Path, lines: Iterable[str]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
    return path


def carried(what: str, run: Any, path: Path) -> str:
    start = now()
    counts = run.run(path)
    cost = now() - start
    if counts.refused:
        raise AssertionError(f"{what}: {counts}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return (
        f"{what:<18} {counts.read:>6} rows: {counts.read / cost.wall:6.0f} rows/s on the wall ({cost.wall:.1f} s),"
        f" {counts.read / cost.cpu:6.0f} rows for a second of processor, ours and the database's ({cost.cpu:.1f} s);"
        f" at most {memory} MB so far"
    )


def name(n: int) -> str:
    return SURNAMES[n % 10] + NAMES[n // 10 % 20] + NAMES[n // 200 % 20]


def staff(count: int) -> Iterator[str]:
    yield "username,name,employee_number,email,phone,department,part_of,manager,executive,roles"
    for n in range(count):
        unit = n % 40
        yield (
            f"{('sales', 'boss', 'pm')[n % 3]}{n // 3},{name(n)},{10_000 + n},p{n}@example.com,139{n:08},部门{unit},公司,"
            f"{10_000 + unit},boss0,客服人员"
        )


def customers(count: int) -> Iterator[str]:
    yield "number,name,kind,phone,email,address,language,channel,person,person_post,person_phone"
    for n in range(count):
        yield (
            f"K-{n},{name(n)}物业{n}号,单位,021-6{n % 10_000_000:07},office{n}@example.com,中山路{n % 900}号,"
            f"简体中文,电话,{name(n + 7)},经理,139{n:08}"
        )


def projects(count: int) -> Iterator[str]:
    yield "number,name,customer,salesperson,executive,project_manager,delivered,service_ends"
    for n in range(count):
        yield f"P-{n},电梯{n}号,K-{n},sales{n % 20},boss{n % 5},pm{n % 30},2024-{n % 12 + 1:02}-{n % 28 + 1:02},2027-12-31"
