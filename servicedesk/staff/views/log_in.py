"""Log-in and log-out."""

from datetime import datetime, timedelta
from math import ceil

from django.conf import settings
from django.contrib import auth, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from servicedesk.staff.forms import LONGEST_NAME, LogInForm
from servicedesk.staff.models import User
from servicedesk.staff.organisation import Organisation
from servicedesk.staff.people import role_titles, titles_of
from servicedesk.staff.throttling import address_waits_until, pair_waits_until
from servicedesk.ways import local_path

CHOSEN_LANGUAGE = "chosen_language"  # in the session: chosen on purpose before logging in


@sensitive_post_parameters("password")
@csrf_protect
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """The log-in page; in the demo it offers the people of the demo."""
    if request.user.is_authenticated:
        return redirect(way_on(request))
    at = timezone.now()
    if request.method != "POST":
        return _page(request, LogInForm(request, at=at))
    if until := address_waits_until(request, at=at):
        return _wait(request, until, at)
    form = LogInForm(request, request.POST, at=at)
    if not form.is_valid():
        return _page(request, form)
    return _begin(request, form.get_user())


@csrf_protect
@never_cache
@require_POST
def demo_log_in(request: HttpRequest) -> HttpResponse:
    """Log in as a person of the demo, without a password; there is no such page outside the demo."""
    if not settings.DEMO:
        raise Http404
    person = get_object_or_404(User.objects.demo(), username=_name(request))
    return _begin(request, person)


@never_cache
@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    auth.logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


def locked_out(request: HttpRequest, response: HttpResponse, credentials: dict | None = None) -> HttpResponse:
    """What django-axes answers once an account is locked for an address."""
    at = timezone.now()
    username = (credentials or {}).get("username") or ""
    return _wait(request, pair_waits_until(request, username, at=at), at)


def way_on(request: HttpRequest) -> str:
    """Where to go afterwards: `next` if it is a page of this site, else the first page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return local_path(wanted) or resolve_url(settings.LOGIN_REDIRECT_URL)


def _name(request: HttpRequest) -> str:
    return request.POST.get("username", "")[:LONGEST_NAME]


def _begin(request: HttpRequest, person: User) -> HttpResponse:
    to = way_on(request)
    chosen = request.session.pop(CHOSEN_LANGUAGE, None)
    auth.login(request, person, backend="servicedesk.staff.backends.StaffBackend")
    if chosen and chosen != person.language:
        person.language = chosen
        person.save(update_fields=["language"])
    return redirect(to)


def _wait(request: HttpRequest, until: datetime, at: datetime) -> HttpResponse:
    """Too many attempts: says when to come back, the same for every name."""
    minutes = max(1, ceil((until - at) / timedelta(minutes=1)))
    text = ngettext(
        "Too many attempts failed. Please wait %(minutes)d minute and try again at %(time)s.",
        "Too many attempts failed. Please wait %(minutes)d minutes and try again at %(time)s.",
        minutes,
    )
    when = timezone.localtime(at + timedelta(minutes=minutes))
    waiting = text % {"minutes": minutes, "time": f"{when:%H:%M}"}
    if request.user.is_authenticated:  # it was the present password that was guessed
        messages.error(request, waiting)
        return redirect("staff:profile")
    form = LogInForm(request, at=at, initial={"username": _name(request)})
    response = _page(request, form, waiting=waiting, status=429)
    response["Retry-After"] = str(minutes * 60)
    return response


def _page(request: HttpRequest, form: LogInForm, *, waiting: str = "", status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "waiting": waiting,
        "next": request.POST.get("next") or request.GET.get("next") or "",
        "demo_people": demo_people() if settings.DEMO else [],
    }
    return render(request, "staff/login.html", context, status=status)


def demo_people() -> list[tuple[User, str]]:
    """People of the demo with what they are, for the buttons of the log-in page."""
    people = list(User.objects.demo().select_related("department").prefetch_related("groups").order_by("pk"))
    called = titles_of(Organisation.at(timezone.now())) if people else {}
    return [(person, ", ".join(called.get(person.pk) or role_titles(person))) for person in people]
