"""The language and time zone of who reads, and the way back of whose session ended while they wrote."""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils import timezone, translation

from servicedesk.calendars.zones import zone_named
from servicedesk.ways import local_path


class ReaderMiddleware:
    """Answers in the person's own language and zone; others get the browser's language and the desk's zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        translation.activate(user.language)
        request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(zone_named(user.timezone)):
            return self.get_response(request)


class WayBackMiddleware:
    """Who has to log in before sending a form comes back to the page of that form: where it goes, nothing is to be read.

    Whoever looks there all the same is told so.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method in ("GET", "HEAD") and response.status_code == 405 and not response.content:
            return _in_words(request, response)
        login = resolve_url(settings.LOGIN_URL)
        to = urlsplit(response.headers.get("Location", ""))
        asked_to_come_back = to.path == login and to.query  # who logs out is not
        if request.method != "POST" or not asked_to_come_back:
            return response
        back = _page_of_form(request, login)
        return HttpResponseRedirect(f"{login}?{urlencode({'next': back})}" if back else login)


def _page_of_form(request: HttpRequest, login: str) -> str:
    """The page of ours from which the form was sent; empty if that is not known."""
    try:
        page = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # no address at all
        return ""
    return local_path(page.path) if page.netloc == request.get_host() and page.path != login else ""


def _in_words(request: HttpRequest, refusal: HttpResponse) -> HttpResponse:
    page = render(request, "405.html", status=405)
    page.headers["Allow"] = refusal.headers["Allow"]
    return page
