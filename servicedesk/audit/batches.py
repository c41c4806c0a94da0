"""Reading whole tables in bounded memory, without server-side cursors (which pgbouncer does not keep)."""

from collections.abc import Iterator

from django.db import models

SIZE = 2000  # rows in memory at a time


def in_batches(rows: models.QuerySet) -> Iterator[list]:
    """All rows by ascending whole-number key, each batch by a query of its own."""
    last, full = 0, True
    while full:
        batch = list(rows.filter(pk__gt=last).order_by("pk")[:SIZE])
        if batch:
            yield batch
            last = batch[-1].pk
        full = len(batch) == SIZE
