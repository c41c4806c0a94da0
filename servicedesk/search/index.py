"""The index under the tokens: GIN on PostgreSQL, a full-text table kept by triggers on SQLite.

PostgreSQL: the tokens become a tsvector as they stand. Its own text parser is left out, for it cuts by
the locale of the database and by ideas of its own (it reads 1e5abc as a number and a word).
SQLite: FTS5 with external content, so that nothing is stored twice; its `ascii` tokeniser takes every letter beyond
ASCII as it is. Django drops a table's triggers whenever it rebuilds the table, so they are looked after following
every migrate; where they were gone, the index is rebuilt.
"""

# ruff: noqa: S608 -- the names in these statements come from migrations, never from a request
import re
from dataclasses import dataclass

from django.db import connections
from django.db.migrations.operations import RunPython
from django.db.migrations.operations.base import Operation

OUR_TABLE = re.compile(r"""USING fts5\("(\w+)", content="(\w+)", content_rowid="(\w+)",""")


@dataclass(frozen=True)
class FullText:
    """The full-text table of one column on SQLite, as statements."""

    table: str
    column: str
    key: str

    @property
    def name(self) -> str:
        return full_text_table(self.table, self.column)

    def create(self) -> str:
        return (
            f'CREATE VIRTUAL TABLE "{self.name}" USING fts5("{self.column}", content="{self.table}", '
            f"content_rowid=\"{self.key}\", tokenize='ascii', detail='none')"
        )

    def rebuild(self) -> str:
        return f"""INSERT INTO "{self.name}"("{self.name}") VALUES ('rebuild')"""

    def triggers(self) -> dict[str, str]:
        """Name and statement of each trigger that carries a change of the table into the index."""
        put = f'INSERT INTO "{self.name}"(rowid, "{self.column}") VALUES (new."{self.key}", new."{self.column}");'
        take = (
            f'INSERT INTO "{self.name}"("{self.name}", rowid, "{self.column}") '
            f"""VALUES ('delete', old."{self.key}", old."{self.column}");"""
        )
        on = f'ON "{self.table}"'
        return {
            f"{self.name}_insert": f'CREATE TRIGGER "{self.name}_insert" AFTER INSERT {on} BEGIN {put} END',
            f"{self.name}_delete": f'CREATE TRIGGER "{self.name}_delete" AFTER DELETE {on} BEGIN {take} END',
            f"{self.name}_update": f'CREATE TRIGGER "{self.name}_update" '
            f'AFTER UPDATE OF "{self.key}", "{self.column}" {on} '
            f'WHEN old."{self.column}" IS NOT new."{self.column}" OR old."{self.key}" IS NOT new."{self.key}" '
            f"BEGIN {take} {put} END",
        }


def full_text_table(table: str, column: str) -> str:
    return f"{table}_{column}_fts"


def tokens_as_vector(column: str) -> str:
    """The indexed expression; `column` is already quoted."""
    return f"array_to_tsvector(array_remove(string_to_array({column}, ' '), ''))"


def gin_index(table: str, column: str) -> str:
    """Without a pending list: no search ever has to read one by one what was written in the last minutes."""
    vector = tokens_as_vector(f'"{column}"')
    return f'CREATE INDEX "{table}_{column}_search" ON "{table}" USING gin ({vector}) WITH (fastupdate = off)'


def search_index(table: str, column: str = "tokens", key: str = "id") -> list[Operation]:
    """Migration operations that make `table` searchable by `column`; `key` is its integer primary key.

    Reversible, and safe on a filled table. The table must exist: put them after its CreateModel.
    """

    def create(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            return schema_editor.execute(gin_index(table, column))
        full_text = FullText(table, column, key)
        for statement in (full_text.create(), full_text.rebuild(), *full_text.triggers().values()):
            schema_editor.execute(statement)

    def drop(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            return schema_editor.execute(f'DROP INDEX IF EXISTS "{table}_{column}_search"')
        full_text = FullText(table, column, key)
        for trigger in full_text.triggers():
            schema_editor.execute(f'DROP TRIGGER IF EXISTS "{trigger}"')
        schema_editor.execute(f'DROP TABLE IF EXISTS "{full_text.name}"')

    return [RunPython(create, drop)]


def restore_triggers(using: str = "default", **news) -> None:
    """Put back the triggers that a rebuilt table lost, and read that table anew (SQLite; after every migrate)."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        standing = {name for (name,) in cursor.fetchall()}
        for full_text in full_text_tables(cursor):
            lost = [sql for name, sql in full_text.triggers().items() if name not in standing]
            for statement in [*lost, full_text.rebuild()] if lost else []:
                cursor.execute(statement)


def full_text_tables(cursor) -> list[FullText]:
    """Those that `search_index` made in this database and whose table still stands."""
    cursor.execute(
        "SELECT fts.sql FROM sqlite_master fts WHERE fts.type = 'table' AND fts.name LIKE '%fts' AND fts.sql LIKE '%fts5%'"
    )
    found = [OUR_TABLE.search(sql) for (sql,) in cursor.fetchall()]
    return [FullText(table=match[2], column=match[1], key=match[3]) for match in found if match]
