"""A database of our own, made and dropped."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connection


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
