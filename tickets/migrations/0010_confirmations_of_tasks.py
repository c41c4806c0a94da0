"""A requester's confirmation that a task is done is a check of its own form."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("clock", "0009_the_ladder_of_confirmations"),
        ("tickets", "0009_found_by_new_words"),
    ]

    operations = [
        migrations.AlterField(
            model_name="opinioncheck",
            name="form",
            field=models.CharField(
                choices=[
                    ("customer", "asked of the customer"),
                    ("confirmation", "confirmed by a second person"),
                    ("requester", "confirmed by who asked for the task"),
                ],
                default="customer",
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="opinioncheck",
            index=models.Index(
                condition=models.Q(("form", "requester")), fields=["asked_by"], name="check_of_requester"
            ),
        ),
    ]
