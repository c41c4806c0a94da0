"""Preferences bear the codes by which matters come in and are answered; timelines keep what was written then."""

from django.db import migrations, models

CHOICES = [
    ("phone", "telephone"), ("visit", "visit"), ("email", "e-mail"), ("sms", "text message"), ("letter", "letter"),
    ("fax", "fax"), ("web", "website"),
]  # fmt: skip


def _recode(apps, alias: str, was: str, code: str) -> None:
    for name in ("Customer", "ContactPerson"):
        apps.get_model("customers", name).objects.using(alias).filter(channel=was).update(channel=code)


def forward(apps, schema_editor):
    _recode(apps, schema_editor.connection.alias, "telephone", "phone")


def back(apps, schema_editor):
    _recode(apps, schema_editor.connection.alias, "phone", "telephone")


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_managers_may_restrict_channels")]

    operations = [
        migrations.RunPython(forward, back),
        *(
            migrations.AlterField(
                model_name=name,
                name="channel",
                field=models.CharField(
                    blank=True, choices=CHOICES, max_length=12, verbose_name="preferred channel"
                ),
            )
            for name in ("customer", "contactperson")
        ),
    ]
