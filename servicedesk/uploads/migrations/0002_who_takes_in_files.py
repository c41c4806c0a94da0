"""Administrators take in files; edited in the admin afterwards."""

from django.db import migrations

from servicedesk.staff.roles import give


def allow(apps, schema_editor):
    rights = ["uploads.upload.import_files", "uploads.upload.view_upload"]
    give(apps, schema_editor.connection.alias, {"administrator": rights})


class Migration(migrations.Migration):

    dependencies = [("uploads", "0001_files_handed_in"), ("staff", "0003_the_posts_and_roles_that_ship")]

    # Going back, the permission goes with the roles or with the table.
    operations = [migrations.RunPython(allow, migrations.RunPython.noop)]
