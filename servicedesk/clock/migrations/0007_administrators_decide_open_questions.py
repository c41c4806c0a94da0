"""The role of administrators sees the questions that each organisation must decide, and records decisions."""

from django.db import migrations

from servicedesk.staff.roles import give


def create(apps, schema_editor):
    decisions = [f"regulations.decision.{act}_decision" for act in ("view", "add")]
    give(apps, schema_editor.connection.alias, {"administrator": decisions})


def keep(apps, schema_editor):
    """Roles are edited by hand afterwards; nothing is taken away."""


class Migration(migrations.Migration):
    dependencies = [
        ("clock", "0006_administrators_keep_the_settings"),
        ("regulations", "0002_questions_decided_by_people"),
    ]

    operations = [migrations.RunPython(create, keep)]
