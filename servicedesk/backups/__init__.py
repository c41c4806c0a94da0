"""Back-ups of the whole desk in one file, on both engines; `manage.py backup` and `manage.py restore` call this.

The desk keeps everything in its database, so a back-up is a ZIP archive of two parts: the database at one moment
(a copy of SQLite's file, or pg_dump's custom format) and `manifest.json`, which says what must come out of it.
"""

from types import ModuleType

from django.db.backends.base.base import BaseDatabaseWrapper

from servicedesk.backups import postgresql, sqlite


def engine_of(connection: BaseDatabaseWrapper) -> ModuleType:
    """The module for this database. Each offers the same: `snapshot`, `others`, `prepare`, `discard`, `switch`."""
    return postgresql if connection.vendor == "postgresql" else sqlite
