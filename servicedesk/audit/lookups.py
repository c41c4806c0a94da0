"""Rows with one of many keys: what `in` does, at a cost that hardly grows with their number."""

import json
from typing import Any

from django.db.models import Field, Lookup


@Field.register_lookup
class AnyOf(Lookup):
    """`subject__any=[…]`: the keys travel as one parameter, where `in` looks at each of them several times."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple]:
        sql, params = self.process_lhs(compiler, connection)
        return f"{sql} IN (SELECT value FROM json_each(%s))", (*params, json.dumps(list(self.rhs)))  # noqa: S608  a column's name

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple]:
        sql, params = self.process_lhs(compiler, connection)
        return f"{sql} = ANY(%s)", (*params, list(self.rhs))
