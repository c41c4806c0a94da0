"""The number of open tickets as it is kept: folded together, compared with the tickets, and counted anew."""

# ruff: noqa: S608  constants only are put together here

from __future__ import annotations

from collections import Counter

from django.db import connections, router, transaction

from servicedesk.bulk import insert_rows
from servicedesk.reports.models import OpenCount
from servicedesk.reports.rules import day_of_receipt

FEW = 5000  # places folded at once

# What is deleted is what is summed up, whoever adds rows meanwhile. A day that never was stands for none.
_PLACE = "department_id, COALESCE(owner_id, 0), COALESCE(day, '0001-01-01')"
_FOLD = f"""
DELETE FROM reports_opencount WHERE ({_PLACE}) IN (
    SELECT {_PLACE} FROM reports_opencount GROUP BY 1, 2, 3 HAVING COUNT(*) > 1 LIMIT %s)
RETURNING department_id, owner_id, day, number
"""
_COUNTED = """
SELECT department_id, owner_id, CAST(NULL AS date) AS day, COUNT(*) AS number
FROM tickets_ticket t WHERE state <> 'closed' GROUP BY 1, 2
UNION ALL
SELECT department_id, NULL, {day}, COUNT(*) FROM tickets_ticket t WHERE state <> 'closed' GROUP BY 1, 3
"""
_DIFFERENCES = """
SELECT department_id, owner_id, day, SUM(number) FROM (
    {counted} UNION ALL SELECT department_id, owner_id, day, -number FROM reports_opencount) both_sides
GROUP BY 1, 2, 3 HAVING SUM(number) <> 0
"""


@transaction.atomic
def fold() -> int:
    """Put several rows of one place into one, and none where they cancel out. Returns how many fewer there are.

    May run twice, in parallel, or die anywhere: the sum over all rows is the same before and after.
    """
    with connections[router.db_for_write(OpenCount)].cursor() as cursor:
        cursor.execute(_FOLD, [FEW])
        rows = cursor.fetchall()
    sums: Counter[tuple] = Counter()
    for *place, number in rows:
        sums[tuple(place)] += number
    kept = [
        OpenCount(department_id=department, owner_id=owner, day=day, number=number)
        for (department, owner, day), number in sums.items()
        if number
    ]
    return len(rows) - len(insert_rows(OpenCount, kept))


def differences(using: str = "default") -> list[tuple]:
    """Department, owner or day, and by how many tickets more are open than is kept; none if all agree.

    One statement, so that it sees tickets and numbers at one moment.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(_DIFFERENCES.format(counted=_counted(using)))
        return cursor.fetchall()


@transaction.atomic
def recount(using: str = "default") -> None:
    """Count all anew, while nobody writes a ticket: once the triggers stand, or after a change of the zone."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("LOCK TABLE tickets_ticket IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("DELETE FROM reports_opencount")
        cursor.execute(
            f"INSERT INTO reports_opencount (department_id, owner_id, day, number) {_counted(using)}"
        )


def _counted(using: str) -> str:
    return _COUNTED.format(day=day_of_receipt(connections[using].vendor, "t"))


def recount_after_migrate(using: str = "default", **news: object) -> None:
    """Receiver of post_migrate, behind that of the triggers: what was never counted, or by another zone's days."""
    if OpenCount._meta.db_table in connections[using].introspection.table_names() and differences(using):
        recount(using)
