"""What every answer carries besides Django's and django-csp's headers, and the log line of every request."""

import contextvars
import logging
import re
import time
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]

PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"
GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")  # what a proxy may hand us as the number of a request

logger = logging.getLogger("servicedesk.requests")
request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")


def permissions_policy(get_response: Handler) -> Handler:
    """No page of ours, and nothing shown in one, asks for camera, place or payment."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response

    return middleware


def numbered_request(get_response: Handler) -> Handler:
    """Number each request, in its answer and in every log line written meanwhile, and log it when done.

    The log line holds method, route (never the address itself, which may quote what a person typed),
    status and milliseconds. A number from outside counts only behind a proxy of ours.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "") if settings.BEHIND_PROXY else ""
        request_id.set(given if GIVEN.fullmatch(given) else uuid4().hex)  # stands until the next request
        started = time.monotonic()
        response = get_response(request)
        response.headers["X-Request-ID"] = request_id.get()
        logger.info("request", extra=told(request, response, time.monotonic() - started))
        return response

    return middleware


def told(request: HttpRequest, response: HttpResponse, seconds: float) -> dict[str, object]:
    """What the log may know of a request."""
    match = request.resolver_match
    return {
        "method": request.method,
        "route": match.route if match else "",
        "status": response.status_code,
        "ms": round(seconds * 1000),
    }


class RequestNumber(logging.Filter):
    """Puts the number of the request at hand on each log line, in place of Django's picture of the request itself,
    which quotes the address with what was typed into it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.__dict__.pop("request", None)
        record.request_id = request_id.get()
        return True
