"""Breaches that stand are found by an index: what people were told of."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('calendars', '0003_the_organisations_calendar'),
        ('clock', '0002_the_ladders_that_ship'),
        ('staff', '0003_the_posts_and_roles_that_ship'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='deadline',
            index=models.Index(condition=models.Q(('broken_at__isnull', False), ('settled_at', None)), fields=['broken_at'], name='deadline_broken_live'),
        ),
    ]
