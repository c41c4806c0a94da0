from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_seals_and_runs")]

    operations = [
        migrations.AddField(
            model_name="auditrun",
            name="since",
            field=models.DateField(
                help_text="the seal of that day; empty where all were read",
                null=True,
                verbose_name="timelines moved since",
            ),
        ),
        migrations.AddField(
            model_name="auditrun",
            name="sealed",
            field=models.DateField(help_text="the last day under seal when it began", null=True),
        ),
    ]
