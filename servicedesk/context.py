"""What every page knows: the theme, the organisation, the languages, and the words that scripts show."""

import json

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.translation import gettext as _

from servicedesk.appearance import chosen_theme
from servicedesk.timewords import time_formats

# Each language under its own name: whoever is lost in the wrong one must find the way back.
LANGUAGE_NAMES = [("en", "English"), ("zh-hans", "简体中文"), ("zh-hant", "繁體中文")]


def shell(request: HttpRequest) -> dict[str, object]:
    """Needs neither a person nor the database, so that error pages have it too."""
    return {
        "theme": chosen_theme(request),
        "organisation": settings.ORGANISATION_NAME,
        "language_names": LANGUAGE_NAMES,
        "script_words": lazy(script_words, str)(),
    }


def script_words() -> str:
    """The words that static scripts show, as JSON for a data attribute of the page."""
    words = {
        **time_formats(),
        "unreachable": _(
            "The desk cannot be reached right now. What you typed is still here: try again in a moment."
        ),
        "refused": _("That did not work, and nothing was changed. Reload the page and try again."),
        "forbidden": _("You may not do this. If you think you should, ask your manager."),
        "logged_out": _("You are no longer logged in. Log in again in another tab, then go on here."),
        "somebody_else": _(
            "Somebody else is logged in in this browser by now. Log in as yourself in another tab, then go on here."
        ),
        "close": _("Close"),
    }
    return json.dumps(words, ensure_ascii=False)
