"""Managers may restrict a customer to writing (CASES i); edited in the admin afterwards."""

from django.db import migrations

from servicedesk.staff.roles import give

RESTRICT = "customers.customer.restrict_channels"
ROLES = ["department_manager", "executive", "general_manager"]


def allow(apps, schema_editor):
    give(apps, schema_editor.connection.alias, {role: [RESTRICT] for role in ROLES})


class Migration(migrations.Migration):

    dependencies = [
        ("customers", "0001_customers_and_projects"),
        ("staff", "0003_the_posts_and_roles_that_ship"),
    ]

    # Going back, the permission goes with the roles or with the table.
    operations = [migrations.RunPython(allow, migrations.RunPython.noop)]
