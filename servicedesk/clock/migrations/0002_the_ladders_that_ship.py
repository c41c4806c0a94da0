"""The ladders of S4 and S5, and those of serious matters (CASES u); edited afterwards in the admin, version by version."""

from django.db import migrations

from servicedesk.staff.roles import give

WARNINGS = [("share", 75, "", "owner"), ("before", 1, "hours", "owner")]  # S4
ORDINARY = [
    *WARNINGS,
    ("after", 0, "hours", "department_manager"),
    ("after", 1, "working_days", "executive"),
    ("after", 3, "working_days", "general_manager"),
]  # S5
SERIOUS = [
    *WARNINGS,
    ("after", 0, "hours", "department_manager"),
    ("after", 1, "hours", "executive"),
    ("after", 4, "hours", "general_manager"),
]
LADDERS = [
    ("promise", "Promised replies", ORDINARY),
    ("check", "Opinion checks", ORDINARY),
    ("task", "Tasks", ORDINARY),
    ("reading", "Replies on the file", ORDINARY),
    ("serious", "Serious matters and same-day duties", SERIOUS),
]
SILENT_AFTER = 30  # minutes without acknowledgement until a serious matter goes to the deputy
SEE_ALL = ["clock.deadline.view_all_deadlines", "clock.deadline.view_deadline"]


def create(apps, schema_editor):
    using = schema_editor.connection.alias
    Ladder = apps.get_model("clock", "Ladder")
    for kind, name, rungs in LADDERS:
        if Ladder.objects.using(using).filter(kind=kind).exists():
            continue
        serious = kind == "serious"
        ladder = Ladder.objects.using(using).create(kind=kind, name=name, never_waits=serious)
        for number, (when, amount, unit, position) in enumerate(rungs, start=1):
            asks = serious and when == "after"
            ladder.rungs.create(
                number=number,
                when=when,
                amount=amount,
                unit=unit,
                position=position,
                acknowledge=asks,
                silent_after=SILENT_AFTER if asks else None,
            )
    give(
        apps,
        using,
        {
            "supervision": SEE_ALL,
            "office": SEE_ALL,
            "general_manager": SEE_ALL,
            "administrator": [
                "clock.deadline.view_deadline",
                *(f"clock.ladder.{act}_ladder" for act in ("view", "add", "change")),
                *(f"clock.rung.{act}_rung" for act in ("view", "add", "change", "delete")),
            ],
        },
    )


def remove(apps, schema_editor):
    """Ladders go with their table; until then running deadlines need them."""


class Migration(migrations.Migration):
    dependencies = [("clock", "0001_deadlines_and_ladders"), ("staff", "0003_the_posts_and_roles_that_ship")]

    operations = [migrations.RunPython(create, remove)]
