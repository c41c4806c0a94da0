"""A change that the code of today cannot write under; it takes its time and holds the tables meanwhile."""

from pathlib import Path

from django.db import migrations

from servicedesk.clock.migrations import __path__ as today

LAST = max(file.stem for folder in today for file in Path(folder).glob("0*.py"))


class Migration(migrations.Migration):
    dependencies = [("clock", LAST)]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE clock_ring ADD COLUMN tomorrow integer NOT NULL DEFAULT 0;"
            "ALTER TABLE clock_ring ALTER COLUMN tomorrow DROP DEFAULT;"
            "LOCK TABLE clock_deadline, outbox_message IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(2)",
            "ALTER TABLE clock_ring DROP COLUMN tomorrow",
        )
    ]
