"""The operators' first page: what is watched, with a light each, and the two acts that set going what stopped."""

import hashlib
import platform
from dataclasses import astuple, dataclass
from functools import cached_property, wraps
from typing import Any

import celery
import django
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from servicedesk.clock.models import Deadline
from servicedesk.clock.sweep import put_back
from servicedesk.health.facts import Facts, gather
from servicedesk.health.lines import OVERDUE, SOON, Line, Panel, panels
from servicedesk.outbox.models import Message
from servicedesk.outbox.queue import try_again
from servicedesk.staff.requests import StaffRequest
from servicedesk.version import VERSION

MOST_PUT_BACK = 500  # rows a click; each in a transaction of its own


@dataclass(frozen=True)
class Health:
    """What the page shows at one moment to one person."""

    facts: Facts
    panels: list[Panel]
    versions: list[tuple[str, str]]
    may_put_back: bool
    may_send_again: bool
    may_see_rows: bool
    may_see_messages: bool

    @cached_property
    def troubles(self) -> list[Line]:
        """The lines that ask for somebody, the urgent ones first."""
        lines = [line for panel in self.panels for line in panel.lines]
        return [line for light in (OVERDUE, SOON) for line in lines if line.light == light]

    @property
    def is_urgent(self) -> bool:
        return any(line.light == OVERDUE for line in self.troubles)

    @cached_property
    def version(self) -> str:
        """A short name of what is shown; another name means that something changed, be it by time alone."""
        shown = [
            *(astuple(panel) for panel in self.panels),
            self.versions,
            [row.pk for row in self.facts.set_aside.first] if self.facts.set_aside else [],
            [message.pk for message in self.facts.given_up or []],
            (self.may_put_back, self.may_send_again, get_language()),
        ]
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def health_for(user: Any) -> Health:
    """Read the desk's health for a person who may see it."""
    facts = gather()
    return Health(
        facts=facts,
        panels=panels(facts),
        versions=versions(facts),
        may_put_back=user.has_perm("clock.put_back_deadline"),
        may_send_again=user.has_perm("outbox.change_message"),
        may_see_rows=user.may_use_administration and user.has_perm("clock.view_deadline"),
        may_see_messages=user.may_use_administration and user.has_perm("outbox.view_message"),
    )


def versions(facts: Facts) -> list[tuple[str, str]]:
    """What runs here."""
    return [
        (_("Service desk"), VERSION),
        ("Python", platform.python_version()),
        ("Django", django.get_version()),
        ("Celery", celery.__version__),
        (_("Database"), facts.database.engine if facts.database else "–"),
        (_("Broker"), "–" if facts.broker is None else facts.broker or _("a folder on this machine")),
    ]


def for_operators(*permissions: str):
    """A view for whoever may see the health page and has these permissions; to all others it does not exist."""

    def guard(view):
        @login_required
        @never_cache
        @wraps(view)
        def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perms(["clock.view_health", *permissions]):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return guard


@for_operators()
@require_safe
def show(request: StaffRequest) -> HttpResponse:
    """All that is watched. htmx polls the lines; while nothing changed the answer is 204."""
    health = health_for(request.user)
    if request.htmx and request.GET.get("version") == health.version:
        return HttpResponse(status=204)
    template = "health/_health.html" if request.htmx else "health/health.html"
    return render(request, template, context_of(health))


def context_of(health: Health) -> dict[str, Any]:
    return {"health": health, "now": health.facts.at}


@for_operators("clock.put_back_deadline")
@require_POST
def put_back_one(request: StaffRequest, pk: int) -> HttpResponse:
    """Give one row back to the clock; the permission is the door, since it opens no matter."""
    deadline = get_object_or_404(Deadline.objects.set_aside(), pk=pk)
    return given_back(request, int(put_back(deadline, by=request.user, at=timezone.now())))


@for_operators("clock.put_back_deadline")
@require_POST
def put_back_all(request: StaffRequest) -> HttpResponse:
    """Give all rows back to the clock, the oldest first; one that fails again is set aside again."""
    rows = Deadline.objects.set_aside().order_by("set_aside_at", "pk")[:MOST_PUT_BACK]
    now = timezone.now()
    return given_back(request, sum(put_back(deadline, by=request.user, at=now) for deadline in rows))


def given_back(request: StaffRequest, number: int) -> HttpResponse:
    text = ngettext(
        "%(number)d row is back on the clock, which tries it within seconds.",
        "%(number)d rows are back on the clock, which tries them within seconds.",
        number,
    )
    return done(request, text % {"number": number})


@for_operators("outbox.change_message")
@require_POST
def send_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Send one message again that was given up."""
    get_object_or_404(Message.objects.given_up(), pk=pk)
    return sent_again(request, try_again(Message.objects.filter(pk=pk), by=request.user, at=timezone.now()))


@for_operators("outbox.change_message")
@require_POST
def send_all_again(request: StaffRequest) -> HttpResponse:
    """Send everything again that was given up."""
    return sent_again(request, try_again(Message.objects.all(), by=request.user, at=timezone.now()))


def sent_again(request: StaffRequest, number: int) -> HttpResponse:
    text = ngettext("%(number)s message is sent again.", "%(number)s messages are sent again.", number)
    return done(request, text % {"number": number})


def done(request: StaffRequest, text: str) -> HttpResponse:
    """The lines as they stand now, and what was done."""
    if not request.htmx:
        messages.success(request, text)
        return redirect("health:show")
    response = render(request, "health/_health.html", context_of(health_for(request.user)))
    return trigger_client_event(response, "toast", {"text": text, "level": "success"})
