"""How common a word is in a table, by what PostgreSQL has counted for its planner."""

from __future__ import annotations

import time
from functools import lru_cache

from django.db import connection, models

from servicedesk.search.tokens import query_tokens

LASTS = 600  # seconds that one look at the statistics serves
RARE = 0.004  # of all rows; PostgreSQL has counted what is more common, and the index finds what is not at no great cost

STATISTICS = """
SELECT e.token, e.share FROM pg_stats s
CROSS JOIN LATERAL unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) e (token, share)
WHERE s.tablename = %s AND e.token IS NOT NULL AND e.share > %s
"""


def share_of(model: type[models.Model], text: str, *, column: str = "tokens") -> float:
    """The share of rows that hold the rarest of the words typed; 0 where some word is rare, or nothing is known.

    On SQLite nothing is known: its full-text table answers by itself.
    """
    wanted = query_tokens(text).split()
    if connection.vendor != "postgresql" or not wanted:
        return 0.0
    shares = _shares(
        connection.settings_dict["NAME"],
        f"{model._meta.db_table}_{column}_search",
        int(time.monotonic() // LASTS),
    )
    return min(_share(token, shares) for token in wanted)


def _share(token: str, shares: dict[str, float]) -> float:
    if not token.endswith("*"):
        return shares.get(token, 0.0)
    return max((share for known, share in shares.items() if known.startswith(token[:-1])), default=0.0)


@lru_cache(maxsize=8)
def _shares(database: str, index: str, period: int) -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute(STATISTICS, [index, RARE])
        return dict(cursor.fetchall())
