"""Rows that SQLite would displace: INSERT OR REPLACE and UPDATE OR REPLACE delete whatever has the key of the new row,
and ask no trigger on DELETE. So a row that takes a key of another one is refused before that can happen.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import UniqueConstraint
from django.db.models.sql.query import Query

COLUMN = re.compile(r'"(\w+)"')


@dataclass(frozen=True)
class Key:
    """Columns that no two rows of a table share, for partial indexes among those rows that meet a condition."""

    columns: tuple[str, ...]
    condition: str = ""

    @property
    def touched(self) -> set[str]:
        """The columns whose change may make two rows share this key."""
        return {*self.columns, *COLUMN.findall(self.condition)}

    def taken(self, table: str, besides: str = "") -> str:
        """SQL over NEW that is true where another row has this key."""
        same = " AND ".join(f"o.{column} = NEW.{column}" for column in self.columns)
        among = f" AND {self._of('o')}" if self.condition else ""
        first = f"{self._of('NEW')} AND " if self.condition else ""
        return f"({first}EXISTS (SELECT 1 FROM {table} o WHERE {same}{among}{besides}))"  # noqa: S608

    def _of(self, row: str) -> str:
        return "(" + COLUMN.sub(rf"{row}.\1", self.condition) + ")"


def refusal(name: str, table: str, event: str) -> str:
    """The trigger of this name that refuses, on INSERT or UPDATE, a row with the key of another one.

    Empty for a table of which no model knows.
    """
    keys = _keys(table)
    if not keys:
        return ""
    if event == "INSERT":
        on, taken = "INSERT", [key.taken(table) for key in keys]
    else:
        identity = keys[0].columns[0]
        on = f"UPDATE OF {', '.join(sorted(set().union(*(key.touched for key in keys))))}"
        taken = [key.taken(table, f" AND o.{identity} <> OLD.{identity}") for key in keys]
    return (
        f"CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW\nWHEN {' OR '.join(taken)}\n"
        f"BEGIN SELECT RAISE(ABORT, '{name}: rows of {table} are never displaced'); END"
    )


@cache
def _keys(table: str) -> list[Key]:
    """The keys of a table as its model states them, the primary one first."""
    models = apps.get_models(include_auto_created=True)
    return [key for model in models if model._meta.db_table == table for key in _stated(model)]


def _stated(model: Any) -> Iterator[Key]:
    yield Key((model._meta.pk.column,))
    for field in model._meta.concrete_fields:
        if field.unique and not field.primary_key:
            yield Key((field.column,))
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            columns = tuple(model._meta.get_field(name).column for name in constraint.fields)
            yield Key(columns, _in_sql(model, constraint.condition))


def _in_sql(model: Any, condition: Any) -> str:
    """The condition of a partial index, its columns in quotes."""
    if condition is None:
        return ""
    query = Query(model, alias_cols=False)
    compiler = query.get_compiler(connection=connection)
    sql, parameters = query.build_where(condition).as_sql(compiler, connection)
    editor = connection.schema_editor(
        collect_sql=True, atomic=False
    )  # never entered: triggers are lifted inside a transaction
    return sql % tuple(editor.quote_value(parameter) for parameter in parameters)
