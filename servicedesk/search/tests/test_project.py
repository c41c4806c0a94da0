"""Every column of tokens in the project has its index on the engine at hand."""

import pytest
from django.apps import apps
from django.db import connection

from servicedesk.search.fields import TokensField
from servicedesk.search.index import full_text_tables

COLUMNS = {
    (model._meta.db_table, field.column)
    for model in apps.get_models()
    for field in model._meta.local_fields
    if isinstance(field, TokensField)
}


@pytest.mark.django_db
def test_every_column_of_tokens_has_its_index():
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            indexed = {(full_text.table, full_text.column) for full_text in full_text_tables(cursor)}
        else:
            cursor.execute("SELECT tablename, indexname FROM pg_indexes WHERE indexname LIKE '%\\_search'")
            indexed = {(table, name[len(table) + 1 : -len("_search")]) for table, name in cursor.fetchall()}
    assert indexed >= COLUMNS


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_every_index_follows_its_table_after_all_migrations():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        standing = {name for (name,) in cursor.fetchall()}
        lost = {name for full_text in full_text_tables(cursor) for name in full_text.triggers()} - standing
    assert lost == set()
