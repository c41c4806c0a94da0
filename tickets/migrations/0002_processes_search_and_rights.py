"""What each kind demands as shipped (CASES a), the search index, and who may do what."""

from django.db import migrations

from servicedesk.search.index import search_index
from servicedesk.staff.roles import give

PROCESSES = {  # kind: closed by, full intake
    "complaint": ("check", True),
    "fault": ("check", True),
    "request": ("check", False),
    "inquiry": ("answer", False),
    "suggestion": ("decision", False),
    "task": ("requester", False),
}
CATEGORIES = [
    ("trial-run", "Trial run of a machine", "task"),
    ("card-top-up", "Card top-up", "task"),
    ("money-collection", "Collection of payment", "task"),
]  # R3.1.1
SEE_ALL = ["tickets.ticket.view_all_tickets"]
UNIT = ["tickets.ticket.view_unit_tickets"]
RIGHTS = {
    "agent": UNIT,
    "department_manager": [*UNIT, "tickets.ticket.take_over_tickets"],
    "executive": [*UNIT, "tickets.ticket.take_over_tickets"],
    "supervision": SEE_ALL,
    "office": SEE_ALL,
    "general_manager": [*SEE_ALL, "tickets.ticket.take_over_tickets", "tickets.mark.lift_significant"],
    "administrator": [
        *(f"tickets.category.{act}_category" for act in ("view", "add", "change")),
        *(f"tickets.process.{act}_process" for act in ("view", "change")),
    ],
}


def create(apps, schema_editor):
    using = schema_editor.connection.alias
    Process, Category = (apps.get_model("tickets", name) for name in ("Process", "Category"))
    for kind, (closes_by, full_intake) in PROCESSES.items():
        Process.objects.using(using).get_or_create(
            kind=kind, defaults={"closes_by": closes_by, "full_intake": full_intake}
        )
    for code, name, kind in CATEGORIES:
        Category.objects.using(using).get_or_create(code=code, defaults={"name": name, "kind": kind})
    give(apps, using, RIGHTS)


def remove(apps, schema_editor):
    """The rows go with their tables."""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_tickets"), ("staff", "0003_the_posts_and_roles_that_ship")]

    operations = [*search_index("tickets_ticket"), migrations.RunPython(create, remove)]
