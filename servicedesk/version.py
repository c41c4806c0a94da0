"""The desk's own version, and which migrations its code brings and its database has."""

from functools import cache

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

VERSION = "0.3.dev"
TABLE = "django_migrations"

Migration = tuple[str, str]  # app label, name


@cache
def known_migrations() -> frozenset[Migration]:
    """Every migration that this code brings; read from the files once per process."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {})


def fits(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database has gone through exactly the migrations that this code brings."""
    return applied_migrations(connection) == known_migrations()


def applied_migrations(connection: BaseDatabaseWrapper) -> frozenset[Migration]:
    """Every migration that this database has gone through, of apps that are still installed; none if it is empty."""
    if TABLE not in connection.introspection.table_names():
        return frozenset()
    installed = {config.label for config in apps.get_app_configs()}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT app, name FROM {TABLE}")  # noqa: S608
        return frozenset((app, name) for app, name in cursor.fetchall() if app in installed)
