"""Search on the engine at hand: found, not found, kept up to date, never an error."""

from time import perf_counter

import pytest
from django.db import connection, models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servicedesk.search.index import restore_triggers, search_index
from servicedesk.search.testing import run, searchable_table
from servicedesk.search.tokens import tokens

pytestmark = pytest.mark.django_db(transaction=True)
only_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite drops triggers")


@pytest.fixture
def note():
    with searchable_table() as model:
        yield model


def titles(note, query) -> list[str]:
    return sorted(note.objects.filter(tokens__matches=query).values_list("title", flat=True))


def add(note, title, text):
    return note.objects.create(title=title, tokens=tokens(text))


def test_all_words_must_be_found(note):
    add(note, "lift", "The lift is broken 电梯坏了 13800138000")
    add(note, "light", "The light is broken 灯坏了 021-65432109")

    assert titles(note, "broken") == ["lift", "light"]
    assert titles(note, "broken lift") == ["lift"]
    assert titles(note, "坏了 电梯") == ["lift"]
    assert titles(note, "梯") == ["lift"]
    assert titles(note, "了") == ["lift", "light"]
    assert titles(note, "8000") == ["lift"]
    assert titles(note, "ligh") == ["light"]
    assert titles(note, "broken door") == []


@pytest.mark.parametrize("query", ["", "   ", "。!?", '"', "*", "😀"])
def test_an_empty_query_filters_nothing(note, query):
    add(note, "one", "words")
    assert titles(note, query) == ["one"]
    assert not note.objects.exclude(tokens__matches=query).exists()


@pytest.mark.parametrize(
    "query",
    [
        '"lift',
        "lift*",
        "NEAR(lift broken)",
        "tokens:lift",
        "-lift",
        "lift & !broken",
        "lift | x",
        "lift:*",
        "'lift'",
        "^lift",
        "lift\x00",
    ],
)
def test_what_is_typed_is_never_an_operator(note, query):
    add(note, "lift", "near lift tokens x broken")
    assert titles(note, query) == ["lift"]


def test_or_and_not_are_words(note):
    add(note, "lift", "lift")
    assert titles(note, "lift OR door") == []
    assert titles(note, "NOT door") == []


def test_no_query_is_an_error(note):
    add(note, "one", "words 投诉")

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.text())
    def search(query):
        note.objects.filter(tokens__matches=query).count()

    search()


def test_every_text_is_stored_and_found_by_itself(note):
    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.text(max_size=80))
    def store_and_find(text):
        row = note.objects.create(tokens=tokens(text))
        assert note.objects.filter(tokens__matches=text, pk=row.pk).exists()

    store_and_find()


def test_changes_and_removals_are_followed(note):
    row = add(note, "one", "before")
    note.objects.update(tokens=tokens("after"))
    assert titles(note, "before") == []
    assert titles(note, "after") == ["one"]

    row.delete()
    assert titles(note, "after") == []


def test_a_search_may_stand_inside_another_query(note):
    row = add(note, "one", "words")
    inner = note.objects.filter(tokens__matches="words").values("pk")
    assert list(note.objects.filter(pk__in=inner)) == [row]


def test_erased_tokens_are_found_no_more(note):
    add(note, "one", "secret")
    note.objects.update(tokens="")
    assert titles(note, "secret") == []


def test_a_filled_table_can_be_made_searchable_and_back(note):
    run(search_index("search_note"), backwards=True)
    add(note, "one", "early words")
    run(search_index("search_note"))
    assert titles(note, "early") == ["one"]


def test_long_texts_in_many_scripts(note):
    add(note, "long", "".join(chr(0x4E00 + n) for n in range(10_000)) + " tail")
    add(note, "rare", "𬜯𫖮 हिन्दी 1e5abc עברית")
    assert titles(note, "tail") == ["long"]
    assert titles(note, "𬜯𫖮") == ["rare"]
    assert titles(note, "हिन्दी 1e5abc עברית") == ["rare"]


@only_sqlite
def test_a_rebuilt_table_is_searchable_again_after_migrate(note):
    add(note, "old", "old words")
    title = note._meta.get_field("title")
    longer = models.CharField(max_length=50, null=True, default="x")
    longer.set_attributes_from_name("title")
    longer.model = note
    with connection.schema_editor() as editor:
        editor.alter_field(note, title, longer)
    add(note, "unseen", "words written before the triggers came back")

    restore_triggers()
    add(note, "new", "new words")

    assert titles(note, "words") == ["new", "old", "unseen"]
    note.objects.filter(title="old").delete()
    assert titles(note, "words") == ["new", "unseen"]


@only_sqlite
def test_nothing_is_rebuilt_while_the_triggers_stand(note, django_assert_num_queries):
    with django_assert_num_queries(2):
        restore_triggers()


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_postgresql_uses_the_index(note):
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        plan = note.objects.filter(tokens__matches="投诉 电话").explain()
        cursor.execute("SET enable_seqscan = on")
    assert "search_note_tokens_search" in plan


@pytest.mark.slow
def test_a_hundred_thousand_rows_answer_in_milliseconds(note):
    words = ["电梯", "漏水", "噪音", "停车", "维修", "退款", "发票", "lift", "leak", "noise"]
    rows = (
        note(tokens=tokens(f"{words[n % 10]}{words[n // 10 % 10]} number {n} {13_800_000_000 + n}"))
        for n in range(100_000)
    )
    note.objects.bulk_create(rows, batch_size=5_000)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE search_note")

    for query, expected in (
        ("13800054321", 1),
        ("54321", 1),
        ("电梯漏水 10", None),
        ("漏", None),
        ("le", None),
    ):
        start = perf_counter()
        rows = list(note.objects.filter(tokens__matches=query).order_by("-pk")[:50])
        seconds = perf_counter() - start
        assert rows
        assert expected in (None, len(rows))
        assert seconds < 0.5, query
