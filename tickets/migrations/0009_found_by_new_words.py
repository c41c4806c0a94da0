"""Tickets follow when their customer is found otherwise; those that stayed behind so far follow now."""

import django.db.models.deletion
from django.db import migrations, models


def mark_all(apps, schema_editor):
    """Which customers changed since their tickets were taken in is not known: all that have some are gone through once."""
    customers = apps.get_model("tickets", "Ticket").objects.exclude(customer=None).order_by().values_list("customer", flat=True)
    marks = apps.get_model("tickets", "FoundByOldWords").objects
    marks.bulk_create((marks.model(customer_id=pk) for pk in customers.distinct().iterator()), batch_size=1000)


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0003_one_list_of_channels'),
        ('tickets', '0008_figures_of_open_tickets'),
    ]

    operations = [
        migrations.CreateModel(
            name='FoundByOldWords',
            fields=[
                ('customer', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='customers.customer')),
                ('after', models.BigIntegerField(default=0, help_text='tickets up to this id have the new words')),
            ],
        ),
        migrations.RunPython(mark_all, migrations.RunPython.noop),
    ]
