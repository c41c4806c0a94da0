"""Administrators see the health page, and set going what stopped."""

from django.db import migrations

from servicedesk.staff.roles import give

OPERATE = ["clock.heartbeat.view_health", "clock.deadline.put_back_deadline", "outbox.message.change_message"]


def grant(apps, schema_editor):
    give(apps, schema_editor.connection.alias, {"administrator": OPERATE})


def keep(apps, schema_editor):
    """A role edited by hand stays as it is."""


class Migration(migrations.Migration):

    dependencies = [
        ("clock", "0003_breaches_that_stand"),
        ("outbox", "0001_messages_and_how_they_fared"),
        ("staff", "0005_roles_among_the_pages_about_people"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="deadline",
            options={
                "permissions": [
                    ("view_all_deadlines", "Can see what everybody owes"),
                    ("put_back_deadline", "Can give rows that were set aside back to the clock"),
                ],
                "verbose_name": "deadline",
                "verbose_name_plural": "deadlines",
            },
        ),
        migrations.AlterModelOptions(
            name="heartbeat",
            options={
                "permissions": [("view_health", "Can see the health page")],
                "verbose_name": "heartbeat",
                "verbose_name_plural": "heartbeats",
            },
        ),
        migrations.RunPython(grant, keep),
    ]
