"""What figures are counted from: deadlines by due time, live and promised ones; nothing listed them by department."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('calendars', '0003_the_organisations_calendar'),
        ('clock', '0004_who_sees_the_health_page'),
        ('staff', '0005_roles_among_the_pages_about_people'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='deadline',
            name='deadline_of_department',
        ),
        migrations.AddIndex(
            model_name='deadline',
            index=models.Index(condition=models.Q(('settled_at', None)), fields=['due_at', 'department', 'owner'], name='deadline_live'),
        ),
        migrations.AddIndex(
            model_name='deadline',
            index=models.Index(condition=models.Q(('kind', 'promise')), fields=['due_at', 'department', 'settled_at', 'outcome'], name='deadline_promise'),
        ),
        migrations.AddIndex(
            model_name='deadline',
            index=models.Index(condition=models.Q(('settled_at__gt', models.F('due_at'))), fields=['settled_at', 'due_at', 'department'], name='deadline_late'),
        ),
    ]
