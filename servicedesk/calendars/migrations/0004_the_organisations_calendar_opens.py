from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calendars", "0003_the_organisations_calendar")]

    operations = [
        migrations.AddConstraint(
            model_name="calendar",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_default", False), ("version__gt", 0), _connector="OR"),
                name="calendar_default_opens",
                violation_error_message="The organisation's calendar needs opening hours.",
            ),
        ),
    ]
