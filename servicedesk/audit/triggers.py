"""The triggers that guard our tables: declared in one list per app, installed after every migrate (DESIGN 6).

An app calls `declare` in its `ready()`. SQLite drops the triggers of a table whenever Django rebuilds it, and
refuses to rebuild one that triggers of other tables mention; so all are lifted before migrations run there,
and `install` puts back whatever is missing, different or disabled. It touches nothing that is right already.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from .displacing import refusal

MARK = "declared by the desk"


@dataclass(frozen=True)
class Trigger:
    """One trigger in the words of both engines; an empty text means that this engine has no such trigger.

    `postgresql` creates a function and a trigger which both bear this `name`. `sqlite` is one CREATE TRIGGER
    of the same name. Names are unique in the database and have at most 63 characters.
    """

    name: str
    table: str
    postgresql: str = ""
    sqlite: str = ""

    def text(self, vendor: str) -> str:
        """The statements for a database of this vendor."""
        if vendor != "sqlite":
            return self.postgresql.strip()
        return _marked(self.sqlite.strip().rstrip(";"))


@dataclass(frozen=True)
class Displacing(Trigger):
    """Refuses, on SQLite, a row that takes the key of another one; its text needs the models, so it is made when asked for."""

    event: str = "INSERT"

    def text(self, vendor: str) -> str:
        return _marked(refusal(self.name, self.table, self.event)) if vendor == "sqlite" else ""


def _marked(text: str) -> str:
    return re.sub(r"\bBEGIN\b", f"BEGIN /* {MARK} */", text, count=1)


_declared: dict[str, Trigger] = {}


def declare(app_label: str, triggers: Iterable[Trigger]) -> None:
    """Make these triggers part of what `install` installs; a second one of the same name is refused."""
    for trigger in triggers:
        if len(trigger.name) > 63 or not trigger.table.startswith(app_label):
            raise ValueError(f"{trigger.name}: too long a name, or not a table of {app_label}")
        if _declared.setdefault(trigger.name, trigger) != trigger:
            raise ValueError(f"{trigger.name} is declared twice with different texts")


def declared() -> list[Trigger]:
    """Every trigger that an app has declared."""
    return list(_declared.values())


# Writing them down


def refuse(
    name: str,
    table: str,
    *,
    on: str,
    when: str,
    message: str,
    sqlite_when: str | None = None,
    first: str = "TRUE",
) -> Trigger:
    """A trigger that refuses a row when `when`, SQL over NEW and OLD, is true (NULL lets it pass).

    `on` is one event that both engines know: "BEFORE INSERT", "BEFORE UPDATE", "BEFORE UPDATE OF due_at",
    "BEFORE DELETE". `sqlite_when` is for a condition which SQLite words differently. `first` must be true as well;
    it looks at nothing but the row, and spares most rows the query in `when`.
    """
    return Trigger(
        name,
        table,
        postgresql=_judge(
            name,
            table,
            on=on,
            first=first,
            when=when,
            message=message,
            row="OLD" if "DELETE" in on else "NEW",
        ),
        sqlite=f"CREATE TRIGGER {name} {on} ON {table} FOR EACH ROW\nWHEN {_both(first, sqlite_when or when)}\n"
        f"BEGIN SELECT RAISE(ABORT, '{name}: {_quoted(message)}'); END",
    )


def refuse_at_commit(
    name: str, table: str, *, on: str, when: str, message: str, first: str = "TRUE"
) -> Trigger:
    """The same judged at commit, by a deferred constraint trigger; on SQLite only the audit judges it.

    `on` is "AFTER INSERT" or several such events joined by OR. NEW is the row as that event left it: what
    may have changed since, `when` looks up. `first` is judged at the event itself.
    """
    return Trigger(
        name,
        table,
        postgresql=_judge(
            name, table, on=on, first=first, when=when, message=message, row="NULL", at_commit=True
        ),
    )


def keep_rows(table: str) -> list[Trigger]:
    """No row of the table is ever deleted, nor emptied away by TRUNCATE, nor displaced by SQLite's OR REPLACE."""
    emptied = f"{table}_not_emptied"
    return [
        refuse(
            f"{table}_not_deleted",
            table,
            on="BEFORE DELETE",
            when="TRUE",
            message=f"rows of {table} are never deleted",
        ),
        Trigger(
            emptied,
            table,
            postgresql=_function(
                emptied, table, when="TRUE", message=f"rows of {table} are never deleted", row="NULL"
            )
            + f"CREATE TRIGGER {emptied} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
            f" EXECUTE FUNCTION {emptied}();",
        ),
        Displacing(f"{table}_not_replaced", table, event="INSERT"),
        Displacing(f"{table}_not_displaced", table, event="UPDATE"),
    ]


def append_only(table: str) -> list[Trigger]:
    """Rows are added and nothing else: UPDATE, DELETE and TRUNCATE are refused."""
    return [
        refuse(
            f"{table}_not_changed",
            table,
            on="BEFORE UPDATE",
            when="TRUE",
            message=f"rows of {table} never change",
        ),
        *keep_rows(table),
    ]


def _judge(
    name: str, table: str, *, on: str, first: str, when: str, message: str, row: str, at_commit: bool = False
) -> str:
    """Function and trigger. What needs no query is judged before the function is called, at a tenth of the cost."""
    if "SELECT" not in when.upper():
        first, when = _both(first, when), "TRUE"
    kind, deferred = (
        ("CONSTRAINT TRIGGER", " DEFERRABLE INITIALLY DEFERRED") if at_commit else ("TRIGGER", "")
    )
    return (
        _function(name, table, when=when, message=message, row=row)
        + f"CREATE {kind} {name} {on} ON {table}{deferred} FOR EACH ROW WHEN ({first}) EXECUTE FUNCTION {name}();"
    )


