"""That a task is done is confirmed by a time, too: reminders by S4, escalation by S5."""

from django.db import migrations

RUNGS = [
    ("share", 75, "", "owner"),
    ("before", 1, "hours", "owner"),
    ("after", 0, "hours", "department_manager"),
    ("after", 1, "working_days", "executive"),
    ("after", 3, "working_days", "general_manager"),
]


def create(apps, schema_editor):
    ladders = apps.get_model("clock", "Ladder").objects.using(schema_editor.connection.alias)
    if ladders.filter(kind="confirmation").exists():
        return
    ladder = ladders.create(kind="confirmation", name="Confirmations of tasks")
    for number, (when, amount, unit, position) in enumerate(RUNGS, start=1):
        ladder.rungs.create(number=number, when=when, amount=amount, unit=unit, position=position)


def keep(apps, schema_editor):
    """Ladders go with their table; until then deadlines need them."""


class Migration(migrations.Migration):
    dependencies = [("clock", "0008_steps_within_a_year")]

    operations = [migrations.RunPython(create, keep)]
