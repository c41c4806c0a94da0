"""Into which of some stretches a moment falls, told by the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, Func, IntegerField, Value
from django.db.models.sql.compiler import SQLCompiler


class Between(Func):
    """The number of the stretch in which a moment lies; the n-th begins with the n-th of `starts`, given in order.

    0 lies before the first one. Unlike a truncation to weeks it costs no conversion of zones for each row.
    """

    output_field = IntegerField()

    def __init__(self, moment: Any, starts: Sequence[datetime], **extra: Any) -> None:
        super().__init__(moment, *(Value(start, DateTimeField()) for start in starts), **extra)

    def as_sql(
        self, compiler: SQLCompiler, connection: Any, *unused: Any, **context: Any
    ) -> tuple[str, tuple]:
        moment, starts, params = self._compiled(compiler)
        passed = " + ".join(f"({moment} >= {start})" for start in starts)
        return f"({passed})", params

    def as_postgresql(
        self, compiler: SQLCompiler, connection: Any, *unused: Any, **context: Any
    ) -> tuple[str, tuple]:
        moment, starts, params = self._compiled(compiler)
        return f"width_bucket({moment}, ARRAY[{', '.join(starts)}]::timestamptz[])", params

    def _compiled(self, compiler: SQLCompiler) -> tuple[str, list[str], tuple]:
        (moment, _), *starts = [compiler.compile(expression) for expression in self.source_expressions]
        return moment, [sql for sql, _ in starts], tuple(value for _, values in starts for value in values)
