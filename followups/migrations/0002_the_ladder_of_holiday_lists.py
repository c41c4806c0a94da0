"""Reminders for next year's holiday list (R5.8a, S37); edited afterwards in the admin, version by version."""

from django.db import migrations

RUNGS = [
    ("share", 30, "", "owner"),
    ("share", 60, "", "owner"),
    ("share", 85, "", "general_manager"),
    ("after", 0, "hours", "general_manager"),
]


def create(apps, schema_editor):
    Ladder = apps.get_model("clock", "Ladder").objects.using(schema_editor.connection.alias)
    if Ladder.filter(kind="holiday_list").exists():
        return
    ladder = Ladder.create(kind="holiday_list", name="Missing holiday lists")
    for number, (when, amount, unit, position) in enumerate(RUNGS, start=1):
        ladder.rungs.create(number=number, when=when, amount=amount, unit=unit, position=position)


def remove(apps, schema_editor):
    """Ladders stay: running deadlines need them."""


class Migration(migrations.Migration):
    dependencies = [("followups", "0001_holiday_list_duties"), ("clock", "0002_the_ladders_that_ship")]

    operations = [migrations.RunPython(create, remove)]
