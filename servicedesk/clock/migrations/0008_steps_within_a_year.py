import django.core.validators
from django.db import migrations, models
from django.db.models import Q

from servicedesk.audit.triggers import lift

A_WEEK = 10080  # minutes
FURTHEST = {
    "seconds": 31536000, "minutes": 525600, "hours": 8760, "days": 366, "working_hours": 2000, "working_days": 250,
    "months": 12, "quarters": 4, "years": 1,
}  # fmt: skip


def bring_near(apps, schema_editor):
    """What lies further off, also in ladders long retired, comes to the furthest that may be: the conditions hold for
    all steps, and nobody could change one afterwards. The triggers, which refuse that, come back after every migrate."""
    rungs = apps.get_model("clock", "Rung").objects.using(schema_editor.connection.alias)
    too_much = [
        *((~Q(when="share") & Q(unit=unit, amount__gt=most), {"amount": most}) for unit, most in FURTHEST.items()),
        (Q(rounds__gt=50), {"rounds": 50}),
        *((Q(**{f"{name}__gt": A_WEEK}), {name: A_WEEK}) for name in ("silent_after", "repeat_every")),
    ]  # fmt: skip
    found = [(rungs.filter(far), near) for far, near in too_much]
    if not any(rows.exists() for rows, _near in found):
        return
    if schema_editor.connection.vendor == "postgresql":
        lift(schema_editor.connection)
    for rows, near in found:
        rows.update(**near)


class Migration(migrations.Migration):

    dependencies = [
        ('clock', '0007_administrators_decide_open_questions'),
    ]

    operations = [
        migrations.RunPython(bring_near, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='rung',
            name='repeat_every',
            field=models.PositiveIntegerField(blank=True, help_text='Minutes, until acknowledged.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10080)], verbose_name='repeats every'),
        ),
        migrations.AlterField(
            model_name='rung',
            name='silent_after',
            field=models.PositiveIntegerField(blank=True, help_text='Minutes without acknowledgement.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10080)], verbose_name='goes to the deputy after'),
        ),
        migrations.AddConstraint(
            model_name='rung',
            constraint=models.CheckConstraint(condition=models.Q(('when', 'share'), ('amount', 0), models.Q(('amount__lte', 31536000), ('unit', 'seconds')), models.Q(('amount__lte', 525600), ('unit', 'minutes')), models.Q(('amount__lte', 8760), ('unit', 'hours')), models.Q(('amount__lte', 366), ('unit', 'days')), models.Q(('amount__lte', 2000), ('unit', 'working_hours')), models.Q(('amount__lte', 250), ('unit', 'working_days')), models.Q(('amount__lte', 12), ('unit', 'months')), models.Q(('amount__lte', 4), ('unit', 'quarters')), models.Q(('amount__lte', 1), ('unit', 'years')), _connector='OR'), name='rung_within_a_year', violation_error_message='A step lies at most a year from the due time.'),
        ),
        migrations.AddConstraint(
            model_name='rung',
            constraint=models.CheckConstraint(condition=models.Q(('rounds__lte', 50), models.Q(('silent_after', None), ('silent_after__lte', 10080), _connector='OR'), models.Q(('repeat_every', None), ('repeat_every__lte', 10080), _connector='OR')), name='rung_repeats_within_a_week', violation_error_message='A step repeats after at most a week, and at most fifty times.'),
        ),
    ]
