from django.db import migrations

from servicedesk.staff.roles import give

SEEN = ["staff.absence.view_all_absences"]
ROLES = {role: SEEN for role in ("general_manager", "supervision", "office", "administrator")}


def give_to_who_oversees(apps, schema_editor):
    give(apps, schema_editor.connection.alias, ROLES)


class Migration(migrations.Migration):

    dependencies = [
        ('staff', '0006_why_a_log_in_is_blocked'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='absence',
            options={'ordering': ['starts_at'], 'permissions': [('view_all_absences', 'Can see who is away in every department')], 'verbose_name': 'absence', 'verbose_name_plural': 'absences'},
        ),
        migrations.RunPython(give_to_who_oversees, migrations.RunPython.noop),
    ]
