"""The language and time zone of who reads."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from servicedesk.calendars.zones import zone_named


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
