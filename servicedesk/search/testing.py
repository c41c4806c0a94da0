"""A table to search in, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.test.utils import isolate_apps

from servicedesk.search.fields import TokensField
from servicedesk.search.index import search_index


def note_model() -> type[models.Model]:
    """A model outside the project, so that no migration of the project knows it."""
    with isolate_apps("servicedesk.search"):

        class Note(models.Model):
            title = models.CharField(max_length=20, null=True)
            tokens = TokensField()

            class Meta:
                app_label = "search"
                db_table = "search_note"

            def __str__(self) -> str:
                return self.title or ""

    return Note


def run(operations: list[Operation], *, backwards: bool = False) -> None:
    state = ProjectState()
    with connection.schema_editor() as editor:
        for operation in operations:
            step = operation.database_backwards if backwards else operation.database_forwards
            step("search", editor, state, state)


@contextmanager
def searchable_table() -> Iterator[type[models.Model]]:
    """The table of `note_model` with its index, gone afterwards; needs a transactional test."""
    note = note_model()
    with connection.schema_editor() as editor:
        editor.create_model(note)
    run(search_index("search_note"))
    try:
        yield note
    finally:
        run(search_index("search_note"), backwards=True)
        with connection.schema_editor() as editor:
            editor.delete_model(note)
