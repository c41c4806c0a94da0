"""Numbers that people read out: drawn before the row is written, never twice, without waiting for each other."""

from django.db import connection, models


def draw_keys(model: type[models.Model], count: int) -> list[int]:
    """Fresh primary keys for rows that this transaction inserts at once.

    PostgreSQL hands them out from the sequence of the table; SQLite has one writer at a time, who may count on
    from the highest key there ever was. A transaction that fails leaves a gap, nothing else.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [key for (key,) in cursor.fetchall()]
        cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()[0]
    return list(range(last + 1, last + 1 + count))


def customer_number(key: int) -> str:
    return f"C-{key:06d}"


def project_number(key: int) -> str:
    return f"P-{key:06d}"
