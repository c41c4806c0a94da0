"""Compiles the catalogues with polib, so that a machine without gettext can run the desk."""

from pathlib import Path

import polib
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Compile locale/*/LC_MESSAGES/*.po into .mo files (no gettext needed)."
    requires_system_checks = []

    def handle(self, *args, **options) -> None:
        for folder in settings.LOCALE_PATHS:
            for source in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
                polib.pofile(str(source)).save_as_mofile(str(source.with_suffix(".mo")))
                self.stdout.write(f"compiled {source.relative_to(folder)}")
