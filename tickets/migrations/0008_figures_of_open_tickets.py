"""What figures of open tickets are counted from, and of replies that are counted apart."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0002_seals_and_runs'),
        ('clock', '0005_figures_by_due_time'),
        ('customers', '0003_one_list_of_channels'),
        ('staff', '0005_roles_among_the_pages_about_people'),
        ('tickets', '0007_marks_and_processes_that_fit'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(condition=models.Q(('mode', 'tried'), ('chased', True), _connector='OR'), fields=['at'], name='contact_apart'),
        ),
        migrations.AddIndex(
            model_name='ownershipperiod',
            index=models.Index(fields=['from_at', 'department'], name='ownership_begun'),
        ),
        migrations.AddIndex(
            model_name='ownershipperiod',
            index=models.Index(condition=models.Q(('to_at__isnull', False)), fields=['to_at', 'department'], name='ownership_ended'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('state', 'closed'), _negated=True), fields=['department', 'owner', 'received_at'], name='ticket_open_by_age'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('is_history', True)), fields=['closed_at', 'received_at', 'department'], name='ticket_history'),
        ),
    ]