def _both(first: str, when: str) -> str:
    return when if first == "TRUE" else f"({first}) AND ({when})"


def _function(name: str, table: str, *, when: str, message: str, row: str) -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $refuse$\nBEGIN\n"
        f"IF ({when}) THEN\nRAISE EXCEPTION '{_quoted(message).replace('%', '%%')}'"
        f" USING ERRCODE = '23514', CONSTRAINT = '{name}', TABLE = '{table}';\n"
        f"END IF;\nRETURN {row};\nEND\n$refuse$;\n"
    )


def _quoted(message: str) -> str:
    return message.replace("'", "''")


# Bringing them into a database


@dataclass(frozen=True)
class Installed:
    """A trigger as the database has it; `sound` if it is exactly what was declared and not disabled."""

    name: str
    table: str
    sound: bool


def install(connection: BaseDatabaseWrapper) -> int:
    """Install every declared trigger whose table exists and remove ours that nobody declares any more.

    Returns how many were created or removed: 0 when all was right.
    """
    wanted = _wanted(connection)
    found = _installed(connection)
    wrong = [one for one in found.values() if not (one.sound and one.name in wanted)]
    lacking = [trigger for name, trigger in wanted.items() if name not in found or not found[name].sound]
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        _drop(cursor, connection.vendor, [*wrong, *lacking])  # a lacking one may have left its function
        for trigger in lacking:
            cursor.execute(trigger.text(connection.vendor))
        if lacking and connection.vendor == "postgresql":
            _seal(cursor, lacking)
    return len({one.name for one in wrong} | {trigger.name for trigger in lacking})


def lift(connection: BaseDatabaseWrapper) -> None:
    """Drop every trigger of ours, so that SQLite can rebuild tables; whoever lifts also installs."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        _drop(cursor, connection.vendor, _installed(connection).values())


def compare(connection: BaseDatabaseWrapper) -> list[str]:
    """How the database differs from what is declared, one sentence each; empty if it does not."""
    wanted = {name: trigger for name, trigger in _declared.items() if trigger.text(connection.vendor)}
    found = _installed(connection)
    missing = [
        _("The trigger %(name)s on %(table)s is missing.") % {"name": name, "table": trigger.table}
        for name, trigger in wanted.items()
        if name not in found
    ]
    differing = [
        _("The trigger %(name)s on %(table)s is disabled or not as declared.")
        % {"name": one.name, "table": one.table}
        for one in found.values()
        if not (one.sound and one.name in wanted)
    ]
    return missing + differing


def install_after_migrate(using: str = DEFAULT_DB_ALIAS, **kwargs: object) -> None:
    """Receiver of post_migrate."""
    install(connections[using])


def lift_before_migrate(using: str = DEFAULT_DB_ALIAS, plan: object = None, **kwargs: object) -> None:
    """Receiver of pre_migrate: SQLite cannot rebuild tables under triggers; with nothing to do they stay."""
    connection = connections[using]
    if plan and connection.vendor == "sqlite":
        lift(connection)


def _wanted(connection: BaseDatabaseWrapper) -> dict[str, Trigger]:
    tables = set(connection.introspection.table_names())
    return {
        name: trigger
        for name, trigger in _declared.items()
        if trigger.table in tables and trigger.text(connection.vendor)
    }


def _installed(connection: BaseDatabaseWrapper) -> dict[str, Installed]:
    """Our triggers in the database: those declared, and those that bear our mark from an earlier version."""
    with connection.cursor() as cursor:
        found = _read_sqlite(cursor) if connection.vendor == "sqlite" else _read_postgresql(cursor)
    return {one.name: one for one in found}


def _read_sqlite(cursor) -> list[Installed]:
    cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
    return [
        Installed(name, table, sound=name in _declared and text == _declared[name].text("sqlite"))
        for name, table, text in cursor.fetchall()
        if name in _declared or MARK in text
    ]


def _read_postgresql(cursor) -> list[Installed]:
    return [
        Installed(
            name,
            table,
            sound=name in _declared
            and enabled == "O"
            and comment == _fingerprint(_declared[name], definition, source),
        )
        for name, table, enabled, definition, source, comment in _catalogue(cursor)
        if name in _declared or (comment or "").startswith(MARK)
    ]


def _catalogue(cursor) -> list[tuple]:
    cursor.execute(
        "SELECT t.tgname, c.relname, t.tgenabled, pg_get_triggerdef(t.oid), pg_get_functiondef(t.tgfoid),"
        " obj_description(t.oid, 'pg_trigger')"
        " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
    )
    return cursor.fetchall()


def _fingerprint(trigger: Trigger, definition: str, source: str) -> str:
    """Stored as the trigger's comment: fits only this declaration and what PostgreSQL made of it."""
    told = "\x1f".join([trigger.text("postgresql"), definition, source])
    return f"{MARK}: {hashlib.sha256(told.encode()).hexdigest()}"


def _seal(cursor, triggers: list[Trigger]) -> None:
    by_name = {trigger.name: trigger for trigger in triggers}
    comments = [
        f"COMMENT ON TRIGGER {name} ON {table} IS '{_fingerprint(by_name[name], definition, source)}';"
        for name, table, _enabled, definition, source, _comment in _catalogue(cursor)
        if name in by_name
    ]
    cursor.execute("\n".join(comments))


def _drop(cursor, vendor: str, triggers: Iterable[Installed | Trigger]) -> None:
    for one in triggers:
        if vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER IF EXISTS {one.name}")
        else:
            cursor.execute(
                f"DROP TRIGGER IF EXISTS {one.name} ON {one.table}; DROP FUNCTION IF EXISTS {one.name}();"
            )
