"""An import that was given up after part of it had come in has a state of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("uploads", "0002_who_takes_in_files")]

    operations = [
        migrations.AlterField(
            model_name="upload",
            name="state",
            field=models.CharField(
                choices=[
                    ("new", "looked at"),
                    ("trying", "being tried"),
                    ("tried", "tried"),
                    ("running", "being taken in"),
                    ("done", "taken in"),
                    ("stopped", "broken off"),
                    ("unusable", "not usable"),
                ],
                default="new",
                max_length=8,
                verbose_name="state",
            ),
        ),
    ]
