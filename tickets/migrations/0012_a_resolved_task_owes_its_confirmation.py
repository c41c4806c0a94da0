"""A task that is reported as done owes its confirmation, as other matters owe their check."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [("tickets", "0011_tasks_that_wait_owe_their_confirmation")]

    operations = [
        migrations.RemoveConstraint(model_name="ticket", name="ticket_resolved_owes_check"),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=~Q(state="resolved")
                | Q(open_check__isnull=False)
                | (Q(demands_check=False) & ~Q(kind="task")),
                name="ticket_resolved_owes_check",
            ),
        ),
    ]
