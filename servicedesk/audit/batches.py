"""Reading whole tables in bounded memory, without server-side cursors (which pgbouncer does not keep)."""

from collections.abc import Iterator
from typing import Any

from django.db import models

SIZE = 2000  # rows in memory at a time


def in_batches(rows: models.QuerySet, size: int = SIZE) -> Iterator[list]:
    """All rows by ascending key, each batch by a query of its own; of `values_list` the key comes first."""
    last: Any = None
    full = True
    while full:
        after = rows if last is None else rows.filter(pk__gt=last)
        batch = list(after.order_by("pk")[:size])
        if batch:
            yield batch
            last = _key(batch[-1])
        full = len(batch) == size


def _key(row: Any) -> Any:
    if isinstance(row, models.Model):
        return row.pk
    return row[0] if isinstance(row, tuple) else row
