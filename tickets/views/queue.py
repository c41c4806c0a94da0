"""The queue, which is also the search over tickets and customers."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from servicedesk.customers.models import Customer
from servicedesk.staff.requests import StaffRequest
from tickets.forms.queue import Wanted
from tickets.queue import page_of
from tickets.straight import straight_to

CUSTOMERS = 5  # shown above the tickets that a search finds


@dataclass(frozen=True)
class View:
    """A queue that is one click away."""

    label: str
    address: str
    current: bool


@login_required
@require_safe
def queue(request: StaffRequest) -> HttpResponse:
    """Tickets by filters, order and words; everything that is chosen stands in the address.

    A number in the search field leads straight to what bears it. For htmx the answer is the list alone.
    """
    now = timezone.now()
    wanted = Wanted(request.GET)
    text = wanted.given.get("q", "")
    if list(request.GET) == ["q"] and (path := straight_to(text, request.user)):
        return redirect(path)
    only_list = bool(request.htmx) and not request.htmx.history_restore_request
    if (
        not only_list and "" in request.GET.values()
    ):  # the form without a script: the short address is for keeping
        return redirect(request.path + wanted.address())
    page = page_of(
        wanted.values,
        user=request.user,
        at=now,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "now": now,
        "wanted": wanted,
        "page": page,
        "views": views_of(wanted),
        "previous_url": wanted.address(before=page.before) if page.before else "",
        "next_url": wanted.address(after=page.after) if page.after else "",
        "everywhere_url": "" if wanted.values["state"] == "all" else wanted.address(state="all"),
        "text": text,
        "customers": customers_found(request, text),
    }
    response = render(request, "tickets/_queue.html" if only_list else "tickets/queue.html", context)
    patch_vary_headers(response, ["HX-Request"])
    if only_list:
        response["HX-Push-Url"] = request.path + wanted.address()
    return response


def customers_found(request: StaffRequest, text: str) -> list[Customer]:
    """The first customers that hold the words searched for."""
    if not text or request.GET.get("after") or request.GET.get("before"):
        return []
    found = Customer.objects.visible_to(request.user).search(text).defer("tokens").order_by("-pk")
    return list(found[:CUSTOMERS])


def views_of(wanted: Wanted) -> list[View]:
    """The queues that are wanted most, and which of them is shown."""
    offered = [
        (pgettext("a queue", "All open"), "?"),
        (_("Mine"), "?scope=mine"),
        (_("My unit"), "?scope=unit"),
        (pgettext("a queue", "Overdue"), "?state=overdue"),
        (_("Due today"), "?state=today"),
        (_("Unread"), "?flag=news"),
    ]
    here = wanted.address(without="sort")
    return [View(label, address, address == here) for label, address in offered]
