"""A row for every setting, so that each can be locked, changed and listed."""

from django.db import DEFAULT_DB_ALIAS, transaction

from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.models import Setting


def seed_settings(using: str = DEFAULT_DB_ALIAS, **news: object) -> None:
    """Give each setting that has no row yet its default; the others stay as they are (after every migrate).

    Two that do so at once take turns on SQLite, whose triggers refuse a row that stands there already before it could
    be passed over; on PostgreSQL the second passes over what the first wrote.
    """
    rows = Setting.objects.using(using)
    with transaction.atomic(using=using):
        standing = set(rows.values_list("code", flat=True))
        rows.bulk_create(
            [
                Setting(code=code, value=definition.kind.store(definition.default))
                for code, definition in DEFINITIONS.items()
                if definition.lives_here and code not in standing
            ],
            ignore_conflicts=True,
        )
