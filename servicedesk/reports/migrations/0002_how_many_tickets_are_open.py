"""The number of open tickets is kept by triggers, which follow migrations; then it is counted for the first time."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_who_sees_figures"),
        ("staff", "0003_the_posts_and_roles_that_ship"),
        ("tickets", "0012_a_resolved_task_owes_its_confirmation"),
    ]

    operations = [
        migrations.CreateModel(
            name="OpenCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(null=True)),
                ("number", models.IntegerField()),
                (
                    "department",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="staff.department"),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=Q(owner__isnull=False), fields=["department", "owner"], include=["number"], name="open_count_by_owner",
                    ),
                    models.Index(
                        condition=Q(day__isnull=False), fields=["department", "day"], include=["number"], name="open_count_by_day",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(day__isnull=False, owner=None) | Q(day=None, owner__isnull=False), name="open_count_of_owner_or_day",
                    )
                ],
            },
        ),
    ]
