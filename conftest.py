"""What all tests share: tables come back to what the migrations left in them, fast and under triggers.

A transactional test ends by emptying its tables, which our triggers refuse. So the state after the migrations
is remembered once, and afterwards each such test is wiped out by restoring it: on SQLite by copying pages, on
PostgreSQL by emptying the tables that hold something, with triggers asleep, and putting the first rows back.
"""

import sqlite3
from contextlib import contextmanager
from io import StringIO

import hypothesis
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase
from django.utils import translation

from servicedesk.audit.triggers import install, lift

pytest_plugins = ["servicedesk.testing.browser", "servicedesk.testing.running"]


def pytest_configure():
    """Log-ins of tests need no slow password hash, and slow examples are no wrong ones."""
    hypothesis.settings.register_profile("desk", deadline=None)  # a busy machine proves nothing
    hypothesis.settings.load_profile("desk")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_modifyitems(items):
    """Tests marked `postgresql` are skipped on SQLite."""
    if connections["default"].vendor == "postgresql":
        return
    for item in items:
        if item.get_closest_marker("postgresql"):
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL"))


def pytest_sessionstart(session):
    """Texts in other languages are tested too; the worker processes of a parallel run share the files."""
    if not hasattr(session.config, "workerinput"):
        call_command("compile_translations", verbosity=0, stdout=StringIO())


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """After the tables stand: remember what is in them, and restore it after every transactional test."""
    with django_db_blocker.unblock():
        restore = {alias: _remember(connections[alias]) for alias in connections}

    def teardown(test_case):
        for alias in test_case._databases_names(include_mirrors=False):
            restore[alias]()

    flush, TransactionTestCase._fixture_teardown = TransactionTestCase._fixture_teardown, teardown
    yield restore["default"]
    TransactionTestCase._fixture_teardown = flush


@pytest.fixture
def restore_tables(django_db_setup, transactional_db):
    """A function that brings the tables back to what the migrations left in them, also in the middle of a test."""
    return django_db_setup


@pytest.fixture(autouse=True)
def language_of_the_organisation():
    """Every test begins in it, whatever language the last request of the test before left on the thread."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def triggers_lifted():
    """A context in which the default database refuses nothing: how an intruder would begin."""
    return lambda: _lifted(connections["default"])


@contextmanager
def _lifted(connection):
    if connection.vendor == "sqlite":
        lift(connection)
        try:
            yield
        finally:
            install(connection)
        return
    with connection.cursor() as cursor:
        # What waits for commit is judged first, as it would have been before an intruder came.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            cursor.execute("SET session_replication_role = origin")


def _remember(connection):
    return _remember_sqlite(connection) if connection.vendor == "sqlite" else _remember_postgresql(connection)


def _remember_sqlite(connection):
    connection.ensure_connection()
    first = sqlite3.connect(":memory:", check_same_thread=False)
    connection.connection.backup(first)

    def restore():
        connection.ensure_connection()
        first.backup(connection.connection)

    return restore


def _remember_postgresql(connection):
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS first_rows CASCADE; CREATE SCHEMA first_rows")
        kept = {table: _columns(cursor, table) for table in _holding_rows(cursor, tables)}
        for table, columns in kept.items():
            cursor.execute(f'CREATE TABLE first_rows."{table}" AS SELECT {columns} FROM "{table}"')

    def restore():
        with connection.cursor() as cursor:
            held = _holding_rows(cursor, tables)
            cursor.execute(
                "BEGIN; SET LOCAL session_replication_role = replica; SET LOCAL lock_timeout = '20s';"
                + "".join(f'DELETE FROM "{table}";' for table in {*held, *kept})
                + "".join(
                    f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM first_rows."{table}";'
                    for table, columns in kept.items()
                )
                + "COMMIT"
            )

    return restore


def _holding_rows(cursor, tables):
    cursor.execute(" UNION ALL ".join(f"(SELECT '{table}' FROM \"{table}\" LIMIT 1)" for table in tables))
    return [table for (table,) in cursor.fetchall()]


def _columns(cursor, table):
    cursor.execute(
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
        [f'"{table}"'],
    )
    return cursor.fetchone()[0]
