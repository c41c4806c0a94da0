"""Those who lead, and administrators, draw areas and name their officers; edited in the admin afterwards."""

from django.db import migrations

from servicedesk.staff.roles import give

ROLES = ["department_manager", "executive", "general_manager", "administrator"]


def allow(apps, schema_editor):
    rights = [f"customers.area.{act}_area" for act in ("add", "change", "view")]
    give(apps, schema_editor.connection.alias, {role: rights for role in ROLES})


class Migration(migrations.Migration):

    dependencies = [
        ("customers", "0005_areas_and_their_officers"),
        ("staff", "0003_the_posts_and_roles_that_ship"),
    ]

    # Going back, the permissions go with the roles or with the table.
    operations = [migrations.RunPython(allow, migrations.RunPython.noop)]
