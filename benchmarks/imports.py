"""Taking in staff, customers, projects and tickets from files: rows a second, and the memory of the process (both engines)."""

from __future__ import annotations

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
from servicedesk.staff.models import User
from tickets.importing.running import TicketImport
from tickets.importing.shape import TICKETS

ENGINES = ("postgresql", "sqlite")
SURNAMES, NAMES = "王李张刘陈杨赵黄周吴", "伟芳娜敏静丽强磊军洋艳勇杰涛明超秀霞平刚"


def measure(options: Namespace) -> Iterator[str]:
    """`--rows` customers, projects and tickets, a tenth as many employees; each file once new and once known."""
    rows = options.rows
    yield f"the idle process: {resident()} MB"
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
        path, owner = (
            written(Path(folder) / "tickets.csv", tickets(rows)),
            User.objects.get(username="sales0"),
        )
        for time_ in ("new", "known"):
            run = TicketImport(load_mapping(TICKETS, "generic"), owner=owner, at=timezone.now())
            yield carried(f"tickets, {time_}", run, path)


def written(path: Path, lines: Iterable[str]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
    return path


def carried(what: str, run: Any, path: Path) -> str:
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    start = now()
    counts = run.run(path)
    cost = now() - start
    if counts.refused:
        raise AssertionError(f"{what}: {counts}")
    return (
        f"{what:<18} {counts.read:>6} rows: {counts.read / cost.wall:6.0f} rows/s on the wall ({cost.wall:.1f} s),"
        f" {counts.read / cost.cpu:6.0f} rows for a second of processor, ours and the database's ({cost.cpu:.1f} s);"
        f" {resident('VmHWM')} MB at most"
    )


def resident(what: str = "VmRSS") -> int:
    """Megabytes of this process in memory: now, or (`VmHWM`) at most since the peak began anew."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) // 1024
    raise AssertionError(f"no {what}")


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


def tickets(count: int) -> Iterator[str]:
    """Every third was closed at its source; half of them come from customers that are there already."""
    yield "number,words,wanted,category,channel,severity,received,closed,phone,customer,state"
    for n in range(count):
        received = f"2026-{n % 9 + 1:02}-{n % 28 + 1:02}T{n % 10 + 8:02}:{n % 60:02}:00"
        closed = f"2026-{n % 9 + 1:02}-{n % 28 + 1:02}T{n % 10 + 9:02}:{n % 60:02}:00" if n % 3 == 0 else ""
        phone = f"021-6{n % 10_000_000:07}" if n % 2 else f"137{n:08}"
        yield (
            f"T-{n},{name(n)}室的暖气从星期五起不热，第{n}次来电，请派人查看并答复。,尽快修好,{('供暖', '电梯', '收费', '保洁')[n % 4]},"
            f"{('电话', '网站', '邮件')[n % 3]},一般,{received},{closed},{phone},{name(n)}物业{n}号,{'已办结' if closed else '处理中'}"
        )
