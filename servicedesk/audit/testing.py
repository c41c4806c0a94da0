"""Builders for tests."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from .timeline import Entry, record
from .words import store

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def make_timeline(subject: str = "ticket:2026-000001", *, entries: int = 3) -> list[Entry]:
    """A timeline of so many entries, an hour apart, each naming words of its own."""
    with transaction.atomic():
        return [
            record(subject, "noted", by="clock", at=AT + timedelta(hours=n), words=store(f"第 {n} 句"))
            for n in range(entries)
        ]
