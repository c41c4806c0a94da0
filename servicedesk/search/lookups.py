"""The lookup `tokens__matches="words as typed"`."""

# ruff: noqa: S608 -- names of tables and columns come from the model; what is typed is a parameter
from django.core.exceptions import FullResultSet
from django.db.models import Lookup

from servicedesk.search.index import full_text_table, tokens_as_vector
from servicedesk.search.tokens import query_tokens


class Matches(Lookup):
    """Rows that hold every word of the query; an empty query, or one of punctuation only, filters nothing.

    Both engines first ask the index for the ids, so that the time follows the number of matches. Left to itself,
    PostgreSQL walks the whole table from the newest row on whenever it guesses wrongly how rare a word is.
    """

    lookup_name = "matches"
    prepare_rhs = False

    def get_prep_lookup(self) -> str:
        return query_tokens(str(self.rhs))

    def as_sql(self, compiler, connection):
        """SQLite: the ids that the full-text table of this column gives."""
        quote = connection.ops.quote_name
        table = quote(full_text_table(self.lhs.target.model._meta.db_table, self.lhs.target.column))
        match = " AND ".join(
            f'"{token[:-1]}" *' if token.endswith("*") else f'"{token}"' for token in self.wanted()
        )
        return f"{self.key(compiler, quote)} IN (SELECT rowid FROM {table} WHERE {table} MATCH %s)", [match]

    def as_postgresql(self, compiler, connection):
        """PostgreSQL: the ids that the index gives; the expression is the indexed one, letter for letter."""
        quote = connection.ops.quote_name
        meta = self.lhs.target.model._meta
        vector = tokens_as_vector(quote(self.lhs.target.column))
        ids = f"SELECT {quote(meta.pk.column)} FROM {quote(meta.db_table)} WHERE {vector} @@ %s::tsquery"
        return f"{self.key(compiler, quote)} = ANY(ARRAY({ids}))", [_as_query(self.wanted())]

    def wanted(self) -> list[str]:
        if not self.rhs:
            raise FullResultSet
        return self.rhs.split()

    def key(self, compiler, quote) -> str:
        alias = compiler.quote_name_unless_alias(self.lhs.alias)  # a subquery's own alias stays unquoted
        return f"{alias}.{quote(self.lhs.target.model._meta.pk.column)}"


class Holds(Matches):
    """The same row by row, for rows that are walked through in some order anyway: on PostgreSQL no index is asked.

    Looking for the letters first spares most rows being cut into words.
    """

    lookup_name = "holds"

    def as_postgresql(self, compiler, connection):
        column, _ = compiler.compile(self.lhs)
        vector = tokens_as_vector(column)
        letters = " AND ".join([f"strpos({column}, %s) > 0"] * len(self.wanted()))
        stems = [token.removesuffix("*") for token in self.wanted()]
        return f"({letters} AND {vector} @@ %s::tsquery)", [*stems, _as_query(self.wanted())]


def _as_query(wanted: list[str]) -> str:
    return " & ".join(f"'{token[:-1]}':*" if token.endswith("*") else f"'{token}'" for token in wanted)
