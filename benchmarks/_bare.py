"""The other side of every page: a bare logged-in one, with one indexed query of so many rows inside the same shell."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client
from django.urls import include, path
from django.views.decorators.http import require_safe

from tickets.models import Ticket

PLAIN = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # needs no files collected
SETTINGS = {
    "ROOT_URLCONF": "benchmarks._bare",
    "ALLOWED_HOSTS": ["testserver"],
    "STORAGES": {**settings.STORAGES, "staticfiles": PLAIN},
}
TABLE = """{% extends "base.html" %}{% block content %}<table>{% for row in rows %}
<tr><td><a href="/tickets/{{ row.number }}/">{{ row.number }}</a></td><td>{{ row.owner }}</td><td>{{ row.received_at }}</td></tr>
{% endfor %}</table>{% endblock %}"""


@cache
def table() -> Any:
    return engines["django"].from_string(TABLE)


@login_required
@require_safe
def bare(request: HttpRequest, rows: int) -> HttpResponse:
    """The newest tickets with their owners."""
    newest = Ticket.objects.order_by("-received_at", "-pk").select_related("owner").defer("tokens")
    return HttpResponse(table().render({"rows": newest[:rows], "heading": "Tickets"}, request))


urlpatterns = [path("bare/<int:rows>/", bare), path("", include("servicedesk.urls"))]


def ask(client: Client, address: str) -> bytes:
    """What a page answers; anything but a whole page is a mistake of the benchmark."""
    response = client.get(address)
    if response.status_code != 200:
        raise AssertionError(f"{address} answered {response.status_code}")
    return response.content
