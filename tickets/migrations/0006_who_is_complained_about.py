"""Complaints name the colleagues whom they are about (CASES n)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0002_seals_and_runs'),
        ('tickets', '0005_closing_with_proof'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='ownershipperiod',
            name='how',
            field=models.CharField(choices=[('received', 'first asked'), ('named', 'named at import'), ('taken_over', 'taken over'), ('leaver', 'passed on when a colleague left'), ('reopened', 'reopened'), ('complaint', 'passed on because the complaint is about the owner')], max_length=12),
        ),
        migrations.CreateModel(
            name='ComplainedAbout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('named_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
                ('lifted_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('named_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='complained about')),
                ('reason', models.OneToOneField(help_text='none where the first words say it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='audit.words')),
                ('ticket', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='complained_about', to='tickets.ticket')),
            ],
            options={
                'verbose_name': 'colleague complained about',
                'verbose_name_plural': 'colleagues complained about',
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['ticket'], name='complained_about_of_ticket')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at', None)), fields=('ticket', 'person'), name='complained_about_once'), models.CheckConstraint(condition=models.Q(models.Q(('lifted_at', None), ('lifted_by', None)), models.Q(('lifted_at__isnull', False), ('lifted_by__isnull', False)), _connector='OR'), name='complained_about_lifted_by_somebody'), models.CheckConstraint(condition=models.Q(('lifted_by', None), models.Q(('lifted_by', models.F('person')), _negated=True), _connector='OR'), name='complained_about_lifted_by_another')],
            },
        ),
    ]
