"""Who leads, supervises or rules sees figures; an agent's own duties stand on My desk."""

from django.db import migrations, models

from servicedesk.staff.roles import give

ROLES = ["department_manager", "executive", "supervision", "office", "general_manager"]


def allow(apps, schema_editor):
    give(apps, schema_editor.connection.alias, {role: ["reports.figure.view_figures"] for role in ROLES})


def keep(apps, schema_editor):
    """A right without its pages opens nothing."""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("staff", "0003_the_posts_and_roles_that_ship")]

    operations = [
        migrations.CreateModel(
            name="Figure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))
            ],
            options={
                "managed": False,
                "default_permissions": (),
                "permissions": [("view_figures", "Can see the figures of the units led, or of all")],
            },
        ),
        migrations.RunPython(allow, keep),
    ]
