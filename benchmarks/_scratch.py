"""A database of our own, made and dropped."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper


def answers() -> bool:
    """Whether the database server can be reached."""
    try:
        with connection._nodb_cursor():
            return True
    except OperationalError:
        return False


@contextmanager
def scratch_database(name: str, *, wanted: bool = True) -> Iterator[None]:
    """Migrated and empty; the connection is to it meanwhile, and DATABASE_URL names it for processes we start."""
    if not wanted:
        yield
        return
    before = connection.settings_dict["NAME"]
    scratch = f"bench_{name}_{os.getpid()}"
    if connection.vendor == "sqlite":
        (settings.VAR / "bench").mkdir(exist_ok=True)
        scratch = str(settings.VAR / "bench" / f"{scratch}.sqlite3")
    connection.settings_dict["TEST"]["NAME"] = scratch
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    os.environ["DATABASE_URL"] = f"{address}/{scratch.lstrip('/')}"
    try:
        yield
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


@contextmanager
def copies(names: Iterable[str]) -> Iterator[dict[str, BaseDatabaseWrapper]]:
    """A database of its own for each name, made from the scratch database as it stands (PostgreSQL); see `use`."""
    ours = connections["default"]
    scratch = ours.settings_dict["NAME"]
    ours.close()
    made = {name: connections.create_connection("default") for name in names}
    try:
        with ours._nodb_cursor() as cursor:
            for name, one in made.items():
                one.settings_dict = {**ours.settings_dict, "NAME": f"{scratch}_{name}"}
                cursor.execute(f'CREATE DATABASE "{scratch}_{name}" TEMPLATE "{scratch}"')
        yield made
    finally:
        use(ours)
        with ours._nodb_cursor() as cursor:
            for name, one in made.items():
                one.close()
                cursor.execute(f'DROP DATABASE IF EXISTS "{scratch}_{name}"')


def use(one: BaseDatabaseWrapper) -> None:
    """Let this connection be the one that everything goes through from now on."""
    connections["default"] = one
