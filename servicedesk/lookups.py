"""What no column of numbers can hold is in no row, on every engine, whoever asks: forms, filters and actions of the administration.

Django sees to that where such a column is compared with one number. In a list, and as the key of another row, SQLite stumbles
over numbers beyond its widest column (OverflowError), and Django itself over what is no number (ValueError).
"""

from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models import ForeignObject, IntegerField
from django.db.models.fields.related_lookups import (
    RelatedExact,
    RelatedGreaterThan,
    RelatedGreaterThanOrEqual,
    RelatedIn,
    RelatedLessThan,
    RelatedLessThanOrEqual,
)
from django.db.models.lookups import In

LEAST, MOST = -(2**63), 2**63 - 1  # of the widest column


class OneOfThem:
    """`in`: what no column of numbers can hold is left out of the list."""

    lhs: Any
    rhs: Any

    def get_prep_lookup(self) -> Any:
        column = self.lhs.output_field
        if self.rhs_is_direct_value() and isinstance(getattr(column, "target_field", column), IntegerField):  # type: ignore[attr-defined]
            self.rhs = [value for value in self.rhs if _fits(value)]
        return super().get_prep_lookup()  # type: ignore[misc]


def _fits(value: Any) -> bool:
    """Whether a column may hold the value; rows, expressions and None are left to Django."""
    if isinstance(value, str):
        try:
            value = int(value)
        except ValueError:
            return False
    return not isinstance(value, int) or LEAST <= value <= MOST


class Compared:
    """A key compared with one number: what holds beyond either end is known without asking."""

    above: type[Exception] = EmptyResultSet
    below: type[Exception] = EmptyResultSet

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        value = self.rhs  # type: ignore[attr-defined]
        if isinstance(value, int) and not _fits(value):
            raise self.above if value > MOST else self.below
        return super().process_rhs(compiler, connection)  # type: ignore[misc]


@IntegerField.register_lookup
class NumberIn(OneOfThem, In):
    pass


@ForeignObject.register_lookup
class KeyIn(OneOfThem, RelatedIn):
    pass


@ForeignObject.register_lookup
class KeyExact(Compared, RelatedExact):
    pass


@ForeignObject.register_lookup
class KeyAbove(Compared, RelatedGreaterThan):
    below = FullResultSet


@ForeignObject.register_lookup
class KeyFrom(Compared, RelatedGreaterThanOrEqual):
    below = FullResultSet


@ForeignObject.register_lookup
class KeyBelow(Compared, RelatedLessThan):
    above = FullResultSet


@ForeignObject.register_lookup
class KeyUpTo(Compared, RelatedLessThanOrEqual):
    above = FullResultSet
