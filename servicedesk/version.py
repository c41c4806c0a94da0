"""The desk's own version, and which migrations its code brings and its database has."""

from functools import cache

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

VERSION = "0.3.dev"

Migration = tuple[str, str]  # app label, name


@cache
def known_migrations() -> frozenset[Migration]:
    """Every migration that this code brings; read from the files once per process."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {})


def applied_migrations(connection: BaseDatabaseWrapper) -> frozenset[Migration]:
    """Every migration that this database has gone through, of apps that are still installed."""
    installed = {config.label for config in apps.get_app_configs()}
    return frozenset(
        migration
        for migration in MigrationRecorder(connection).applied_migrations()
        if migration[0] in installed
    )
