import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection, models, transaction

from servicedesk.audit import displacing, triggers
from servicedesk.audit.models import Entry, Head
from servicedesk.audit.testing import make_timeline
from servicedesk.audit.triggers import (
    Trigger,
    append_only,
    compare,
    declare,
    install,
    install_after_migrate,
    lift,
    lift_before_migrate,
    refuse,
)

pytestmark = pytest.mark.django_db


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)


def test_every_declared_trigger_is_installed_as_declared():
    assert compare(connection) == []


def test_installing_again_touches_nothing(django_assert_max_num_queries):
    with django_assert_max_num_queries(4):  # two to look, and the savepoint
        assert install(connection) == 0


@pytest.mark.parametrize("name", ["audit_entry_not_changed", "audit_words_digested"])
def test_a_missing_trigger_is_noticed_and_put_back(name):
    table = name.rsplit("_", 2 if "not" in name else 1)[0]
    run(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))

    assert compare(connection) == [f"The trigger {name} on {table} is missing."]
    assert install(connection) == 1
    assert compare(connection) == []


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_not_changed",
        "CREATE OR REPLACE FUNCTION audit_entry_not_changed() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN NEW; END $$",
        "COMMENT ON TRIGGER audit_entry_not_changed ON audit_entry IS NULL",
    ],
)
def test_a_disabled_or_softened_trigger_is_noticed_and_put_back(sql):
    run(sql)

    assert compare(connection) == [
        "The trigger audit_entry_not_changed on audit_entry is disabled or not as declared."
    ]
    assert install(connection) == 1
    assert compare(connection) == []


def test_a_softened_trigger_is_noticed_on_sqlite_too():
    if connection.vendor != "sqlite":
        pytest.skip("SQLite keeps the text itself")
    run(
        "DROP TRIGGER audit_entry_not_changed",
        "CREATE TRIGGER audit_entry_not_changed BEFORE UPDATE ON audit_entry WHEN FALSE BEGIN SELECT 1; END",
    )

    assert len(compare(connection)) == 1
    assert install(connection) == 1


def test_a_trigger_nobody_declares_any_more_is_removed(monkeypatch):
    monkeypatch.setattr(triggers, "_declared", dict(triggers._declared))
    del triggers._declared["audit_head_begins"]

    assert len(compare(connection)) == 1
    assert install(connection) == 1
    assert compare(connection) == []


def test_tables_not_made_yet_get_no_triggers(monkeypatch):
    monkeypatch.setattr(triggers, "_declared", dict(triggers._declared))
    declare("audit", append_only("audit_later"))

    assert install(connection) == 0
    assert len(compare(connection)) >= 2


def test_one_name_is_declared_once():
    with pytest.raises(ValueError, match="twice"):
        declare("audit", [Trigger("audit_head_begins", "audit_head", "SELECT 1", "SELECT 1")])


def test_an_app_declares_triggers_of_its_own_tables():
    with pytest.raises(ValueError, match="not a table of clock"):
        declare("clock", append_only("audit_entry"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", [Entry, Head])
def test_a_table_can_be_rebuilt_by_a_migration(model):
    make_timeline()
    lift_before_migrate(using="default", plan=["something to do"])
    field = models.CharField(max_length=9, default="x")
    field.set_attributes_from_name("extra")
    with connection.schema_editor() as editor:
        editor.add_field(model, field)
    with connection.schema_editor() as editor:
        editor.remove_field(model, field)
    install_after_migrate(using="default")

    assert compare(connection) == []
    assert Entry.objects.count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("run_number", [1, 2])
def test_after_a_transactional_test_tables_are_as_migrations_left_them(run_number):
    assert Permission.objects.filter(content_type__app_label="audit").exists()
    assert not Entry.objects.exists()

    make_timeline()
    Permission.objects.all().delete()


def test_every_app_with_declared_triggers_is_installed():
    for trigger in triggers._declared.values():
        assert any(trigger.table.startswith(app.label) for app in apps.get_app_configs())


def test_what_is_judged_first_must_hold_as_well():
    trigger = refuse(
        "audit_head_test", "audit_head", on="BEFORE INSERT", message="not beside the first one",
        first="NEW.subject <> 'ticket:3'",
        when="EXISTS (SELECT 1 FROM audit_head h WHERE h.subject = 'ticket:1')",
    )  # fmt: skip
    run(trigger.text(connection.vendor))

    Head.objects.create(subject="ticket:1")
    with pytest.raises(IntegrityError, match="not beside the first one"), transaction.atomic():
        Head.objects.create(subject="ticket:2")
    Head.objects.create(subject="ticket:3")


def test_a_process_that_has_not_read_the_keys_yet_lifts_and_installs_in_one_transaction():
    """So begins every migrate on a database that stands already."""
    displacing._keys.cache_clear()
    with transaction.atomic():
        lift(connection)
        install(connection)

    assert compare(connection) == []
