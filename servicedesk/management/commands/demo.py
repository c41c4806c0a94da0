"""The demo organisation, on an empty database only."""

import os
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from servicedesk.demo.building import build
from servicedesk.demo.texts import LANGUAGES

TRADITIONAL = ("tw", "hk", "mo", "hant")


class Command(BaseCommand):
    help = "Build a small believable organisation with its customers and matters, in an empty database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--language", choices=LANGUAGES, help="of names, texts and people (default: the system's)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(_("Demo log-ins exist only in the demo. Unset DATABASE_URL, or set DEMO=1."))
        language = options["language"] or language_of_system()
        with translation.override(language):
            try:
                built = build(language, now=timezone.now(), tell=self.tell)
            except ValidationError as refusal:
                raise CommandError("\n".join(refusal.messages)) from refusal
            self.stdout.write(
                _(
                    "The demo organisation is ready: %(people)d people, %(customers)d customers, %(tickets)d tickets."
                )
                % built
            )

    def tell(self, percent: int) -> None:
        """One line that grows on a terminal; nothing in a file."""
        if self.stdout.isatty():
            line = _("Building the demo organisation: %(percent)d %%") % {"percent": percent}
            self.stdout.write(f"\r{line}", ending="\n" if percent == 100 else "")
            self.stdout.flush()


def language_of_system() -> str:
    """The language that the environment names, as far as the desk speaks it; English for any other."""
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    code = named.partition(".")[0].replace("-", "_").lower()
    if not code.startswith("zh"):
        return "en"
    traditional = any(part in TRADITIONAL for part in code.split("_"))
    return "zh-hant" if traditional else "zh-hans"
