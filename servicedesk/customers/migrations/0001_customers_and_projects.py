import datetime
import django.db.models.deletion
import django.db.models.expressions
import servicedesk.customers.models.customer
import servicedesk.search.fields
from django.conf import settings
from django.db import migrations, models

from servicedesk.search.index import search_index


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(editable=False, max_length=16, unique=True, verbose_name='customer number')),
                ('kind', models.CharField(choices=[('organisation', 'organisation'), ('household', 'household'), ('person', 'person')], default='person', max_length=12, verbose_name='kind of customer')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('active', models.BooleanField(default=True, verbose_name='served by us')),
                ('language', models.CharField(blank=True, choices=[('en', 'English'), ('zh-hans', 'Simplified Chinese'), ('zh-hant', 'Traditional Chinese')], max_length=10, verbose_name='language')),
                ('channel', models.CharField(blank=True, choices=[('telephone', 'telephone'), ('email', 'e-mail'), ('letter', 'letter'), ('sms', 'SMS'), ('visit', 'visit'), ('fax', 'fax'), ('web', 'web')], max_length=12, verbose_name='preferred channel')),
                ('hours_from', models.TimeField(blank=True, null=True, verbose_name='contact from')),
                ('hours_to', models.TimeField(blank=True, null=True, verbose_name='contact until')),
                ('timezone', models.CharField(blank=True, help_text="Left empty, the organisation's.", max_length=60, validators=[servicedesk.customers.models.customer.validate_zone], verbose_name='time zone')),
                ('address_as', models.CharField(blank=True, help_text='For instance: Ms Wang, Director Li.', max_length=80, verbose_name='manner of address')),
                ('address', models.TextField(blank=True, max_length=500, verbose_name='address')),
                ('notes', models.TextField(blank=True, help_text='What helps to serve this customer well; nothing else.', max_length=2000, verbose_name='habits and likings')),
                ('source', models.CharField(blank=True, choices=[('customer', 'told by the customer'), ('contract', 'contract or hand-over papers'), ('colleague', 'told by a colleague'), ('public', 'public register or web site'), ('import', 'import')], max_length=12, verbose_name='source')),
                ('do_not_contact', models.CharField(choices=[('none', 'may be contacted'), ('no_marketing', 'no advertising, no surveys'), ('no_contact', 'no contact at all')], default='none', max_length=12, verbose_name='wish about contact')),
                ('wish', models.TextField(blank=True, max_length=1000, verbose_name="the wish in the customer's words")),
                ('wish_at', models.DateTimeField(blank=True, null=True, verbose_name='wish recorded at')),
                ('written_from', models.DateTimeField(blank=True, null=True, verbose_name='in writing only from')),
                ('written_until', models.DateTimeField(blank=True, null=True, verbose_name='in writing only until')),
                ('written_reason', models.TextField(blank=True, max_length=1000, verbose_name='reason, as told to the customer')),
                ('safety_mark', models.BooleanField(default=False, help_text='Visits only by two people (R1.5.F).', verbose_name='safety mark')),
                ('safety_note', models.TextField(blank=True, max_length=1000, verbose_name='what to beware of')),
                ('last_confirmed_at', models.DateTimeField(verbose_name='last confirmed at')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('completeness', models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='completeness in percent')),
                ('tokens', servicedesk.search.fields.TokensField(blank=True, default='', editable=False)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('wish_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='wish recorded by')),
                ('written_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='restricted by')),
            ],
            options={
                'verbose_name': 'customer',
                'verbose_name_plural': 'customers',
                'permissions': [('restrict_channels', 'Can restrict a customer to writing')],
            },
        ),
        migrations.CreateModel(
            name='ContactPerson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='full name')),
                ('post', models.CharField(blank=True, max_length=120, verbose_name='post')),
                ('is_main', models.BooleanField(default=False, verbose_name='first to be asked')),
                ('language', models.CharField(blank=True, choices=[('en', 'English'), ('zh-hans', 'Simplified Chinese'), ('zh-hant', 'Traditional Chinese')], max_length=10, verbose_name='language')),
                ('channel', models.CharField(blank=True, choices=[('telephone', 'telephone'), ('email', 'e-mail'), ('letter', 'letter'), ('sms', 'SMS'), ('visit', 'visit'), ('fax', 'fax'), ('web', 'web')], max_length=12, verbose_name='preferred channel')),
                ('address_as', models.CharField(blank=True, max_length=80, verbose_name='manner of address')),
                ('active', models.BooleanField(default=True, verbose_name='still in this post')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='persons', to='customers.customer', verbose_name='customer')),
            ],
            options={
                'verbose_name': 'contact person',
                'verbose_name_plural': 'contact persons',
                'ordering': ['-is_main', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(choices=[('news', 'news of services')], max_length=12, verbose_name='about')),
                ('given', models.BooleanField(help_text='not ticked: refused', verbose_name='agreed')),
                ('source', models.CharField(choices=[('customer', 'told by the customer'), ('contract', 'contract or hand-over papers'), ('colleague', 'told by a colleague'), ('public', 'public register or web site'), ('import', 'import')], max_length=12, verbose_name='source')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='customers.customer', verbose_name='customer')),
            ],
            options={
                'verbose_name': 'consent',
                'verbose_name_plural': 'consents',
            },
        ),
        migrations.CreateModel(
            name='EmailAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('given', models.CharField(max_length=254, verbose_name='as given')),
                ('address', models.CharField(db_index=True, max_length=254, verbose_name='normalised')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='emails', to='customers.customer', verbose_name='customer')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='emails', to='customers.contactperson', verbose_name='contact person')),
            ],
            options={
                'verbose_name': 'e-mail address',
                'verbose_name_plural': 'e-mail addresses',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='PhoneNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('given', models.CharField(max_length=60, verbose_name='as given')),
                ('number', models.CharField(help_text='E.164 with the extension behind it; short numbers bare', max_length=48, verbose_name='normalised')),
                ('digits', models.CharField(db_index=True, help_text='without the extension', max_length=20, verbose_name='digits of the line')),
                ('last_digits', models.CharField(db_index=True, max_length=7, verbose_name='last seven digits')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='phones', to='customers.customer', verbose_name='customer')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='phones', to='customers.contactperson', verbose_name='contact person')),
            ],
            options={
                'verbose_name': 'telephone number',
                'verbose_name_plural': 'telephone numbers',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(editable=False, max_length=16, unique=True, verbose_name='project number')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('state', models.CharField(choices=[('draft', 'in preparation'), ('active', 'in service'), ('ended', 'service ended')], default='draft', max_length=8, verbose_name='state')),
                ('delivered_on', models.DateField(blank=True, null=True, verbose_name='delivered for use on')),
                ('service_ends_on', models.DateField(blank=True, null=True, verbose_name='service ends on')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='projects', to='customers.customer', verbose_name='customer')),
                ('executive', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='projects_in_charge', to=settings.AUTH_USER_MODEL, verbose_name='executive in charge')),
                ('project_manager', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='projects_managed', to=settings.AUTH_USER_MODEL, verbose_name='project manager')),
                ('salesperson', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='projects_signed', to=settings.AUTH_USER_MODEL, verbose_name='signing salesperson')),
            ],
            options={
                'verbose_name': 'project',
                'verbose_name_plural': 'projects',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('address', models.TextField(blank=True, max_length=500, verbose_name='address')),
                ('active', models.BooleanField(default=True, verbose_name='in use')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='version')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sites', to='customers.customer', verbose_name='customer')),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='sites', to='customers.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'site',
                'verbose_name_plural': 'sites',
                'ordering': ['pk'],
            },
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['kind', '-id'], name='customer_by_kind'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(condition=models.Q(('completeness__lt', 100)), fields=['-id'], name='customer_incomplete'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(condition=models.Q(('do_not_contact', 'none'), _negated=True), fields=['-id'], name='customer_with_wish'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['last_confirmed_at'], name='customer_by_confirmation'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hours_from', None), ('hours_to', None)), models.Q(('hours_from__isnull', False), ('hours_from__lt', models.F('hours_to')), ('hours_to__isnull', False)), _connector='OR'), name='customer_hours_in_order', violation_error_message='Please give both hours, the earlier one first.'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(('do_not_contact', 'none'), models.Q(('wish_at__isnull', False), ('wish_by__isnull', False)), _connector='OR'), name='customer_wish_recorded_by_somebody', violation_error_message='A wish needs the person who recorded it.'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('written_by', None), ('written_from', None), ('written_until', None)), models.Q(('written_by__isnull', False), ('written_from__isnull', False), ('written_until__gt', models.F('written_from')), ('written_until__isnull', False), ('written_until__lte', django.db.models.expressions.CombinedExpression(models.F('written_from'), '+', models.Value(datetime.timedelta(days=30))))), _connector='OR'), name='customer_writing_for_thirty_days', violation_error_message='A restriction to writing lasts at most 30 days.'),
        ),
        migrations.AddConstraint(
            model_name='contactperson',
            constraint=models.UniqueConstraint(condition=models.Q(('is_main', True)), fields=('customer',), name='contact_person_one_main', violation_error_message='This customer already has somebody who is asked first.'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.UniqueConstraint(fields=('customer', 'topic'), name='consent_once_per_topic'),
        ),
        migrations.AddConstraint(
            model_name='emailaddress',
            constraint=models.UniqueConstraint(fields=('person', 'address'), name='email_once_per_person', violation_error_message='This person already has this address.'),
        ),
        migrations.AddConstraint(
            model_name='emailaddress',
            constraint=models.UniqueConstraint(condition=models.Q(('person', None)), fields=('customer', 'address'), name='email_once_per_customer', violation_error_message='This customer already has this address.'),
        ),
        migrations.AddConstraint(
            model_name='phonenumber',
            constraint=models.UniqueConstraint(fields=('person', 'number'), name='phone_once_per_person', violation_error_message='This person already has this number.'),
        ),
        migrations.AddConstraint(
            model_name='phonenumber',
            constraint=models.UniqueConstraint(condition=models.Q(('person', None)), fields=('customer', 'number'), name='phone_once_per_customer', violation_error_message='This customer already has this number.'),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'active'), _negated=True), models.Q(('executive__isnull', False), ('salesperson__isnull', False)), _connector='OR'), name='project_active_has_people', violation_error_message='A project in service needs its signing salesperson and the executive in charge: they are told of every fault (R5.7b).'),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.CheckConstraint(condition=models.Q(('service_ends_on', None), ('delivered_on', None), ('service_ends_on__gt', models.F('delivered_on')), _connector='OR'), name='project_ends_after_delivery', violation_error_message='Service ends after the day of delivery.'),
        ),
        *search_index("customers_customer"),
    ]
