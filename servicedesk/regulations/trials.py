"""Settings that can be tried before they are saved: a higher app tells here on which page."""

from django.urls import NoReverseMatch, reverse

_offered: dict[str, str] = {}


def offer_trial(code: str, url_name: str) -> None:
    """Called in the `ready()` of the app that can try the setting."""
    _offered[code] = url_name


def trial_url(code: str) -> str:
    """The address of that page; empty where the setting cannot be tried."""
    try:
        return reverse(_offered[code]) if code in _offered else ""
    except NoReverseMatch:
        return ""
