"""Light, dark, or as the device says: kept in a cookie, so that the server draws the right page at once."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from servicedesk.ways import local_path

COOKIE = "theme"
THEMES = ("auto", "light", "dark")  # "auto" follows the device, by style sheet alone
ONE_YEAR = 60 * 60 * 24 * 365  # seconds


def chosen_theme(request: HttpRequest) -> str:
    """The theme of this browser; anything unknown counts as "auto"."""
    theme = request.COOKIES.get(COOKIE, "")
    return theme if theme in THEMES else "auto"


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember the theme and go back; without a usable choice or way back nothing else happens."""
    theme = request.POST.get("theme", "")
    response = redirect(local_path(request.POST.get("next")) or "/")
    if theme in THEMES:
        response.set_cookie(
            COOKIE,
            theme,
            max_age=ONE_YEAR,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
        )
    return response
