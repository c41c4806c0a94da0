"""Paging big tables: by key, so that page 1000 costs what page 1 costs, and by numbers that are not counted to the end."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from django.core.paginator import Paginator
from django.db.models import BooleanField, DateTimeField, Func, QuerySet, Value
from django.db.models.sql.compiler import SQLCompiler
from django.utils.functional import cached_property

FORMAT = "%Y%m%dT%H%M%S.%fZ"
WRITTEN = re.compile(r"([0-9]{8}T[0-9]{6}\.[0-9]{6}Z)-([0-9]{1,18})")
YEARS = range(1970, 2200)  # what a page can lie at; others are no place of ours


@dataclass(frozen=True, order=True)
class Place:
    """Where a row stands in an order by a moment, then by id."""

    moment: datetime
    pk: int

    def __str__(self) -> str:
        """As it stands in an address: 20260511T020000.000000Z-123."""
        return f"{self.moment.astimezone(UTC).strftime(FORMAT)}-{self.pk}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """What `str` wrote; None for any other text."""
        match = WRITTEN.fullmatch(text)
        if match is None:
            return None
        try:
            moment = datetime.strptime(match[1], FORMAT).replace(tzinfo=UTC)
        except ValueError:
            return None
        return cls(moment, int(match[2])) if moment.year in YEARS else None

    def behind(self, field: str, *, descending: bool = False) -> "Follows":
        """A condition: rows that follow this place in the order of `field`, then of id, both in the same direction."""
        return Follows(
            field, "pk", Value(self.moment, DateTimeField()), self.pk, past="<" if descending else ">"
        )


class Follows(Func):
    """Behind a place, said in the way from which engines guess rightly how many rows follow.

    The first half is where an index begins, and it holds for no NULL. The second half leaves out what shares the
    moment; comparing rows or negating would say the same and mislead the planner a hundredfold.
    """

    output_field = BooleanField()

    def __init__(self, *expressions, past: str, **extra) -> None:
        super().__init__(*expressions, past=past, **extra)

    def as_sql(
        self, compiler: SQLCompiler, connection: Any, *unused: Any, **context: Any
    ) -> tuple[str, tuple]:
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        (field, _), (pk, _), (moment, moments), (number, numbers) = parts
        past = self.extra["past"]
        sql = f"({field} {past}= {moment} AND ({field} <> {moment} OR {pk} {past} {number}))"
        return sql, (*moments, *moments, *numbers)


class CappedPaginator(Paginator):
    """Numbered pages that count no further than anybody turns them; the rest is found by searching."""

    object_list: QuerySet
    limit = 5000  # rows

    @cached_property
    def count(self) -> int:
        """How many rows there are, at most `limit`."""
        return self.object_list.order_by()[: self.limit].count()
