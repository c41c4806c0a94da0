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
from servicedesk.demo.year.scale import SCALES, YEAR

WIDTH = 24  # of the bar, in characters
CLEAR = "\x1b[K"  # what a longer line left behind
TRADITIONAL = ("tw", "hk", "mo", "hant")


class Command(BaseCommand):
    help = "Build a believable organisation with its customers and matters, in an empty database."
    told = (-1, "")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--language", choices=LANGUAGES, help="of names, texts and people (default: the system's)"
        )
        parser.add_argument(
            "--scale",
            choices=SCALES,
            default="small",
            help="small: a dozen people and six weeks; year: a hundred people, two thousand customers and twelve months",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(_("Demo log-ins exist only in the demo. Unset DATABASE_URL, or set DEMO=1."))
        language = options["language"] or language_of_system()
        with translation.override(language):
            try:
                scale = YEAR if options["scale"] == "year" else None
                built = build(language, now=timezone.now(), tell=self.tell, scale=scale)
            except ValidationError as refusal:
                raise CommandError("\n".join(refusal.messages)) from refusal
            except KeyboardInterrupt:
                if self.told[0] >= 0:
                    self.stdout.write("")  # the bar ends its line
                raise CommandError(_("Broken off. Nothing of it was kept."), returncode=130) from None
            self.stdout.write(
                _(
                    "The demo organisation is ready: %(people)d people, %(customers)d customers, %(tickets)d tickets."
                )
                % built
            )

    def tell(self, percent: int, doing: str) -> None:
        """A bar that grows on a terminal, with the day that is played; nothing in a file."""
        if not self.stdout.isatty() or (percent, doing) == self.told:
            return
        self.told = percent, doing
        bar = "#" * (percent * WIDTH // 100)
        line = _("Building the demo organisation: %(percent)d %%") % {"percent": percent}
        self.stdout.write(
            f"\r{CLEAR}[{bar:.<{WIDTH}}] {line}  {doing}", ending="\n" if percent == 100 else ""
        )
        self.stdout.flush()


def language_of_system() -> str:
    """The language that the environment names, as far as the desk speaks it; English for any other."""
    named = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    code = named.partition(".")[0].replace("-", "_").lower()
    if not code.startswith("zh"):
        return "en"
    traditional = any(part in TRADITIONAL for part in code.split("_"))
    return "zh-hant" if traditional else "zh-hans"
