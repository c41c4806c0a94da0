"""The queue is sorted by indexes: a ticket bears the due time of what is owed on it."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce


def fill(apps, schema_editor):
    """For tickets that were there before their triggers; last, because PostgreSQL judges changed rows at commit."""
    using = schema_editor.connection.alias
    Ticket, Deadline = apps.get_model("tickets", "Ticket"), apps.get_model("clock", "Deadline")
    owed = Deadline.objects.filter(pk=Coalesce(OuterRef("live_deadline"), OuterRef("open_check")))
    owing = Q(live_deadline__isnull=False) | Q(open_check__isnull=False)
    Ticket.objects.using(using).filter(owing).update(due_at=Subquery(owed.values("due_at")))


def keep(apps, schema_editor):
    """The column goes with its times."""


class Migration(migrations.Migration):
    dependencies = [
        ("clock", "0003_breaches_that_stand"),
        ("tickets", "0003_one_ticket_a_form"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="due_at",
            field=models.DateTimeField(
                editable=False,
                help_text="when what is owed on it is due: a copy of its deadline's, kept by a trigger, to sort by",
                null=True,
                verbose_name="due",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(condition=Q(due_at__isnull=False), fields=["due_at", "id"], name="ticket_due"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["owner", "-received_at", "-id"], name="ticket_of_owner"),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=models.deletion.PROTECT,
                related_name="owned_tickets",
                to=settings.AUTH_USER_MODEL,
                verbose_name="current owner",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=Q(due_at__isnull=False), fields=["owner", "due_at", "id"], name="ticket_of_owner_due"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=Q(due_at__isnull=False),
                fields=["department", "due_at", "id"],
                name="ticket_of_department_due",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=~Q(state="closed"), fields=["-received_at", "-id"], name="ticket_open_newest"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket", index=models.Index(fields=["touched_at", "id"], name="ticket_touched")
        ),
        migrations.AddIndex(
            model_name="ticket", index=models.Index(fields=["recorder"], name="ticket_of_recorder")
        ),
        migrations.RunPython(fill, keep),
    ]
