"""An accepted answer says so itself, and the times of solving and waiting fit the state."""

from django.db import migrations, models
from django.db.models import F, Q


def fill(apps, schema_editor):
    """The answers by which matters were closed so far. The trigger that forbids it is put back after every migrate."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER IF EXISTS tickets_contact_not_changed ON tickets_contact")
    answers = apps.get_model("tickets", "Contact").objects.using(schema_editor.connection.alias)
    closing = answers.filter(ticket__ended="accepted", at=F("ticket__resolved_at"))
    closing.filter(direction="out", purpose="reply", mode__in=["spoken", "written"]).update(accepted=True)


def keep(apps, schema_editor):
    """The column goes with its values."""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_the_queue_by_due_time")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="accepted",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="in this very contact; the proof of what closes by it (R1.1d)",
                verbose_name="the customer accepted the answer",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=Q(accepted=False)
                | Q(direction="out", mode__in=["spoken", "written"], purpose="reply"),
                name="contact_accepted_is_heard",
            ),
        ),
        migrations.RemoveConstraint(model_name="ticket", name="ticket_resolved_at"),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=Q(state="closed")
                | Q(state="resolved", resolved_at__isnull=False)
                | Q(state="unresolved", resolved_at=None),
                name="ticket_resolved_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=Q(unopposed_at=None)
                | Q(demands_check=False, state="resolved", unopposed_at__gt=F("resolved_at")),
                name="ticket_unopposed_while_resolved",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=~Q(ended__in=["checked", "accepted", "confirmed", "unopposed", "decided"])
                | Q(resolved_at__isnull=False),
                name="ticket_solved_before_closed",
            ),
        ),
        migrations.RunPython(fill, keep),
    ]
