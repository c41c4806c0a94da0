"""The desk as a back-up holds it: made ready beside the present one, which stays whole until all is proved."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from servicedesk.audit.invariants import findings
from servicedesk.audit.timeline import record
from servicedesk.audit.triggers import compare
from servicedesk.backups import engine_of
from servicedesk.backups.archive import BackupError, Manifest, check, chunks_of, opened, rows_in
from servicedesk.timewords import full_time


class Command(BaseCommand):
    help = "Restore the desk from a back-up; refused where anybody is, unless --replace is given."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace",
            action="store_true",
            help="put it in the place of a desk that holds something; the old one is kept beside it",
        )
        parser.add_argument("--check", action="store_true", help="only check the file; change nothing")

    def handle(self, *args, **options) -> None:
        file: Path = options["file"]
        try:
            self.restore(file, replace=options["replace"], only_check=options["check"])
        except (BackupError, Error, OSError) as error:
            raise CommandError(str(error).strip()) from error

    def restore(self, file: Path, *, replace: bool, only_check: bool) -> None:
        manifest = check(file, connection.vendor)
        self.tell(
            _(
                "The file is whole: made on %(when)s by version %(version)s, %(rows)d rows in %(tables)d tables."
            ),
            when=full_time(manifest.made_at),
            version=manifest.version,
            rows=sum(manifest.rows.values()),
            tables=len(manifest.rows),
        )
        if only_check:
            return
        refuse_what_holds_something(replace=replace)
        refuse_what_is_in_use()
        self.put_in_place(file, manifest)

    def put_in_place(self, file: Path, manifest: Manifest) -> None:
        engine, at = engine_of(connection), timezone.now()
        with opened(file) as archive:
            new = engine.prepare(connection, chunks_of(archive, manifest), at=at)
        try:
            with pointing_at(new):
                violations = self.prove(manifest)
            kept = engine.switch(connection, new, at=at)
        except BaseException:
            discard(engine, new)
            raise
        self.tell(_("The desk stands as restored. What was there before is kept: %(name)s"), name=kept)
        self.tell(
            _("Start web, worker and beat. What fell due meanwhile rings at the first run of the clock.")
        )
        if violations:
            raise CommandError(
                _("Restored, but the audit finds %(count)d violations: manage.py audit tells them.")
                % {"count": violations}
            )

    def prove(self, manifest: Manifest) -> int:
        """Bring what was restored up to date and judge it; returns how many violations the audit finds.

        Raises BackupError if it is not what was backed up.
        """
        if manifest.rows.keys() - set(connection.introspection.table_names()):
            raise BackupError(_("Tables are missing in what was restored; nothing was changed."))
        if rows_in(connection, manifest.rows) != manifest.rows:
            raise BackupError(_("What was restored has other rows than the back-up; nothing was changed."))
        call_command("migrate", interactive=False, verbosity=0)  # installs the triggers as well
        if differences := compare(connection):
            raise BackupError(differences[0])
        self.tell(_("Every row is there, the tables are up to date, the triggers in place."))
        with transaction.atomic():
            record("organisation", "restored", by="setup", at=timezone.now(), made_at=manifest.made_at)
        violations = sum(finding.violations for finding in findings())
        self.tell(_("Audit: %(count)d violations."), count=violations)
        return violations

    def tell(self, words: str, **told) -> None:
        self.stdout.write(words % told)
        self.stdout.flush()


def refuse_what_holds_something(*, replace: bool) -> None:
    """Raise CommandError where people or timelines are, or tables that are none of the desk's, unless that is wanted."""
    tables = set(connection.introspection.table_names())
    ours = {"staff_user", "audit_entry"}
    if not tables or replace:
        return
    if not ours <= tables:
        raise CommandError(
            _(
                "The database holds tables that are none of the desk's. Say --replace to put the back-up in its "
                "place; it is kept under another name."
            )
        )
    if any(rows_in(connection, sorted(ours)).values()):
        raise CommandError(
            _(
                "The database holds a desk already. Say --replace to put the back-up in its place; it is kept under "
                "another name."
            )
        )


def refuse_what_is_in_use() -> None:
    """Raise CommandError while others have the database open: what they write would be lost."""
    if number := engine_of(connection).others(connection):
        raise CommandError(
            _(
                "The database is in use (open: %(count)d): stop web, worker and beat first. Nothing was changed."
            )
            % {"count": number}
        )


@contextmanager
def pointing_at(name: str) -> Iterator[None]:
    """For a while the desk's database is that one."""
    connection.close()
    usual, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def discard(engine: ModuleType, name: str) -> None:
    """Take away what was made ready in vain, without hiding why."""
    connection.close()
    engine.discard(connection, name)
