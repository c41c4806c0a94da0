"""The settings are policies like calendars and ladders: the role of administrators sees and changes them."""

from django.db import migrations

from servicedesk.staff.roles import give


def create(apps, schema_editor):
    kept = [f"regulations.setting.{act}_setting" for act in ("view", "change")]
    give(apps, schema_editor.connection.alias, {"administrator": kept})


def keep(apps, schema_editor):
    """Roles are edited by hand afterwards; nothing is taken away."""


class Migration(migrations.Migration):
    dependencies = [
        ("clock", "0005_figures_by_due_time"),
        ("regulations", "0001_settings_and_their_changes"),
        ("staff", "0006_why_a_log_in_is_blocked"),
    ]

    operations = [migrations.RunPython(create, keep)]
