from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh, trigger_client_event

from servicedesk.outbox.models import Message
from servicedesk.outbox.reading import mark_all_read, mark_read
from servicedesk.outbox.showing import in_words, notices_in_words, path_of, place_of, read_place, version_of
from servicedesk.ways import local_path

IN_BELL = 6  # notices
MOST_COUNTED = 100  # unread notices; above, the bell says 99+
PER_PAGE = 30


@login_required
@require_safe
@never_cache
def bell(request):
    """The bell; asked with the version that a page shows, 204 while that is still right, else what changed."""
    unread = list(Message.objects.unread_of(request.user).values_list("pk", "sent_at")[:MOST_COUNTED])
    version, shown = version_of(unread), request.GET.get("version")
    if shown == version:
        return HttpResponse(status=204)
    latest = Message.objects.filter(pk__in=[pk for pk, _ in unread[:IN_BELL]]).order_by("-sent_at", "-pk")
    notices = notices_in_words(latest, request.user)
    context = {"number": len(unread), "notices": notices, "version": version, "is_update": shown is not None}
    if shown is None:
        return render(request, "outbox/_bell.html", context)
    return with_toast(render(request, "outbox/_bell_update.html", context), notices, shown)


def with_toast(response, notices, shown):
    """Say aloud what came since the version that the page shows."""
    place = read_place(shown)
    new = [notice for notice in notices if place and notice.sent_at > place[0]]
    if not new:
        return response
    text = ngettext("%(number)s new notice", "%(number)s new notices", len(new)) % {"number": len(new)}
    text = new[0].subject if len(new) == 1 else text
    return trigger_client_event(response, "toast", {"text": text, "level": "info"})


@login_required
@require_safe
def notices(request):
    """All notices of the signed-in person, newest first, or only the unread ones."""
    only_unread = request.GET.get("show") == "unread"
    unread = Message.objects.unread_of(request.user)
    mine = unread if only_unread else Message.objects.notices_of(request.user)
    if place := read_place(request.GET.get("before", "")):
        moment, pk = place
        mine = mine.filter(sent_at__lte=moment).filter(Q(sent_at__lt=moment) | Q(pk__lt=pk))
    page = notices_in_words(mine[: PER_PAGE + 1], request.user)
    newest_unread = unread.values_list("sent_at", flat=True).first()
    here = reverse("outbox:notices") + ("?show=unread" if only_unread else "")
    joint = "&" if only_unread else "?"
    context = {
        "notices": page[:PER_PAGE],
        "only_unread": only_unread,
        "has_unread": newest_unread is not None,
        "up_to": place_of(newest_unread, 0) if newest_unread else "",
        "here": request.get_full_path(),
        "first_url": here if place else "",
        "older_url": f"{here}{joint}before={page[PER_PAGE - 1].place}" if len(page) > PER_PAGE else "",
    }
    return render(request, "outbox/notices.html", context)


@login_required
@require_POST
def read(request, pk):
    notice = get_object_or_404(Message.objects.notices_of(request.user), pk=pk)
    mark_read(notice, at=timezone.now())
    if not request.htmx:
        return back_to_list(request)
    notice.refresh_from_db(fields=["read_at"])
    context = {"notice": in_words(notice, request.user), "here": request.POST.get("here", "")}
    row = render(request, "outbox/_notice.html", context)
    return trigger_client_event(row, "notices-read")


@login_required
@require_POST
def open_notice(request, pk):
    """Mark a notice as read and go to the page it speaks of."""
    notice = get_object_or_404(Message.objects.notices_of(request.user), pk=pk)
    mark_read(notice, at=timezone.now())
    path = path_of(notice) or reverse("outbox:notices")
    return HttpResponseClientRedirect(path) if request.htmx else redirect(path)


@login_required
@require_POST
def read_all(request):
    """Mark as read what the page shows and what is older; a notice that came meanwhile stays unread."""
    now = timezone.now()
    newest = read_place(request.POST.get("up_to", ""))
    mark_all_read(request.user, up_to=newest[0] if newest else now, at=now)
    if not request.htmx:
        return back_to_list(request)
    if request.htmx.current_url_abs_path and is_list(request.htmx.current_url_abs_path):
        return HttpResponseClientRefresh()
    return trigger_client_event(HttpResponse(status=204), "notices-read")


def back_to_list(request):
    """Back to the page of notices as it was, filter and place included."""
    here = local_path(request.POST.get("here"))
    return redirect(here if is_list(here) else "outbox:notices")


def is_list(path):
    return path.partition("?")[0] == reverse("outbox:notices")
