"""Changing many rows, each to values of its own, by one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connections, models, router

ROWS = 1000  # in one statement


def update_rows(model: type[models.Model], fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    """Set these fields of many rows; each of `rows` holds the primary key, then the values in their order.

    Joins the table to the values, which costs a fraction of the CASE for every field that bulk_update writes. Rows
    without their like in the table are passed over. Returns how many were changed.
    """
    connection = connections[router.db_for_write(model)]
    columns = [model._meta.pk, *(model._meta.get_field(name) for name in fields)]
    changed = 0
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        with connection.cursor() as cursor:
            cursor.execute(
                _update(connection, model, columns, len(some)), _prepared(connection, columns, some)
            )
            changed += cursor.rowcount
    return changed


def _update(connection: Any, model: type[models.Model], columns: Sequence[Any], count: int) -> str:
    """Both engines call the columns of VALUES column1, column2 …; PostgreSQL takes their types from the first row."""
    quote = connection.ops.quote_name
    table, key = quote(model._meta.db_table), quote(columns[0].column)
    changes = ", ".join(
        f"{quote(field.column)} = v.column{n}" for n, field in enumerate(columns[1:], start=2)
    )
    row = f"({', '.join(['%s'] * len(columns))})"
    first = f"({', '.join(f'CAST(%s AS {field.cast_db_type(connection)})' for field in columns)})"
    typed = first if connection.vendor == "postgresql" else row
    values = ", ".join([typed] + [row] * (count - 1))
    return f"UPDATE {table} SET {changes} FROM (VALUES {values}) AS v WHERE {table}.{key} = v.column1"  # noqa: S608


def _prepared(connection: Any, columns: Sequence[Any], rows: Sequence[Sequence[Any]]) -> list[Any]:
    return [
        field.get_db_prep_save(value, connection=connection)
        for row in rows
        for field, value in zip(columns, row, strict=True)
    ]
